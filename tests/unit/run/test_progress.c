/* Progress at the end of a line, by a pattern, and its pace. */
#include "unit.h"

#include "clients/cli/run/progress.h"

static const struct found {
    const char *line;
    double percent, done, total;
    const char *before;
} found[] = {
    {"40%", 40, 0, 0, ""},
    {"Downloading 40%", 40, 0, 0, "Downloading"},
    {"Downloading... 12.5 %  ", 12.5, 0, 0, "Downloading..."},
    {"progress=7%", 7, 0, 0, "progress="},
    {"progress:7%", 7, 0, 0, "progress:"},
    {"[100%]", 100, 0, 0, ""},
    {"Copying (3%)", 3, 0, 0, "Copying"},
    {"\033[32mok\033[0m 50%\033[0m\033[K", 50, 0, 0, "\033[32mok"},
    {"0%", 0, 0, 0, ""},
    {"CC clients/cli/run.c  12/80", 15, 12, 80, "CC clients/cli/run.c"},
    {"[3/4]", 75, 3, 4, ""},
    {"step 3 / 4)", 75, 3, 4, "step"},
    {"Step:1/2", 50, 1, 2, "Step:"},
    {"0/10", 0, 0, 10, ""},
    {"10/10\r", 100, 10, 10, ""},
    {"(1/999999999999999)", 1e-13, 1, 999999999999999, ""},
};

static void test_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) {
        const struct found *f = &found[i];
        struct bw_progress p;
        struct bw_str before;
        if (!bw_progress_find(bw_str(f->line), &p, &before))
            fail_msg("\"%s\": nothing found", f->line);
        if (p.percent < f->percent * 0.999 || p.percent > f->percent * 1.001 || p.done < f->done ||
            p.done > f->done || p.total < f->total || p.total > f->total)
            fail_msg("\"%s\": %g, %g of %g", f->line, p.percent, p.done, p.total);
        if (!bw_str_is(before, f->before))
            fail_msg("\"%s\": before it \"%.*s\"", f->line, BW_STR_ARG(before));
    }
}

static void test_not_found(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",         "   ",        "%",         "101%",
        "1000%",    "-5%",        "50-60%",    "x40%",
        ".5%",      "1.2.3%",     "40% done",  "5/4",
        "1/0",      "0/0",        "/4",        "4/",
        "src/3/4",  "2026/01/20", "v1/2",      "1.1/2",
        "10:30/45", "a_1/2",      "-1/2",      "1/2 left",
        "1/2.5",    "line 17",    "port 8080", "1234567890123456/1234567890123457",
        "]",        ")",          "\033[0m",   "\033[31m%",
        "[m",       "a[0m",
    };
    struct bw_progress p;
    struct bw_str before;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (bw_progress_find(bw_str(lines[i]), &p, &before))
            fail_msg("\"%s\": %g, %g of %g", lines[i], p.percent, p.done, p.total);
}

/* A line is a slice: what stands behind it in memory is not read. */
static void test_reads_only_the_line(void **state)
{
    (void)state;
    static const char text[] = "40%1/2";
    for (size_t n = 0; n <= 6; n++) {
        char *exact = malloc(n + 1);
        struct bw_progress p;
        struct bw_str before;
        memcpy(exact + 1, text, n);
        assert_int_equal(bw_progress_find((struct bw_str){exact + 1, n}, &p, &before),
                         n == 3 || n == 6);
        free(exact);
    }
}

static struct bw_progress_pattern *pattern;
static struct bw_fault fault;

static bool match(const char *line, struct bw_progress *p)
{
    return bw_progress_match(pattern, bw_str(line), p);
}

static void test_pattern(void **state)
{
    (void)state;
    struct bw_progress p;
    assert_int_equal(bw_progress_pattern_create(&pattern, "([0-9.]+)%\\|", &fault), 0);
    assert_true(match(" 45%|####  | 45/100 [00:01<00:02]", &p));
    assert_float_equal(p.percent, 45, 0);
    assert_float_equal(p.total, 0, 0);
    assert_false(match("45%", &p));
    assert_false(match("145%|", &p));
    assert_false(match("1.2.3%|", &p));
    assert_false(match("", &p));
    bw_progress_pattern_destroy(&pattern);

    assert_int_equal(bw_progress_pattern_create(&pattern, "^\\[([0-9]+)/([0-9]+)\\]", &fault), 0);
    assert_true(match("[3/12] Building CXX object", &p));
    assert_float_equal(p.percent, 25, 0);
    assert_float_equal(p.done, 3, 0);
    assert_float_equal(p.total, 12, 0);
    assert_false(match("[13/12] Building", &p));
    assert_false(match("[0/0] Building", &p));
    bw_progress_pattern_destroy(&pattern);
    bw_progress_pattern_destroy(&pattern);
}

static void test_bad_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *regex, *says;
    } bad[] = {{"[0-9]+%", "0 groups"}, {"(a)(b)(c)", "3 groups"}, {"(a", "regular expression"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(bw_progress_pattern_create(&pattern, bad[i].regex, &fault), BW_EINVAL);
        assert_null(pattern);
        if (!strstr(fault.message, bad[i].says))
            fail_msg("%s", fault.message);
    }
}

/* A thousand changes within a second: at most ten are told, and the last one is. */
static void test_pace(void **state)
{
    (void)state;
    struct bw_pace pace = {.interval_us = 100000};
    int64_t now = 5000000, begin = now;
    int told = 0, last_told = -1, value = -1;
    assert_false(bw_pace_take(&pace, now));
    assert_int_equal(bw_pace_due_us(&pace), INT64_MAX);
    for (int i = 0; i < 1000; i++, now += 1000) {
        value = i;
        bw_pace_touch(&pace);
        if (bw_pace_take(&pace, now)) {
            told++;
            last_told = value;
        }
    }
    assert_int_equal(told, 10);
    assert_true(last_told < value);
    assert_true(bw_pace_due_us(&pace) > now - 1000 && bw_pace_due_us(&pace) <= now + 100000);
    now = bw_pace_due_us(&pace);
    assert_false(bw_pace_take(&pace, now - 1));
    assert_true(bw_pace_take(&pace, now));
    assert_false(bw_pace_take(&pace, now + 1000000));
    bw_pace_touch(&pace); /* after a rest, the first is told at once */
    assert_true(bw_pace_take(&pace, now + 1000000));
    assert_true(now > begin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_reads_only_the_line),
        cmocka_unit_test(test_pattern),
        cmocka_unit_test(test_bad_patterns),
        cmocka_unit_test(test_pace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

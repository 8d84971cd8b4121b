/* The last lines of a command. */
#include "unit.h"

#include "clients/cli/run/trace.h"

static struct bw_trace trace;

static void check(const char *expected)
{
    struct bw_str text = bw_trace_text(&trace);
    if (!bw_str_is(text, expected))
        fail_msg("got \"%.*s\"", BW_STR_ARG(text));
}

static void test_last_lines(void **state)
{
    (void)state;
    char line[32], expected[1024] = "";
    check("");
    bw_trace_add(&trace, BW_STR("\033[31mfirst\033[0m"));
    bw_trace_add(&trace, BW_STR("  \t"));
    bw_trace_add(&trace, BW_STR(""));
    bw_trace_add(&trace, BW_STR("second"));
    check("first\nsecond");
    for (int i = 0; i < 100; i++) {
        snprintf(line, sizeof line, "line %d", i);
        bw_trace_add(&trace, bw_str(line));
        if (i >= 100 - BW_TRACE_LINES)
            strcat(strcat(expected, *expected ? "\n" : ""), line);
    }
    check(expected);
    bw_trace_free(&trace);
}

static void test_long_line(void **state)
{
    (void)state;
    char line[BW_TRACE_LINE_BYTES + 10];
    trace = (struct bw_trace){0};
    memset(line, 'x', sizeof line);
    memcpy(line + BW_TRACE_LINE_BYTES - 1, "\xc3\xbc", 2); /* not cut inside a character */
    bw_trace_add(&trace, (struct bw_str){line, sizeof line});
    assert_int_equal(bw_trace_text(&trace).len, BW_TRACE_LINE_BYTES - 1);
    bw_trace_free(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_lines),
        cmocka_unit_test(test_long_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

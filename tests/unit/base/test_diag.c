/* Diagnostics: what one line looks like. stderr is a pipe while a line is written. */
#include "unit.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"

struct capture {
    int fds[2], real;
    char text[4096];
};

static void begin(struct capture *c)
{
    assert_int_equal(pipe(c->fds), 0);
    c->real = dup(STDERR_FILENO);
    dup2(c->fds[1], STDERR_FILENO);
}

static char *end(struct capture *c)
{
    dup2(c->real, STDERR_FILENO);
    close(c->real);
    close(c->fds[1]);
    ssize_t n = read(c->fds[0], c->text, sizeof c->text - 1);
    close(c->fds[0]);
    c->text[n > 0 ? n : 0] = 0;
    return c->text;
}

/* The line's text after its time, which is checked to be one. */
static char *after_time(char *line, const char *prefix)
{
    int64_t us;
    assert_int_equal(strncmp(line, prefix, strlen(prefix)), 0);
    line += strlen(prefix);
    assert_int_equal(bw_time_parse((struct bw_str){line, BW_TIME_LEN}, &us), 0);
    return line + BW_TIME_LEN;
}

static void test_logfmt(void **state)
{
    (void)state;
    struct capture c;
    bw_diag_setup(BW_DIAG_INFO, 0);
    begin(&c);
    diag_warn("INGEST-BAD-EVENT", "peer=%s field=%s why=%s", "[::1]:77", "data.progress",
              "must be \"a\" number");
    assert_string_equal(after_time(end(&c), "time="),
                        " level=warn id=INGEST-BAD-EVENT peer=[::1]:77 field=data.progress "
                        "why=\"must be \\\"a\\\" number\"\n");
}

static void test_json(void **state)
{
    (void)state;
    struct capture c;
    bw_diag_setup(BW_DIAG_INFO, 1);
    begin(&c);
    diag_error("X", "n=%d path=%s", 5, "C:\\a\nb");
    assert_string_equal(
        after_time(end(&c), "{\"time\":\""),
        "\",\"level\":\"error\",\"id\":\"X\",\"n\":\"5\",\"path\":\"C:\\\\a b\"}\n");
    bw_diag_setup(BW_DIAG_INFO, 0);
}

static void test_values_that_need_quotes(void **state)
{
    (void)state;
    struct capture c;
    begin(&c);
    diag_info("X", "empty= a=b=c line=%s", "one\ntwo");
    assert_string_equal(after_time(end(&c), "time="),
                        " level=info id=X empty=\"\" a=\"b=c\" line=\"one two\"\n");
    begin(&c);
    diag_info("X", "no pair here");
    assert_string_equal(after_time(end(&c), "time="), " level=info id=X text=\"no pair here\"\n");
    begin(&c);
    diag_info("X", "%s", "");
    assert_string_equal(after_time(end(&c), "time="), " level=info id=X\n");
}

static void test_level(void **state)
{
    (void)state;
    struct capture c;
    bw_diag_setup(BW_DIAG_WARN, 0);
    begin(&c);
    diag_info("X", "a=1");
    diag_debug("X", "a=1");
    assert_string_equal(end(&c), "");
    bw_diag_setup(BW_DIAG_DEBUG, 0);
    begin(&c);
    diag_debug("X", "a=1");
    assert_string_equal(after_time(end(&c), "time="), " level=debug id=X a=1\n");
}

static void test_long_lines_are_cut_but_stay_lines(void **state)
{
    (void)state;
    struct capture c;
    char big[3000];
    memset(big, '"', sizeof big - 1); /* each takes two characters */
    big[sizeof big - 1] = 0;
    for (int json = 0; json < 2; json++) {
        bw_diag_setup(BW_DIAG_INFO, json);
        begin(&c);
        diag_info("X", "big=%s", big);
        char *line = end(&c);
        assert_true(strlen(line) <= 2048);
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
        if (json)
            assert_string_equal(line + strlen(line) - 5, "\\\"\"}\n");
    }
    bw_diag_setup(BW_DIAG_INFO, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logfmt),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_values_that_need_quotes),
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_long_lines_are_cut_but_stay_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

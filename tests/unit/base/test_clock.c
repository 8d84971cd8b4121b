/* Clocks, and RFC 3339 both ways. */
#include "unit.h"

#include <time.h>

#include "base/clock.h"

static const int64_t SECOND = 1000000;

static void check_format(int64_t us, const char *expected)
{
    char text[BW_TIME_LEN + 1];
    memset(text, 'x', sizeof text);
    bw_time_format(us, text);
    assert_string_equal(text, expected);
}

static void check_parse(const char *text, int64_t expected)
{
    int64_t us = -1;
    if (bw_time_parse(bw_str(text), &us) != 0)
        fail_msg("\"%s\" was refused", text);
    assert_int_equal(us, expected);
}

static void test_format(void **state)
{
    (void)state;
    check_format(0, "1970-01-01T00:00:00.000000Z");
    check_format(1, "1970-01-01T00:00:00.000001Z");
    check_format(-1, "1969-12-31T23:59:59.999999Z");
    check_format(951782400 * SECOND, "2000-02-29T00:00:00.000000Z");
    check_format(951868799 * SECOND + 999999, "2000-02-29T23:59:59.999999Z");
    check_format(951868800 * SECOND, "2000-03-01T00:00:00.000000Z");
    check_format(1768905000123456, "2026-01-20T10:30:00.123456Z");
    check_format(4107542400 * SECOND, "2100-03-01T00:00:00.000000Z"); /* no leap year */
    check_format(-62167219200 * SECOND, "0000-01-01T00:00:00.000000Z");
    check_format(253402300799 * SECOND + 999999, "9999-12-31T23:59:59.999999Z");
    check_format(INT64_MIN, "0000-01-01T00:00:00.000000Z");
    check_format(INT64_MAX, "9999-12-31T23:59:59.999999Z");
}

/* The C library's calendar is the witness, over days of many years and both signs. */
static void test_format_agrees_with_gmtime(void **state)
{
    (void)state;
    for (int64_t day = -800000; day <= 2900000; day += 97) {
        int64_t seconds = day * 86400 + (day * day) % 86400;
        time_t t = (time_t)seconds;
        struct tm tm;
        char expected[40];
        int64_t back = 0;
        if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
            continue;
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.000000Z",
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        check_format(seconds * SECOND, expected);
        assert_int_equal(bw_time_parse(bw_str(expected), &back), 0);
        assert_int_equal(back, seconds * SECOND);
    }
}

static void test_parse_forms(void **state)
{
    (void)state;
    const int64_t t = 1768905000 * SECOND;
    check_parse("2026-01-20T10:30:00.123456Z", t + 123456);
    check_parse("2026-01-20t10:30:00z", t);
    check_parse("2026-01-20 10:30:00Z", t);
    check_parse("2026-01-20T10:30:00", t);
    check_parse("2026-01-20T10:30:00.5", t + 500000);
    check_parse("2026-01-20T10:30:00.1234567899Z", t + 123456);
    check_parse("2026-01-20T12:30:00+02:00", t);
    check_parse("2026-01-20T05:00:00.000001-05:30", t + 1);
    check_parse("2026-01-20T10:30:00-00:00", t);
    check_parse("2024-02-29T00:00:00Z", 1709164800 * SECOND);
    check_parse("1969-12-31T23:59:59.999999Z", -1);
    check_parse("2016-12-31T23:59:60Z", 1483228800 * SECOND); /* a leap second is the next one */
    check_parse("0000-01-01T00:00:00Z", -62167219200 * SECOND);
    check_parse("9999-12-31T23:59:59.999999Z", 253402300799 * SECOND + 999999);
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "now",
        "2026",
        "2026-01-20",
        "2026-01-20T",
        "2026-01-20T10:30",
        "2026-01-20T10:30:00.",
        "2026-01-20T10:30:00.Z",
        "2026-01-20T10:30:00ZZ",
        "2026-01-20T10:30:00Z ",
        " 2026-01-20T10:30:00Z",
        "2026-1-20T10:30:00Z",
        "2026-13-20T10:30:00Z",
        "2026-00-20T10:30:00Z",
        "2026-01-00T10:30:00Z",
        "2026-01-32T10:30:00Z",
        "2026-02-29T10:30:00Z",
        "1900-02-29T10:30:00Z",
        "2026-04-31T10:30:00Z",
        "2026-01-20T24:00:00Z",
        "2026-01-20T10:60:00Z",
        "2026-01-20T10:30:61Z",
        "2026-01-20T10:30:00+2",
        "2026-01-20T10:30:00+0200",
        "2026-01-20T10:30:00+24:00",
        "2026-01-20T10:30:00+02:60",
        "2026-01-20T10:30:00+02:00Z",
        "2026/01/20T10:30:00Z",
        "-026-01-20T10:30:00Z",
        "0000-01-01T00:00:00+00:01", /* before year 0 */
        "9999-12-31T23:59:59-00:01", /* after year 9999 */
    };
    int64_t us = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (bw_time_parse(bw_str(bad[i]), &us) != BW_EINVAL)
            fail_msg("\"%s\" was accepted", bad[i]);
    assert_int_equal(us, 77);
}

/* A slice need not be followed by anything. */
static void test_parse_reads_only_its_slice(void **state)
{
    (void)state;
    int64_t us = 0;
    const char *text = "2026-01-20T10:30:00Z trailing";
    assert_int_equal(bw_time_parse((struct bw_str){text, 20}, &us), 0);
    char *exact = malloc(20);
    assert_non_null(exact);
    for (size_t n = 0; n <= 20; n++) {
        char *copy = realloc(exact, n ? n : 1);
        assert_non_null(copy);
        exact = copy;
        memcpy(exact, text, n);
        int expected = n < 19 ? BW_EINVAL : 0;
        assert_int_equal(bw_time_parse((struct bw_str){exact, n}, &us), expected);
    }
    free(exact);
}

static void test_clocks_go_forward(void **state)
{
    (void)state;
    int64_t last = bw_clock_mono_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = bw_clock_mono_us();
        assert_true(now >= last);
        last = now;
    }
    int64_t wall_s = bw_clock_wall_us() / SECOND, system_s = (int64_t)time(NULL);
    assert_true(system_s - wall_s >= -2 && system_s - wall_s <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_agrees_with_gmtime),
        cmocka_unit_test(test_parse_forms),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_parse_reads_only_its_slice),
        cmocka_unit_test(test_clocks_go_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

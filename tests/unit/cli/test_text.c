/* Text for a terminal. */
#include "unit.h"

#include <locale.h>

#include "clients/cli/text.h"

static struct bw_buf out;

static void check_clean(bool keep_colors, const char *in, const char *expected)
{
    bw_buf_reset(&out);
    bw_text_clean(&out, bw_str(in), keep_colors);
    if (!bw_str_is(bw_buf_str(&out), expected))
        fail_msg("got \"%.*s\", not \"%s\"", (int)out.len, out.data, expected);
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(bw_text_width(BW_STR("")), 0);
    assert_int_equal(bw_text_width(BW_STR("abc")), 3);
    assert_int_equal(bw_text_width(BW_STR("\xc3\xbc\xc3\xb6")), 2);         /* üö */
    assert_int_equal(bw_text_width(BW_STR("\xe6\x97\xa5\xe6\x9c\xac")), 4); /* 日本 */
    assert_int_equal(bw_text_width(BW_STR("e\xcc\x81")), 1);                /* e + accent */
    assert_int_equal(bw_text_width(BW_STR("\xf0\x9f\x98\x80")), 2);         /* an emoji */
    assert_int_equal(bw_text_width(BW_STR("a\xff")), 2);
}

static void test_fit(void **state)
{
    (void)state;
    struct bw_str nihon = BW_STR("a\xe6\x97\xa5\xe6\x9c\xac");
    static const size_t bytes[] = {0, 1, 1, 4, 4, 7, 7};
    for (size_t columns = 0; columns < sizeof bytes / sizeof bytes[0]; columns++)
        assert_int_equal(bw_text_fit(nihon, columns).len, bytes[columns]);
    assert_int_equal(bw_text_fit(BW_STR("e\xcc\x81x"), 1).len, 3);
}

/* What strangers wrote can do nothing to a terminal. */
static void test_clean(void **state)
{
    (void)state;
    check_clean(false, "plain \xc3\xbc", "plain \xc3\xbc");
    check_clean(false, "a\tb\nc\r\x7f", "a b c  ");
    check_clean(false, "\033[31mred\033[0m", "red");
    check_clean(false, "\033]0;title\ax", "x");
    check_clean(false, "\033]52;c;aGk=\033\\x", "x");
    check_clean(false, "\033[2J\033[1;1Hx\033c", "x");
    check_clean(false, "x\033", "x");
    check_clean(false, "x\033[", "x");
    check_clean(false, "x\033[12;", "x");
    check_clean(false,
                "\xc2\x9b"
                "31m",
                " 31m"); /* CSI as one character */
    check_clean(false, "a\xff\xfe", "a\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_colors(void **state)
{
    (void)state;
    check_clean(true, "\033[31mred\033[0m", "\033[31mred\033[0m");
    check_clean(true, "\033[1;38:5:9mred", "\033[1;38:5:9mred\033[0m");
    check_clean(true, "\033[mx", "\033[mx");
    check_clean(true, "\033[2Jx\033[?25l", "x");
    check_clean(true, "\033[>4;2mx", "x");

    bw_buf_reset(&out);
    bw_text_put(&out, BW_STR("x"), BW_SGR_RED, true);
    bw_text_put(&out, BW_STR("y"), BW_SGR_RED, false);
    bw_text_put(&out, BW_STR("z"), NULL, true);
    assert_true(bw_str_is(bw_buf_str(&out), "\033[31mx\033[0myz"));
}

static void test_spans(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } spans[] = {
        {-1, "0.0s"},         {0, "0.0s"},        {0.44, "0.4s"},   {9.94, "9.9s"},
        {9.96, "9s"},         {59.9, "59s"},      {60, "1m 00s"},   {3599, "59m 59s"},
        {3600, "1h 00m"},     {86399, "23h 59m"}, {86400, "1d 0h"}, {1e6, "11d 13h"},
        {1e300, "11574d 1h"},
    };
    char text[BW_SPAN_LEN];
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        bw_text_span(spans[i].seconds, text);
        assert_string_equal(text, spans[i].text);
    }
}

static void test_when(void **state)
{
    (void)state;
    const int64_t noon = 1768910400000000; /* 2026-01-20T12:00:00Z */
    char text[BW_WHEN_LEN];
    setenv("TZ", "UTC", 1);
    bw_text_when(noon + 1234567, noon + 5000000, text);
    assert_string_equal(text, "12:00:01.234");
    bw_text_when(noon, noon + 86400 * 1000000LL, text);
    assert_string_equal(text, "2026-01-20 12:00:00.000");
}

static int begin(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    bw_buf_free(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width),  cmocka_unit_test(test_fit),   cmocka_unit_test(test_clean),
        cmocka_unit_test(test_colors), cmocka_unit_test(test_spans), cmocka_unit_test(test_when),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

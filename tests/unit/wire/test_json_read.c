/* Reading JSON. */
#include "sample.h"

static void check(const char *text, const char *expected)
{
    assert_string_equal(sample_json(sample_object(text)), expected);
}

static void check_refused(struct bw_str text, const char *why)
{
    struct bw_buf out = {0};
    struct bw_fault f = {0};
    bw_buf_puts(&out, BW_STR("before"));
    if (bw_json_to_msgpack(text, &out, &f) != BW_EINVAL)
        fail_msg("%.*s was accepted", BW_STR_ARG(text));
    if (!strstr(f.message, why))
        fail_msg("\"%s\" does not say \"%s\"", f.message, why);
    assert_true(bw_str_is(bw_buf_str(&out), "before"));
    bw_buf_free(&out);
}

static void test_values(void **state)
{
    (void)state;
    check("null", "null");
    check(" true ", "true");
    check("'text'", "'text'");
    check("[]", "[]");
    check("{'a':{'b':[1,2,{'c':null}]}}", "{'a':{'b':[1,2,{'c':null}]}}");
    check("'\\u00e4\\ud83d\\ude80'", "'\xc3\xa4\xf0\x9f\x9a\x80'");
    check("{'z':1,'a':2,'m':3}", "{'z':1,'a':2,'m':3}"); /* order stays */
    check("{'':1}", "{'':1}");
}

static void test_numbers(void **state)
{
    (void)state;
    check("50.0", "50");
    check("-0.0", "0");
    check("2.5e3", "2500");
    check("9223372036854775807", "9223372036854775807");
    check("-9223372036854775808", "-9223372036854775808");
    assert_int_equal(sample_object("7")->type, MSGPACK_OBJECT_POSITIVE_INTEGER);
    assert_int_equal(sample_object("7.5")->type, MSGPACK_OBJECT_FLOAT64);
}

static void test_integers_beyond_int64(void **state)
{
    (void)state;
    check("9223372036854775808", "9.223372036854776e+18");
    check("-9223372036854775809", "-9.223372036854776e+18");
    check("{'big':123456789012345678901234567890,'small':5,'list':[9007199254740991]}",
          "{'big':1.2345678901234568e+29,'small':5,'list':[9007199254740991]}");
}

static void test_refused(void **state)
{
    (void)state;
    check_refused(BW_STR(""), "line 1");
    check_refused(BW_STR("{"), "line 1 column 1");
    check_refused(BW_STR("[1,\n  2,]"), "line 2 column");
    check_refused(BW_STR("[1] x"), "line 1");
    check_refused(BW_STR("{\"a\":1,\"a\":2}"), "duplicate");
    check_refused(BW_STR("NaN"), "line 1");
    check_refused(BW_STR("Infinity"), "line 1");
    check_refused(BW_STR("1e999"), "line 1");
    check_refused(BW_STR("[1, 18446744073709551616, 1e999]"), "line 1");
    check_refused(BW_STR("\"a\\u0000b\""), "\\u0000");
    check_refused(BW_STR("{\"a\\u0000\":1}"), "\\u0000");
    check_refused(BW_STR("\"a\0b\""), "line 1");
    check_refused(BW_STR("\"\\ud800\""), "line 1");
    check_refused(BW_STR("\"\xff\""), "line 1");
    check_refused(BW_STR("01"), "line 1");
    check_refused(BW_STR("'a'"), "line 1");
    check_refused((struct bw_str){0}, "line 1");
}

static struct bw_str nested(char *text, int depth)
{
    for (int i = 0; i < depth; i++) {
        text[i] = '[';
        text[depth + 1 + i] = ']';
    }
    text[depth] = '1';
    return (struct bw_str){text, (size_t)(2 * depth + 1)};
}

static void test_depth(void **state)
{
    (void)state;
    char text[20001];
    struct bw_buf out = {0};
    assert_int_equal(bw_json_to_msgpack(nested(text, BW_JSON_DEPTH_MAX), &out, NULL), 0);
    sample_unpack(bw_buf_str(&out)); /* what is read can be unpacked */
    bw_buf_free(&out);
    check_refused(nested(text, BW_JSON_DEPTH_MAX + 1), "deeper than 32");
    memset(text, '[', BW_JSON_DEPTH_MAX + 1); /* empty at the bottom is as deep */
    memset(text + BW_JSON_DEPTH_MAX + 1, ']', BW_JSON_DEPTH_MAX + 1);
    check_refused((struct bw_str){text, 2 * BW_JSON_DEPTH_MAX + 2}, "deeper than 32");
    check_refused(nested(text, 10000), "deeper than 32");
    assert_int_equal(
        bw_json_to_msgpack(BW_STR("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\""), &out, NULL),
        0); /* brackets inside a string do not nest */
    bw_buf_free(&out);
}

static void test_appends(void **state)
{
    (void)state;
    struct bw_buf out = {0};
    assert_int_equal(bw_json_to_msgpack(BW_STR("1"), &out, NULL), 0);
    assert_int_equal(bw_json_to_msgpack(BW_STR("\"a\""), &out, NULL), 0);
    assert_true(bw_str_is(bw_buf_str(&out), "\x01\xa1"
                                            "a"));
    bw_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_values),
        sample_test(test_numbers),
        sample_test(test_integers_beyond_int64),
        sample_test(test_refused),
        sample_test(test_depth),
        sample_test(test_appends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Writing JSON. */
#include "sample.h"

#include <float.h>
#include <jansson.h>
#include <math.h>

static void check_string(struct bw_str in, const char *expected)
{
    struct bw_buf out = {0};
    bw_json_string(&out, in);
    if (!bw_str_is(bw_buf_str(&out), expected))
        fail_msg("%.*s instead of %s", BW_STR_ARG(bw_buf_str(&out)), expected);
    bw_buf_free(&out);
}

static void test_strings(void **state)
{
    (void)state;
    check_string((struct bw_str){0}, "\"\"");
    check_string(BW_STR("plain text, longer than eight bytes"),
                 "\"plain text, longer than eight bytes\"");
    check_string(BW_STR("\"\\/"), "\"\\\"\\\\/\"");
    check_string(BW_STR("\n\r\t\b\f\x01\x1f\x7f"), "\"\\n\\r\\t\\u0008\\u000c\\u0001\\u001f\x7f\"");
    check_string(BW_STR("a\0b"), "\"a\\u0000b\"");
    check_string(BW_STR("</script>&"), "\"\\u003c/script\\u003e\\u0026\"");
    check_string(BW_STR("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"),
                 "\"\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa\"");
    check_string(BW_STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\x80"),
                 "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\x80\"");
    check_string(BW_STR("a\xff\xc3(\xe2\x82"),
                 "\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Every byte at every place of a string of every length: eight at a time must not differ. */
static void test_every_byte_everywhere(void **state)
{
    (void)state;
    for (int c = 0; c < 0x80; c++)
        for (size_t len = 1; len < 20; len++)
            for (size_t at = 0; at < len; at++) {
                char text[20];
                struct bw_buf expected = {0};
                memset(text, 'a', sizeof text);
                text[at] = (char)c;
                bw_json_string(&expected, (struct bw_str){text + at, 1});
                size_t one_len;
                char *one = bw_buf_take(&expected, &one_len);
                bw_buf_puts(&expected, BW_STR("\""));
                bw_buf_put(&expected, "aaaaaaaaaaaaaaaaaaaa", at);
                bw_buf_put(&expected, one + 1, one_len - 2);
                bw_buf_put(&expected, "aaaaaaaaaaaaaaaaaaaa", len - at - 1);
                bw_buf_printf(&expected, "\"%c", 0);
                check_string((struct bw_str){text, len}, expected.data);
                bw_buf_free(&expected);
                free(one);
            }
}

static void check_double(double v, const char *expected)
{
    struct bw_buf out = {0};
    bw_json_double(&out, v);
    if (!bw_str_is(bw_buf_str(&out), expected))
        fail_msg("%.*s instead of %s", BW_STR_ARG(bw_buf_str(&out)), expected);
    bw_buf_free(&out);
}

static void test_doubles(void **state)
{
    (void)state;
    check_double(0, "0");
    check_double(-0.0, "0");
    check_double(50, "50");
    check_double(-50, "-50");
    check_double(0.5, "0.5");
    check_double(-0.5, "-0.5");
    check_double(42.857143, "42.857143");
    check_double(0.000001, "0.000001");
    check_double(99.99, "99.99");
    check_double(0.1 + 0.2, "0.30000000000000004");
    check_double(1.0 / 3, "0.3333333333333333");
    check_double(1e-7, "1e-07");
    check_double(999999999.999999, "999999999.999999");
    check_double(123456789012.25, "123456789012.25");
    check_double(1e21, "1e+21");
    check_double(5e-324, "4.94065645841247e-324");
    check_double(DBL_MAX, "1.7976931348623157e+308");
    check_double(NAN, "null");
    check_double(INFINITY, "null");
    check_double(-INFINITY, "null");
}

/* xorshift: the same numbers in every run. */
static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    return *s ^= *s << 17;
}

static void test_doubles_read_back(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252;
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_random(&seed);
        double v;
        memcpy(&v, &bits, sizeof v);
        if (i % 3 == 0)
            v = (double)(int64_t)(bits % 2000000000000) / 1e4 - 1e8;
        if (!isfinite(v))
            continue;
        struct bw_buf out = {0};
        bw_json_double(&out, v);
        bw_buf_putc(&out, 0);
        if (strtod(out.data, NULL) != v)
            fail_msg("%.17g was written as %s", v, out.data);
        bw_buf_free(&out);
    }
}

static void test_integers_and_times(void **state)
{
    (void)state;
    struct bw_buf out = {0};
    bw_json_uint(&out, 0);
    bw_buf_putc(&out, ' ');
    bw_json_uint(&out, 10);
    bw_buf_putc(&out, ' ');
    bw_json_uint(&out, UINT64_MAX);
    bw_buf_putc(&out, ' ');
    bw_json_time(&out, 1768905000123456);
    bw_buf_putc(&out, ' ');
    bw_json_time(&out, 0);
    assert_string_equal(sample_text(&out),
                        "0 10 18446744073709551615 '2026-01-20T10:30:00.123456Z' null");
}

static void check_object(struct bw_str bytes, const char *expected)
{
    assert_string_equal(sample_json(sample_unpack(bytes)), expected);
}

static void test_objects(void **state)
{
    (void)state;
    check_object(BW_STR("\x90"), "[]");
    check_object(BW_STR("\x80"), "{}");
    check_object(BW_STR("\x95\xc0\xc2\xc3\x07\xf9"), "[null,false,true,7,-7]");
    check_object(BW_STR("\xd3\x80\0\0\0\0\0\0\0"), "-9223372036854775808");
    check_object(BW_STR("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), "18446744073709551615");
    check_object(BW_STR("\xca\x3f\x00\0\0"), "0.5");
    check_object(BW_STR("\x82\xa1"
                        "a\x01\xa1"
                        "b\x91\x80"),
                 "{'a':1,'b':[{}]}");
    check_object(BW_STR("\xcb\x7f\xf8\0\0\0\0\0\0"), "null");
}

static void test_binary_is_base64(void **state)
{
    (void)state;
    check_object(BW_STR("\xc4\0"), "''");
    check_object(BW_STR("\xc4\x01"
                        "f"),
                 "'Zg=='");
    check_object(BW_STR("\xc4\x02"
                        "fo"),
                 "'Zm8='");
    check_object(BW_STR("\xc4\x03"
                        "foo"),
                 "'Zm9v'");
    check_object(BW_STR("\xc4\x04\0\xff\xfe\xfb"), "'AP/++w=='");
    check_object(BW_STR("\xd5\x05"
                        "fo"),
                 "'Zm8='");
}

static void test_keys_that_are_no_strings(void **state)
{
    (void)state;
    check_object(BW_STR("\x86\x05\x01\xf9\x02\xc0\x03\xc3\x04\x90\x05\xc4\x01"
                        "f\x06"),
                 "{'5':1,'-7':2,'null':3,'true':4,'?':5,'Zg==':6}");
}

/* Whatever is written, jansson reads it and finds the same. */
static void test_read_back_by_jansson(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{'a':[1,-2,2.5,true,false,null,'text'],'b':{'c':{'d':[[[]]]}},'e':''}",
        "['<script>','a&b','\\u2028','\\u0001','\\n\\t','\xc3\xa4','\\ud83d\\ude80']",
        "[9223372036854775807,-9223372036854775808,1e300,-1e-300,0.1]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bw_buf out = {0};
        char *original = (char *)sample_keep(bw_str(texts[i])).ptr;
        for (char *p = original; *p; p++)
            *p = *p == '\'' ? '"' : *p;
        bw_json_object(&out, sample_object(texts[i]));
        json_t *expected = json_loads(original, 0, NULL);
        json_t *found = json_loadb(out.data, out.len, 0, NULL);
        assert_non_null(expected);
        assert_true(json_equal(expected, found));
        json_decref(expected);
        json_decref(found);
        bw_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_strings),
        sample_test(test_every_byte_everywhere),
        sample_test(test_doubles),
        sample_test(test_doubles_read_back),
        sample_test(test_integers_and_times),
        sample_test(test_objects),
        sample_test(test_binary_is_base64),
        sample_test(test_keys_that_are_no_strings),
        sample_test(test_read_back_by_jansson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

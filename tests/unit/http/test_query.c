/* Percent-decoding and query strings. */
#include "unit.h"

#include "web/http/query.h"

static void check_decode(const char *in, bool plus, const char *want)
{
    char text[64];
    size_t len = strlen(in);
    memcpy(text, in, len);
    int err = bw_percent_decode(text, &len, plus);
    if (!want) {
        assert_int_equal(err, BW_EINVAL);
        return;
    }
    assert_int_equal(err, 0);
    assert_int_equal(len, strlen(want));
    assert_memory_equal(text, want, len);
}

static void test_percent_decode(void **state)
{
    (void)state;
    check_decode("", true, "");
    check_decode("plain", true, "plain");
    check_decode("a%20b+c", true, "a b c");
    check_decode("a+b", false, "a+b");
    check_decode("%2F%2f", true, "//");
    check_decode("%C3%A9", true, "\xc3\xa9");
    check_decode("%", true, NULL);
    check_decode("%2", true, NULL);
    check_decode("abc%4", true, NULL);
    check_decode("%zz", true, NULL);
    check_decode("%2g", true, NULL);
    check_decode("%00", true, NULL);
    check_decode("%ff", true, NULL);
    check_decode("%C3", true, NULL);
    check_decode("%ED%A0%80", true, NULL); /* a surrogate */
}

static void test_parse(void **state)
{
    (void)state;
    struct bw_query q;
    struct bw_fault fault = {0};
    assert_int_equal(bw_query_parse(BW_STR("a=1&b=x%20y&&c&d=&a=2&e=f=g"), &q, &fault), 0);
    assert_int_equal(q.n, 6);
    assert_true(bw_str_is(bw_query_get(&q, "a"), "1"));
    assert_true(bw_str_is(bw_query_get(&q, "b"), "x y"));
    assert_int_equal(bw_query_get(&q, "c").len, 0);
    assert_non_null(bw_query_get(&q, "c").ptr);
    assert_non_null(bw_query_get(&q, "d").ptr);
    assert_null(bw_query_get(&q, "z").ptr);
    assert_true(bw_str_is(q.params[4].value, "2"));
    assert_true(bw_str_is(bw_query_get(&q, "e"), "f=g"));
    bw_query_free(&q);

    assert_int_equal(bw_query_parse(BW_STR(""), &q, &fault), 0);
    assert_int_equal(q.n, 0);
    bw_query_free(&q);
}

static void test_parse_names_what_is_wrong(void **state)
{
    (void)state;
    struct bw_query q;
    struct bw_fault fault = {0};
    assert_int_equal(bw_query_parse(BW_STR("a=1&status=%ff"), &q, &fault), BW_EINVAL);
    assert_string_equal(fault.field, "status");
    assert_int_equal(bw_query_parse(BW_STR("%ff=1"), &q, &fault), BW_EINVAL);
    assert_string_equal(fault.field, "");
    assert_int_equal(bw_query_parse(BW_STR("\xff\xfe=%"), &q, &fault), BW_EINVAL);
    assert_string_equal(fault.field, "");
}

static void test_parse_is_bounded(void **state)
{
    (void)state;
    struct bw_query q;
    struct bw_fault fault = {0};
    char text[4 * (BW_QUERY_PARAMS_MAX + 1) + 1];
    for (size_t i = 0; i <= BW_QUERY_PARAMS_MAX; i++)
        memcpy(text + 4 * i, "a=1&", 4);
    assert_int_equal(bw_query_parse((struct bw_str){text, 4 * BW_QUERY_PARAMS_MAX}, &q, &fault), 0);
    assert_int_equal(q.n, BW_QUERY_PARAMS_MAX);
    bw_query_free(&q);
    assert_int_equal(bw_query_parse((struct bw_str){text, sizeof text - 1}, &q, &fault), BW_EINVAL);
}

static void test_unknown_parameters_are_named(void **state)
{
    (void)state;
    struct bw_query q;
    struct bw_fault fault = {0};
    assert_int_equal(bw_query_parse(BW_STR("status=running&statsu=x"), &q, &fault), 0);
    assert_int_equal(bw_query_check(&q, "limit status statsu", &fault), 0);
    assert_int_equal(bw_query_check(&q, "limit status", &fault), BW_EINVAL);
    assert_string_equal(fault.field, "statsu");
    assert_non_null(strstr(fault.message, "limit status"));
    assert_int_equal(bw_query_check(&q, NULL, &fault), BW_EINVAL);
    assert_string_equal(fault.field, "status");
    assert_int_equal(bw_query_check(&q, "stat statu statuss", &fault), BW_EINVAL);
    bw_query_free(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percent_decode),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_names_what_is_wrong),
        cmocka_unit_test(test_parse_is_bounded),
        cmocka_unit_test(test_unknown_parameters_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Filters: what they accept, refuse and match. */
#include "unit.h"

#include "web/stream/filter.h"
#include "wire/json.h"
#include "wire/mp.h"

static int make(const char *json, struct bw_filter **out, struct bw_fault *fault)
{
    struct bw_buf packed = {0};
    msgpack_zone zone;
    msgpack_object map;
    *fault = (struct bw_fault){0};
    msgpack_zone_init(&zone, 1024);
    assert_int_equal(bw_json_to_msgpack(bw_str(json), &packed, fault), 0);
    assert_int_equal(bw_mp_unpack(bw_buf_str(&packed), 16, &zone, &map, fault), 0);
    int err = bw_filter_create(out, &map, fault);
    msgpack_zone_destroy(&zone);
    bw_buf_free(&packed); /* the filter keeps nothing of it */
    return err;
}

static bool match(const struct bw_filter *filter, const char *task, const char *owner,
                  const char *resource, const char *type)
{
    const uint64_t key[BW_N_KEYS] = {
        [BW_KEY_TASK] = bw_filter_hash(bw_str(task)),
        [BW_KEY_OWNER] = bw_filter_hash(bw_str(owner)),
        [BW_KEY_RESOURCE] = bw_filter_hash(bw_str(resource)),
        [BW_KEY_TYPE] = bw_filter_hash(bw_str(type)),
    };
    return bw_filter_match(filter, key);
}

static void test_all_that_is_asked_must_match(void **state)
{
    (void)state;
    struct bw_filter *filter;
    struct bw_fault fault;
    assert_int_equal(
        make("{\"task_id\":[\"a\",\"b\"],\"owner\":\"kim\",\"event_types\":[\"X\",\"Y\"]}", &filter,
             &fault),
        0);
    assert_true(match(filter, "a", "kim", "", "X"));
    assert_true(match(filter, "b", "kim", "r", "Y"));
    assert_false(match(filter, "c", "kim", "", "X"));
    assert_false(match(filter, "a", "lee", "", "X"));
    assert_false(match(filter, "a", "", "", "X"));
    assert_false(match(filter, "a", "kim", "", "Z"));
    struct bw_str_set tasks = bw_filter_values(filter, BW_KEY_TASK);
    assert_int_equal(tasks.n, 2);
    assert_true(bw_str_is(tasks.v[1], "b"));
    assert_int_equal(bw_filter_values(filter, BW_KEY_RESOURCE).n, 0);
    bw_filter_unref(&filter);
    assert_null(filter);
}

static void test_many_values(void **state)
{
    (void)state;
    struct bw_buf json = {0};
    struct bw_filter *filter;
    struct bw_fault fault;
    char task[16];
    for (int n = BW_FILTER_VALUES_MAX; n <= BW_FILTER_VALUES_MAX + 1; n++) {
        bw_buf_reset(&json);
        bw_buf_printf(&json, "{\"task_id\":[");
        for (int i = 0; i < n; i++)
            bw_buf_printf(&json, "%s\"t%d\"", i ? "," : "", i);
        bw_buf_printf(&json, "]}");
        if (n > BW_FILTER_VALUES_MAX)
            break;
        assert_int_equal(make(json.data, &filter, &fault), 0);
        for (int i = 0; i < 2 * n; i++) {
            snprintf(task, sizeof task, "t%d", i);
            assert_int_equal(match(filter, task, "", "", ""), i < n);
        }
        bw_filter_unref(&filter);
    }
    assert_int_equal(make(json.data, &filter, &fault), BW_ETOOBIG);
    assert_null(filter);
    bw_buf_free(&json);
}

static void test_nothing_asked_is_no_filter(void **state)
{
    (void)state;
    static const char *const cases[] = {"{}", "{\"owner\":null}", "{\"colour\":\"red\"}"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bw_filter *filter;
        struct bw_fault fault;
        assert_int_equal(make(cases[i], &filter, &fault), 0);
        assert_null(filter);
    }
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"7",
                                        "[]",
                                        "{\"task_id\":7}",
                                        "{\"task_id\":[]}",
                                        "{\"task_id\":[7]}",
                                        "{\"owner\":\"\"}",
                                        "{\"owner\":[\"a\",null]}",
                                        "{\"resource\":{\"a\":1}}"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bw_filter *filter;
        struct bw_fault fault;
        assert_int_equal(make(cases[i], &filter, &fault), BW_EINVAL);
        assert_null(filter);
        assert_string_equal(fault.field, "filter");
        assert_true(strlen(fault.message) > 0);
    }
}

static void test_hashes(void **state)
{
    (void)state;
    assert_int_equal(bw_filter_hash(BW_STR("")), 0);
    assert_true(bw_filter_hash(BW_STR("a")) == bw_filter_hash(bw_str("a")));
    uint64_t seen[64];
    char text[65] = {0};
    for (size_t n = 0; n < 64; n++) { /* every length, so every path through the words */
        text[n] = 'x';
        seen[n] = bw_filter_hash(bw_str(text));
        assert_true(seen[n] != 0);
        for (size_t i = 0; i < n; i++)
            assert_true(seen[i] != seen[n]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_is_asked_must_match),
        cmocka_unit_test(test_many_values),
        cmocka_unit_test(test_nothing_asked_is_no_filter),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

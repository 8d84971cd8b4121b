/* Typed query parameters. */
#include "unit.h"

#include "web/rest/params.h"

struct fixture {
    struct bw_query query;
    struct bw_params params;
};

static struct fixture begin(const char *text)
{
    static struct bw_query query; /* params borrow it */
    struct fixture f = {.query = {.n = 0}};
    assert_int_equal(bw_query_parse(bw_str(text), &query, NULL), 0);
    bw_params_begin(&f.params, &query);
    f.query = query;
    return f;
}

static void end(struct fixture *f)
{
    bw_params_free(&f->params);
    bw_query_free(&f->query);
}

static void test_sets(void **state)
{
    (void)state;
    struct fixture f = begin("status=a,b&owner=x&status=c&type=,,t,");
    struct bw_str_set status = bw_params_set(&f.params, "status");
    struct bw_str_set owner = bw_params_set(&f.params, "owner");
    struct bw_str_set type = bw_params_set(&f.params, "type");
    struct bw_str_set queue = bw_params_set(&f.params, "queue");
    assert_int_equal(f.params.fault.err, 0);
    assert_int_equal(status.n, 3);
    assert_true(bw_str_is(status.v[0], "a"));
    assert_true(bw_str_is(status.v[1], "b"));
    assert_true(bw_str_is(status.v[2], "c"));
    assert_int_equal(owner.n, 1);
    assert_true(bw_str_is(owner.v[0], "x"));
    assert_int_equal(type.n, 1);
    assert_true(bw_str_is(type.v[0], "t"));
    assert_int_equal(queue.n, 0);
    end(&f);
}

static void test_values_with_commas(void **state)
{
    (void)state;
    struct fixture f = begin("owner=Ann%5C,%20Bob,eve&owner=CORP%5Cx&id=%5C%5C");
    struct bw_str_set owner = bw_params_set(&f.params, "owner");
    struct bw_str_set id = bw_params_set(&f.params, "id");
    assert_int_equal(owner.n, 3);
    assert_true(bw_str_is(owner.v[0], "Ann, Bob"));
    assert_true(bw_str_is(owner.v[1], "eve"));
    assert_true(bw_str_is(owner.v[2], "CORP\\x"));
    assert_int_equal(id.n, 1);
    assert_true(bw_str_is(id.v[0], "\\"));
    end(&f);
}

static void test_an_empty_set_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"owner=", "owner", "owner=,", "owner=,,&owner="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fixture f = begin(bad[i]);
        assert_int_equal(bw_params_set(&f.params, "owner").n, 0);
        assert_int_equal(f.params.fault.err, BW_EINVAL);
        assert_string_equal(f.params.fault.field, "owner");
        end(&f);
    }
}

static void test_a_set_is_bounded(void **state)
{
    (void)state;
    char text[5 + 2 * (BW_FILTER_VALUES_MAX + 1) + 1] = "id=";
    for (size_t i = 0; i < BW_FILTER_VALUES_MAX; i++)
        strcat(text, i ? ",a" : "a");
    struct fixture f = begin(text);
    assert_int_equal(bw_params_set(&f.params, "id").n, BW_FILTER_VALUES_MAX);
    assert_int_equal(f.params.fault.err, 0);
    end(&f);
    strcat(text, ",a");
    f = begin(text);
    bw_params_set(&f.params, "id");
    assert_int_equal(f.params.fault.err, BW_EINVAL);
    end(&f);
}

static void test_strings(void **state)
{
    (void)state;
    struct fixture f = begin("q=find%20me&level=info&level=debug&page=12345");
    assert_true(bw_str_is(bw_params_str(&f.params, "q", 10), "find me"));
    assert_null(bw_params_str(&f.params, "sort", 10).ptr);
    assert_int_equal(f.params.fault.err, 0);
    bw_params_str(&f.params, "level", 10);
    assert_string_equal(f.params.fault.field, "level");
    bw_params_str(&f.params, "page", 4);
    assert_string_equal(f.params.fault.field, "level"); /* the first fault stays */
    end(&f);
    f = begin("page=12345");
    bw_params_str(&f.params, "page", 4);
    assert_string_equal(f.params.fault.field, "page");
    end(&f);
}

static void check_number(const char *text, bool good, uint32_t want)
{
    struct fixture f = begin(text);
    uint32_t n = bw_params_u32(&f.params, "limit", 1, 1000, 7);
    assert_int_equal(f.params.fault.err, good ? 0 : BW_EINVAL);
    if (good)
        assert_int_equal(n, want);
    else
        assert_string_equal(f.params.fault.field, "limit");
    end(&f);
}

static void test_numbers(void **state)
{
    (void)state;
    check_number("", true, 7);
    check_number("limit=1", true, 1);
    check_number("limit=1000", true, 1000);
    check_number("limit=0010", true, 10);
    check_number("limit=0", false, 0);
    check_number("limit=1001", false, 0);
    check_number("limit=", false, 0);
    check_number("limit=-1", false, 0);
    check_number("limit=1.5", false, 0);
    check_number("limit=ten", false, 0);
    check_number("limit=4294967297", false, 0);
    check_number("limit=18446744073709551617", false, 0);
    check_number("limit=5&limit=6", false, 0);
}

static void test_cursors(void **state)
{
    (void)state;
    struct fixture f = begin("after=0000beef.42");
    struct bw_cursor c = bw_params_cursor(&f.params, "after", BW_CURSOR_OLDEST);
    assert_int_equal(c.kind, BW_CURSOR_AT);
    assert_int_equal(c.epoch, 0xbeef);
    assert_int_equal(c.seq, 42);
    end(&f);
    f = begin("");
    assert_int_equal(bw_params_cursor(&f.params, "after", BW_CURSOR_LATEST).kind, BW_CURSOR_LATEST);
    end(&f);
    static const char *const bad[] = {"after=", "after=42", "after=0000beef.", "after=BEEF0000.1",
                                      "after=0000beef.00000000000000000000000001"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        f = begin(bad[i]);
        bw_params_cursor(&f.params, "after", BW_CURSOR_OLDEST);
        assert_int_equal(f.params.fault.err, BW_EINVAL);
        assert_string_equal(f.params.fault.field, "after");
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_an_empty_set_is_refused),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_a_set_is_bounded),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_cursors),
        cmocka_unit_test(test_values_with_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

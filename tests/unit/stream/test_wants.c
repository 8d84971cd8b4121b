/* The index of what is wanted, against asking everybody. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "web/stream/wants.h"
#include "wire/json.h"
#include "wire/mp.h"

static struct bw_filter *make(const char *json)
{
    struct bw_buf packed = {0};
    struct bw_fault fault = {0};
    struct bw_filter *filter;
    msgpack_zone zone;
    msgpack_object map;
    assert_true(msgpack_zone_init(&zone, 1024));
    assert_int_equal(bw_json_to_msgpack(bw_str(json), &packed, &fault), 0);
    assert_int_equal(bw_mp_unpack(bw_buf_str(&packed), 16, &zone, &map, &fault), 0);
    assert_int_equal(bw_filter_create(&filter, &map, &fault), 0);
    msgpack_zone_destroy(&zone);
    bw_buf_free(&packed);
    return filter;
}

/* The index never looks into a subscription: any address will do. */
static struct bw_sub *who(size_t i)
{
    static char subs[1000];
    return (struct bw_sub *)(void *)&subs[i];
}

static size_t count(const struct bw_wants_index *index, enum bw_key key, const char *name)
{
    size_t n = 0;
    const struct bw_want *want = bw_wants_of(index, key, bw_filter_hash(bw_str(name)));
    for (; want; want = want->next)
        n++;
    return n;
}

static void test_found_by_the_narrowest_once(void **state)
{
    (void)state;
    struct bw_wants_index index = {0};
    struct bw_wants wants;
    struct bw_filter *filter =
        make("{\"task_id\":[\"x\",\"y\",\"x\"],\"owner\":\"x\",\"event_types\":\"x\"}");
    assert_int_equal(count(&index, BW_KEY_TASK, "x"), 0);
    assert_true(bw_wants_add(&index, filter, who(0), &wants));
    assert_int_equal(count(&index, BW_KEY_TASK, "x"), 1);
    assert_int_equal(count(&index, BW_KEY_TASK, "y"), 1);
    assert_int_equal(count(&index, BW_KEY_OWNER, "x"), 0);
    assert_int_equal(count(&index, BW_KEY_TYPE, "x"), 0);
    assert_int_equal(count(&index, BW_KEY_TASK, ""), 0);
    assert_ptr_equal(bw_wants_of(&index, BW_KEY_TASK, bw_filter_hash(bw_str("y")))->sub, who(0));
    bw_wants_remove(&index, &wants);
    bw_wants_remove(&index, &wants); /* nothing to do */
    assert_int_equal(count(&index, BW_KEY_TASK, "x"), 0);
    assert_int_equal(index.n_values, 0);
    bw_wants_index_free(&index);
    bw_filter_unref(&filter);
}

static void test_many_come_and_go(void **state)
{
    (void)state;
    enum { N = 1000, NAMES = 300 };
    static const char *const lists[] = {"task_id", "owner", "resource", "event_types"};
    static struct bw_wants wants[N];
    static int key[N], name[N];
    struct bw_wants_index index = {0};
    srand(3);
    for (int step = 0; step < 20000; step++) {
        int i = rand() % N;
        if (wants[i].n > 0) {
            bw_wants_remove(&index, &wants[i]);
            continue;
        }
        char json[64];
        key[i] = rand() % BW_N_KEYS;
        name[i] = rand() % NAMES;
        snprintf(json, sizeof json, "{\"%s\":\"n%d\"}", lists[key[i]], name[i]);
        struct bw_filter *filter = make(json);
        assert_true(bw_wants_add(&index, filter, who((size_t)i), &wants[i]));
        bw_filter_unref(&filter);
    }
    for (int k = 0; k < BW_N_KEYS; k++) {
        for (int n = 0; n < NAMES; n++) {
            char text[16];
            size_t expected = 0;
            for (int i = 0; i < N; i++)
                expected += wants[i].n > 0 && key[i] == k && name[i] == n;
            snprintf(text, sizeof text, "n%d", n);
            assert_int_equal(count(&index, (enum bw_key)k, text), expected);
        }
    }
    for (int i = 0; i < N; i++)
        bw_wants_remove(&index, &wants[i]);
    assert_int_equal(index.n_values, 0);
    bw_wants_index_free(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_by_the_narrowest_once),
        cmocka_unit_test(test_many_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* UUIDv7: form, order within a thread, difference between threads. */
#include "unit.h"

#include "base/clock.h"
#include "base/thread.h"
#include "base/uuid.h"

enum { MANY = 20000, THREADS = 4 };

static int64_t millis_of(const char *uuid)
{
    char hex[13];
    memcpy(hex, uuid, 8);
    memcpy(hex + 8, uuid + 9, 4);
    hex[12] = 0;
    return (int64_t)strtoull(hex, NULL, 16);
}

static void test_form(void **state)
{
    (void)state;
    for (int n = 0; n < 1000; n++) {
        char id[BW_UUID_LEN + 1];
        bw_uuid7(id);
        assert_int_equal(strlen(id), BW_UUID_LEN);
        for (int i = 0; i < BW_UUID_LEN; i++) {
            bool dash = i == 8 || i == 13 || i == 18 || i == 23;
            assert_true(dash ? id[i] == '-' : strchr("0123456789abcdef", id[i]) != NULL);
        }
        assert_int_equal(id[14], '7');
        assert_non_null(strchr("89ab", id[19]));
    }
}

/* More than the 4096 that one millisecond has numbers for, several times over. */
static void test_each_is_greater(void **state)
{
    (void)state;
    char last[BW_UUID_LEN + 1], id[BW_UUID_LEN + 1];
    int64_t before = bw_clock_wall_us() / 1000;
    bw_uuid7(last);
    assert_true(millis_of(last) >= before);
    for (int i = 0; i < MANY; i++) {
        bw_uuid7(id);
        assert_true(strcmp(last, id) < 0);
        memcpy(last, id, sizeof last);
    }
    assert_true(millis_of(last) <= bw_clock_wall_us() / 1000 + MANY / 4096 + 1);
}

struct batch {
    struct bw_thread thread;
    char (*ids)[BW_UUID_LEN + 1];
};

static void make_ids(void *arg)
{
    struct batch *b = arg;
    for (int i = 0; i < MANY; i++)
        bw_uuid7(b->ids[i]);
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void test_threads_never_collide(void **state)
{
    (void)state;
    char(*ids)[BW_UUID_LEN + 1] = calloc(THREADS * MANY, sizeof *ids);
    struct batch batches[THREADS];
    assert_non_null(ids);
    for (int t = 0; t < THREADS; t++) {
        batches[t].ids = ids + t * MANY;
        assert_int_equal(bw_thread_start(&batches[t].thread, "ids", make_ids, &batches[t]), 0);
    }
    for (int t = 0; t < THREADS; t++)
        bw_thread_join(&batches[t].thread);
    qsort(ids, THREADS * MANY, sizeof *ids, compare);
    for (int i = 1; i < THREADS * MANY; i++)
        assert_true(strcmp(ids[i - 1], ids[i]) < 0);
    free(ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_each_is_greater),
        cmocka_unit_test(test_threads_never_collide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

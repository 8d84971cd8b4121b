/* Merging: what is settled, and in which order those that wait come out. */
#include "unit.h"

#include "web/stream/merge.h"

static struct bw_merge *new_merge(uint64_t begin)
{
    struct bw_merge *merge;
    assert_int_equal(bw_merge_create(&merge), 0);
    bw_merge_begin(merge, begin, true);
    return merge;
}

static void keep(struct bw_merge *merge, uint64_t seq)
{
    char json[32];
    snprintf(json, sizeof json, "{\"n\":%lu}", (unsigned long)seq);
    const struct bw_telling event = {
        .seq = seq, .topic = BW_STR("t"), .type = BW_STR("X"), .json = bw_str(json)};
    assert_true(bw_merge_keep(merge, &event));
}

static void expect_next(struct bw_merge *merge, uint64_t seq)
{
    char json[32];
    const struct bw_telling *event = bw_merge_next(merge);
    assert_non_null(event);
    assert_int_equal(event->seq, seq);
    snprintf(json, sizeof json, "{\"n\":%lu}", (unsigned long)seq);
    assert_true(bw_str_is(event->json, json));
    assert_true(bw_str_is(event->topic, "t"));
    assert_true(bw_str_is(event->type, "X"));
}

static void test_settled_is_up_to_the_first_hole(void **state)
{
    (void)state;
    struct bw_merge *merge = new_merge(10);
    assert_int_equal(bw_merge_settled(merge), 10);
    assert_true(bw_merge_mark(merge, 12));
    assert_true(bw_merge_mark(merge, 13));
    assert_int_equal(bw_merge_settled(merge), 10);
    assert_true(bw_merge_mark(merge, 11));
    assert_int_equal(bw_merge_settled(merge), 13);
    assert_true(bw_merge_mark(merge, 5)); /* one that came twice */
    assert_int_equal(bw_merge_settled(merge), 13);
    bw_merge_destroy(&merge);
}

static void test_the_window_has_an_end_and_goes_round(void **state)
{
    (void)state;
    struct bw_merge *merge = new_merge(0);
    for (uint64_t seq = 2; seq <= BW_MERGE_WINDOW; seq++)
        assert_true(bw_merge_mark(merge, seq));
    assert_false(bw_merge_mark(merge, BW_MERGE_WINDOW + 1));
    assert_int_equal(bw_merge_settled(merge), 0);
    assert_true(bw_merge_mark(merge, 1));
    assert_int_equal(bw_merge_settled(merge), BW_MERGE_WINDOW);
    for (uint64_t seq = BW_MERGE_WINDOW + 1; seq <= 3 * (uint64_t)BW_MERGE_WINDOW; seq++)
        assert_true(bw_merge_mark(merge, seq));
    assert_int_equal(bw_merge_settled(merge), 3 * (uint64_t)BW_MERGE_WINDOW);
    bw_merge_destroy(&merge);
}

/* Two topics, commit by commit: the even ones come after the odd ones. */
static void test_those_that_wait_come_in_order(void **state)
{
    (void)state;
    struct bw_merge *merge = new_merge(0);
    enum { COMMIT = 500 };
    for (uint64_t begin = 0; begin < 5 * COMMIT; begin += COMMIT) {
        for (uint64_t seq = begin + 2; seq <= begin + COMMIT; seq += 2) {
            bw_merge_mark(merge, seq);
            keep(merge, seq);
        }
        assert_null(bw_merge_next(merge));
        for (uint64_t seq = begin + 1; seq < begin + COMMIT; seq += 2) {
            bw_merge_mark(merge, seq);
            keep(merge, seq);
            expect_next(merge, seq);
            expect_next(merge, seq + 1);
            assert_null(bw_merge_next(merge));
        }
        assert_true(bw_merge_is_empty(merge));
    }
    bw_merge_destroy(&merge);
}

static void test_any_order(void **state)
{
    (void)state;
    enum { N = 1009 };
    struct bw_merge *merge = new_merge(0);
    uint64_t next = 1;
    for (uint64_t i = 1; i <= N; i++) {
        uint64_t seq = i * 7 % N + 1; /* every number once */
        keep(merge, seq);
        bw_merge_mark(merge, seq);
        while (next <= bw_merge_settled(merge))
            expect_next(merge, next++);
        assert_null(bw_merge_next(merge));
    }
    assert_int_equal(next, N + 1);
    bw_merge_destroy(&merge);
}

static void test_what_waits_is_bounded(void **state)
{
    (void)state;
    struct bw_merge *merge = new_merge(0);
    static char large[1 << 20];
    const struct bw_telling event = {
        .seq = 2, .topic = BW_STR("t"), .json = {large, sizeof large - 1}};
    for (size_t n = 0; n < BW_MERGE_BYTES_MAX / sizeof large; n++)
        assert_true(bw_merge_keep(merge, &event));
    assert_false(bw_merge_keep(merge, &event));
    bw_merge_begin(merge, 50, false);
    assert_true(bw_merge_is_empty(merge));
    assert_false(bw_merge_is_exact(merge));
    assert_true(bw_merge_keep(merge, &event));
    bw_merge_destroy(&merge);
}

static void test_what_was_reached_is_not_waited_for(void **state)
{
    (void)state;
    struct bw_merge *merge = new_merge(0);
    keep(merge, 3);
    bw_merge_mark(merge, 3);
    keep(merge, 6);
    bw_merge_mark(merge, 6);
    bw_merge_reached(merge, 2);
    assert_int_equal(bw_merge_settled(merge), 3);
    expect_next(merge, 3);
    assert_null(bw_merge_next(merge));
    bw_merge_reached(merge, 1); /* an older one */
    assert_int_equal(bw_merge_settled(merge), 3);
    bw_merge_reached(merge, 10);
    assert_int_equal(bw_merge_settled(merge), 10);
    expect_next(merge, 6);
    bw_merge_reached(merge, 10 * (uint64_t)BW_MERGE_WINDOW);
    for (uint64_t seq = 1; seq <= BW_MERGE_WINDOW; seq++) /* nothing is left of what was marked */
        assert_true(bw_merge_mark(merge, 10 * (uint64_t)BW_MERGE_WINDOW + seq));
    bw_merge_destroy(&merge);
}

/* After a hole was given up nothing is promised, until everything up to that place was told. */
static void test_exact_again(void **state)
{
    (void)state;
    struct bw_merge *merge = new_merge(0);
    bw_merge_mark(merge, 50);
    bw_merge_begin(merge, 50, false);
    bw_merge_mark(merge, 51);
    bw_merge_reached(merge, 50);
    assert_false(
        bw_merge_is_exact(merge)); /* 51 is settled, and may have been told before others */
    bw_merge_reached(merge, 51);
    assert_true(bw_merge_is_exact(merge));
    bw_merge_destroy(&merge);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settled_is_up_to_the_first_hole),
        cmocka_unit_test(test_the_window_has_an_end_and_goes_round),
        cmocka_unit_test(test_those_that_wait_come_in_order),
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_what_waits_is_bounded),
        cmocka_unit_test(test_what_was_reached_is_not_waited_for),
        cmocka_unit_test(test_exact_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

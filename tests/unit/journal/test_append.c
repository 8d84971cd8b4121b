/* Appending: order, durability, idempotency, folding, and what is refused. */
#include "journal/kit.h"

static void seq_counts_without_holes_and_prev_is_the_topics(void **state)
{
    struct kit *k = *state;
    assert_int_equal(kit_event(k, "{\"topic\":\"a\",\"event_type\":\"X\"}"), 1);
    assert_int_equal(kit_event(k, "{\"topic\":\"b\",\"event_type\":\"X\"}"), 2);
    assert_int_equal(kit_event(k, "{\"topic\":\"a\",\"event_type\":\"X\"}"), 3);
    kit_restart(k);
    assert_int_equal(kit_event(k, "{\"topic\":\"a\",\"event_type\":\"X\"}"), 4);
    assert_int_equal(kit_ask(k, "\"op\":\"events\",\"topics\":[\"a\"],\"after\":\"oldest\""), 0);
    assert_int_equal(kit_len(k, "events"), 3);
    assert_int_equal(kit_u64(k, "events.0.prev"), 0);
    assert_int_equal(kit_u64(k, "events.1.prev"), 1);
    assert_int_equal(kit_u64(k, "events.2.prev"), 3);
    assert_int_equal(kit_u64(k, "events.2.seq"), 4);
    assert_int_equal(kit_u64(k, "head"), 4);
    assert_int_equal(kit_u64(k, "next"), 4);
}

static void what_was_acked_is_there_after_reopening(void **state)
{
    struct kit *k = *state;
    kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t\",\"title\":\"one\","
                 "\"owner\":\"ann\",\"params\":{\"a\":1}}}");
    kit_event(k, "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t\",\"progress\":30}}");
    uint32_t epoch = k->journal->ops->head(k->journal).epoch;
    kit_restart(k);
    struct bw_head head = k->journal->ops->head(k->journal);
    assert_int_equal(head.epoch, epoch);
    assert_int_not_equal(epoch, 0);
    assert_int_equal(head.head, 2);
    assert_int_equal(head.oldest, 1);
    kit_event(k, "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t\",\"progress\":40}}");
    assert_int_equal(kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\""), 0);
    kit_is_str(k, "task.title", "one");
    kit_is_str(k, "task.owner", "ann");
    kit_is_str(k, "task.status", "running");
    assert_int_equal(kit_u64(k, "task.progress"), 40);
    assert_int_equal(kit_u64(k, "docs.params.a"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(seq_counts_without_holes_and_prev_is_the_topics, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(what_was_acked_is_there_after_reopening, kit_setup,
                                        kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

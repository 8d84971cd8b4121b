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

static void sending_again_gives_the_first_seq(void **state)
{
    struct kit *k = *state;
    const char *event = "{\"id\":\"%s\",\"topic\":\"a\",\"event_type\":\"X\"}";
    static const char *const ids[] = {"plain", "0190a3c4-5b6d-7e8f-9012-3456789abcde",
                                      "0190A3C4-5B6D-7E8F-9012-3456789ABCDE"};
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 3; i++) {
            char json[256];
            snprintf(json, sizeof json, event, ids[i]);
            assert_int_equal(kit_put(k, json), 0);
            const struct bw_publish_result *r = &k->drafts[0].result;
            assert_true(bw_str_is(r->id, ids[i]));
            assert_int_equal(r->seq, i + 1);
            assert_int_equal(r->duplicate, round > 0);
            assert_int_equal(r->fault.err, 0);
            assert_int_equal(k->n_records, round == 0);
        }
        if (round == 1)
            kit_restart(k);
    }
    assert_int_equal(k->journal->ops->head(k->journal).head, 3);
}

static void twice_in_one_batch_is_once(void **state)
{
    struct kit *k = *state;
    kit_event(k, "{\"id\":\"old\",\"topic\":\"a\",\"event_type\":\"X\"}");
    assert_int_equal(kit_put(k, "[{\"id\":\"x\",\"topic\":\"a\",\"event_type\":\"X\"},"
                                "{\"id\":\"old\",\"topic\":\"b\",\"event_type\":\"X\"},"
                                "{\"id\":\"x\",\"topic\":\"c\",\"event_type\":\"X\"},"
                                "{\"id\":\"y\",\"topic\":\"a\",\"event_type\":\"X\"},"
                                "{\"id\":\"x\",\"topic\":\"a\",\"event_type\":\"X\"}]"),
                     0);
    static const struct {
        uint64_t seq;
        bool duplicate;
    } expected[] = {{2, false}, {1, true}, {2, true}, {3, false}, {2, true}};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(k->drafts[i].result.seq, expected[i].seq);
        assert_int_equal(k->drafts[i].result.duplicate, expected[i].duplicate);
    }
    assert_int_equal(k->n_records, 2);
}

static void what_is_stale_is_told_and_leaves_nothing(void **state)
{
    struct kit *k = *state;
    kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t\"}}");
    kit_event(k, "{\"id\":\"done\",\"event_type\":\"TASK_COMPLETED\",\"data\":{\"id\":\"t\"}}");
    assert_int_equal(
        kit_put(k, "[{\"id\":\"late\",\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t\"}},"
                   "{\"id\":\"done\",\"event_type\":\"TASK_COMPLETED\",\"data\":{\"id\":\"t\"}},"
                   "{\"id\":\"late\",\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t\"}}]"),
        0);
    assert_true(k->drafts[0].result.stale && k->drafts[2].result.stale);
    assert_int_equal(k->drafts[0].result.seq, 0);
    assert_true(k->drafts[1].result.duplicate && !k->drafts[1].result.stale);
    assert_int_equal(k->drafts[1].result.seq, 2);
    assert_int_equal(k->n_records, 0);
    /* Its id was not used up: as part of a new attempt it counts. */
    assert_int_equal(kit_event(k, "{\"id\":\"late\",\"event_type\":\"TASK_UPDATED\","
                                  "\"data\":{\"id\":\"t\",\"attempt\":2}}"),
                     3);
}

static void a_refused_event_does_not_harm_its_batch(void **state)
{
    struct kit *k = *state;
    kit_stop(k);
    k->options.event_bytes_max = 1000;
    kit_start(k);
    char json[4096], large[1200];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    snprintf(json, sizeof json,
             "[{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t\",\"progress\":10}},"
             "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t\",\"progress\":101}},"
             "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t\",\"result\":\"%s\"}},"
             "{\"topic\":\"new\",\"event_type\":\"X\",\"data\":{\"x\":\"%s\"}},"
             "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t\",\"progress\":20}}]",
             large, large);
    assert_int_equal(kit_put(k, json), 0);
    assert_int_equal(k->drafts[0].result.seq, 1);
    assert_int_equal(k->drafts[1].result.fault.err, BW_EINVAL);
    assert_string_equal(k->drafts[1].result.fault.field, "data.progress");
    assert_int_equal(k->drafts[2].result.fault.err, BW_ETOOBIG);
    assert_int_equal(k->drafts[3].result.fault.err, BW_ETOOBIG);
    assert_int_equal(k->drafts[4].result.seq, 2);
    assert_int_equal(k->n_records, 2);
    assert_int_equal(kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\""), 0);
    assert_int_equal(kit_u64(k, "task.progress"), 20);
    assert_int_equal(kit_ask(k, "\"op\":\"stats\""), 0);
    assert_false(kit_has(k, "topics.new"));
}

static void an_event_without_id_is_refused(void **state)
{
    struct kit *k = *state;
    k->n_drafts = 1;
    k->drafts[0] = (struct bw_draft){.event = {.topic = BW_STR("a"), .event_type = BW_STR("X")}};
    assert_int_equal(kit_append(k), 0);
    assert_int_equal(k->drafts[0].result.fault.err, BW_EINVAL);
    assert_string_equal(k->drafts[0].result.fault.field, "id");
}

static void topics_are_bounded(void **state)
{
    struct kit *k = *state;
    char names[1000][16];
    for (int n = 4; n < 10000;) { /* the four of the house are there */
        k->n_drafts = 0;
        for (; k->n_drafts < 1000 && n < 10000; n++, k->n_drafts++) {
            struct bw_draft *d = &k->drafts[k->n_drafts];
            snprintf(names[k->n_drafts], sizeof names[0], "t%d", n);
            *d = (struct bw_draft){.event = {.id = bw_str(names[k->n_drafts]),
                                             .topic = bw_str(names[k->n_drafts]),
                                             .event_type = BW_STR("X")}};
        }
        assert_int_equal(kit_append(k), 0);
        assert_int_equal(k->n_records, k->n_drafts);
    }
    kit_restart(k);
    assert_int_equal(kit_put(k, "[{\"topic\":\"more\",\"event_type\":\"X\"},"
                                "{\"topic\":\"t77\",\"event_type\":\"X\"}]"),
                     0);
    assert_int_equal(k->drafts[0].result.fault.err, BW_ETOOBIG);
    assert_string_equal(k->drafts[0].result.fault.field, "topic");
    assert_int_equal(k->drafts[1].result.seq, 9997);
}

static void visit(void *ctx, struct bw_str topic, uint64_t head)
{
    uint64_t *heads = ctx;
    heads[0]++;
    if (bw_str_is(topic, "a"))
        heads[1] = head;
    if (bw_str_is(topic, "system"))
        heads[2] = head;
}

static void each_topic_tells_the_heads(void **state)
{
    struct kit *k = *state;
    uint64_t heads[3] = {0};
    kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t\"}}");
    kit_event(k, "{\"topic\":\"a\",\"event_type\":\"X\"}");
    kit_event(k, "{\"topic\":\"b\",\"event_type\":\"X\"}");
    k->journal->ops->each_topic(k->journal, visit, heads);
    assert_int_equal(heads[0], 6);
    assert_int_equal(heads[1], 2);
    assert_int_equal(heads[2], 1);
}

static void a_log_tells_whose_task_it_is(void **state)
{
    struct kit *k = *state;
    kit_event(k,
              "{\"event_type\":\"TASK_LOG\",\"message\":\"early\",\"data\":{\"task_id\":\"t\"}}");
    kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t\",\"owner\":\"ann\","
                 "\"resource\":\"r\"}}");
    kit_event(k, "{\"event_type\":\"TASK_LOG\",\"message\":\"late\",\"data\":{\"task_id\":\"t\"}}");
    assert_int_equal(kit_ask(k, "\"op\":\"logs\",\"task_id\":\"t\",\"after\":\"oldest\""), 0);
    assert_int_equal(kit_len(k, "events"), 2);
    assert_false(kit_has(k, "events.0.data.owner"));
    kit_is_str(k, "events.1.data.owner", "ann");
    kit_is_str(k, "events.1.data.resource", "r");
    assert_false(kit_has(k, "events.1.data.status"));
}

static void docs_follow_their_task(void **state)
{
    struct kit *k = *state;
    kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t\",\"params\":{\"a\":1},"
                 "\"metadata\":{\"m\":[1,2]}}}");
    kit_event(k, "{\"event_type\":\"TASK_FAILED\",\"data\":{\"id\":\"t\",\"error\":{\"type\":\"E\","
                 "\"message\":\"no\",\"trace\":\"line 1\"},\"result\":{\"half\":true}}}");
    assert_int_equal(kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\""), 0);
    assert_int_equal(kit_u64(k, "docs.metadata.m.1"), 2);
    kit_is_str(k, "docs.trace", "line 1");
    assert_true(kit_has(k, "docs.result.half"));
    kit_event(k, "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t\",\"attempt\":2}}");
    assert_int_equal(kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\""), 0);
    assert_true(kit_has(k, "docs.params.a"));
    assert_false(kit_has(k, "docs.trace") || kit_has(k, "docs.result"));
    /* Deleted and made again within one batch. */
    assert_int_equal(kit_put(k, "[{\"event_type\":\"TASK_DELETED\",\"data\":{\"id\":\"t\"}},"
                                "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t\","
                                "\"result\":7}}]"),
                     0);
    assert_int_equal(kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\""), 0);
    assert_int_equal(kit_u64(k, "docs.result"), 7);
    assert_false(kit_has(k, "docs.params") || kit_has(k, "docs.metadata"));
    kit_event(k, "{\"event_type\":\"TASK_DELETED\",\"data\":{\"id\":\"t\"}}");
    assert_int_equal(kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\""), BW_ENOTFOUND);
    assert_string_equal(k->fault.field, "task_id");
    assert_int_equal(bw_sqlite_verify(k->path, &k->fault), 0);
}

/* More running tasks than the cache has room for: rows come back from the table as they were. */
static void the_cache_may_be_small(void **state)
{
    struct kit *k = *state;
    enum { TASKS = 40, ROUNDS = 30 };
    kit_stop(k);
    k->options.task_cache_rows = 7;
    kit_start(k);
    for (int round = 0; round < ROUNDS; round++)
        for (int task = 0; task < TASKS; task++)
            kit_event(k,
                      "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t%d\",\"progress\":%d,"
                      "\"title\":\"%d\"}}",
                      task, round, round * task);
    for (int task = 0; task < TASKS; task++) {
        char title[16];
        snprintf(title, sizeof title, "%d", (ROUNDS - 1) * task);
        assert_int_equal(kit_ask(k, "\"op\":\"task\",\"task_id\":\"t%d\"", task), 0);
        kit_is_str(k, "task.title", title);
    }
    if (bw_sqlite_verify(k->path, &k->fault) != 0)
        fail_msg("%s", k->fault.message);
}

static void nothing_in_nothing_out(void **state)
{
    struct kit *k = *state;
    k->n_drafts = 0;
    assert_int_equal(kit_append(k), 0);
    assert_int_equal(k->journal->ops->head(k->journal).head, 0);
    assert_int_equal(k->journal->ops->head(k->journal).oldest, 0);
    k->journal->ops->idle(k->journal);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(seq_counts_without_holes_and_prev_is_the_topics),
        TEST(what_was_acked_is_there_after_reopening),
        TEST(sending_again_gives_the_first_seq),
        TEST(twice_in_one_batch_is_once),
        TEST(what_is_stale_is_told_and_leaves_nothing),
        TEST(a_refused_event_does_not_harm_its_batch),
        TEST(an_event_without_id_is_refused),
        TEST(topics_are_bounded),
        TEST(each_topic_tells_the_heads),
        TEST(a_log_tells_whose_task_it_is),
        TEST(docs_follow_their_task),
        TEST(the_cache_may_be_small),
        TEST(nothing_in_nothing_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

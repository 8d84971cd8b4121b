/* Commands: checked when they come, followed by an event of the bus's own, and found again when
 * nobody answers. */
#include "base/clock.h"
#include "journal/kit.h"
#include "wire/command.h"

static uint64_t task(struct kit *k, const char *id, const char *members)
{
    return kit_event(k, "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"%s\",%s}}", id,
                     members);
}

static const struct bw_publish_result *ask(struct kit *k, const char *id, const char *action,
                                           const char *command_id)
{
    char json[512];
    snprintf(json, sizeof json,
             "{\"id\":\"%s\",\"event_type\":\"TASK_COMMAND\","
             "\"data\":{\"id\":\"%s\",\"action\":\"%s\"}}",
             command_id, id, action);
    assert_int_equal(kit_put(k, json), 0);
    return &k->drafts[0].result;
}

static void check_sound(struct kit *k)
{
    if (bw_sqlite_verify(k->path, &k->fault) != 0)
        fail_msg("%s: %s", k->fault.field, k->fault.message);
}

static void the_worker_is_asked(void **state)
{
    struct kit *k = *state;
    task(k, "t", "\"progress\":40,\"worker\":\"w\"");
    const struct bw_publish_result *r = ask(k, "t", "cancel", "c1");
    assert_int_equal(r->fault.err, 0);
    assert_int_equal(r->seq, 2);
    assert_int_equal(r->effect, BW_EFFECT_ASKED);
    assert_int_equal(k->n_records, 2);
    assert_int_equal(k->last_seq, 3);
    kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\"");
    kit_is_str(k, "task.status", "running");
    kit_is_str(k, "task.command", "cancel");
    assert_true(kit_has(k, "task.command_at"));
    kit_ask(k, "\"op\":\"events\",\"topics\":[\"control\",\"system\"],\"after\":\"oldest\"");
    assert_int_equal(kit_len(k, "events"), 3);
    kit_is_str(k, "events.1.event_type", "TASK_COMMAND");
    kit_is_str(k, "events.2.event_type", "TASK_UPDATED");
    kit_is_str(k, "events.2.data.command", "cancel");
    kit_is_str(k, "events.2.data.command_id", "c1");
    assert_int_equal(kit_u64(k, "events.2.prev"), 1);
    check_sound(k);
}

static void what_nobody_works_on_changes_at_once(void **state)
{
    struct kit *k = *state;
    kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t\"}}");
    assert_int_equal(ask(k, "t", "pause", "c1")->effect, BW_EFFECT_DONE);
    assert_int_equal(ask(k, "t", "resume", "c2")->effect, BW_EFFECT_DONE);
    assert_int_equal(ask(k, "t", "cancel", "c3")->effect, BW_EFFECT_DONE);
    kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\"");
    kit_is_str(k, "task.status", "cancelled");
    assert_false(kit_has(k, "task.command"));
    assert_int_equal(ask(k, "t", "retry", "c4")->effect, BW_EFFECT_DONE);
    kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\"");
    kit_is_str(k, "task.status", "pending");
    assert_int_equal(kit_u64(k, "task.attempt"), 2);
    check_sound(k);
}

static void refused(struct kit *k, const struct bw_publish_result *r, int err, const char *field)
{
    assert_int_equal(r->fault.err, err);
    assert_string_equal(r->fault.field, field);
    assert_int_equal(r->seq, 0);
    assert_int_equal(r->effect, BW_EFFECT_NONE);
    assert_int_equal(k->n_records, 0);
}

static void what_is_refused_leaves_nothing(void **state)
{
    struct kit *k = *state;
    task(k, "t", "\"progress\":40");
    refused(k, ask(k, "nobody", "cancel", "c"), BW_ENOTFOUND, "data.id");
    refused(k, ask(k, "t", "explode", "c"), BW_EINVAL, "data.action");
    refused(k, ask(k, "t", "resume", "c"), BW_ECONFLICT, "data.action");
    assert_int_equal(k->journal->ops->head(k->journal).head, 1);
    task(k, "u", "\"attempt\":1000000");
    kit_event(k, "{\"event_type\":\"TASK_FAILED\",\"data\":{\"id\":\"u\"}}");
    refused(k, ask(k, "u", "retry", "c"), BW_EINVAL, "data.attempt");
    kit_event(k, "{\"event_type\":\"TASK_DELETED\",\"data\":{\"id\":\"t\"}}");
    refused(k, ask(k, "t", "cancel", "c"), BW_ENOTFOUND, "data.id");
    kit_event(k, "{\"id\":\"c\",\"topic\":\"control\",\"event_type\":\"HELLO\"}");
    kit_event(k, "{\"topic\":\"mine\",\"event_type\":\"TASK_COMMAND\",\"data\":{\"id\":\"x\"}}");
    check_sound(k);
}

static void a_command_that_is_too_big_leaves_nothing(void **state)
{
    struct kit *k = *state;
    kit_stop(k);
    k->options.event_bytes_max = 1024;
    kit_start(k);
    task(k, "t", "\"progress\":40");
    char json[2048] = "", reason[1200];
    memset(reason, 'x', sizeof reason - 1);
    reason[sizeof reason - 1] = 0;
    snprintf(json, sizeof json,
             "{\"event_type\":\"TASK_COMMAND\",\"data\":{\"id\":\"t\",\"action\":\"cancel\","
             "\"reason\":\"%s\"}}",
             reason);
    assert_int_equal(kit_put(k, json), 0);
    refused(k, &k->drafts[0].result, BW_ETOOBIG, "");
    kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\"");
    assert_false(kit_has(k, "task.command"));
    check_sound(k);
}

static void sent_again_it_follows_nothing(void **state)
{
    struct kit *k = *state;
    task(k, "t", "\"progress\":40");
    assert_int_equal(ask(k, "t", "cancel", "c1")->seq, 2);
    kit_restart(k);
    const struct bw_publish_result *r = ask(k, "t", "cancel", "c1");
    assert_true(r->duplicate && r->seq == 2 && r->effect == BW_EFFECT_NONE);
    assert_int_equal(k->n_records, 0);
    assert_int_equal(k->journal->ops->head(k->journal).head, 3);
    check_sound(k);
}

/* Each sees what those before it in the batch have done. */
static void many_in_one_batch(void **state)
{
    struct kit *k = *state;
    kit_put(k, "[{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t\"}},"
               "{\"event_type\":\"TASK_COMMAND\",\"data\":{\"id\":\"t\",\"action\":\"pause\"}},"
               "{\"event_type\":\"TASK_COMMAND\",\"data\":{\"id\":\"t\",\"action\":\"pause\"}},"
               "{\"id\":\"c\",\"event_type\":\"TASK_COMMAND\","
               "\"data\":{\"id\":\"t\",\"action\":\"cancel\"}},"
               "{\"id\":\"c\",\"event_type\":\"TASK_COMMAND\","
               "\"data\":{\"id\":\"t\",\"action\":\"retry\"}},"
               "{\"topic\":\"mine\",\"event_type\":\"X\"}]");
    static const struct {
        uint64_t seq;
        int err;
        bool duplicate;
    } expected[] = {{1, 0, 0}, {2, 0, 0}, {0, BW_ECONFLICT, 0}, {4, 0, 0}, {4, 0, 1}, {6, 0, 0}};
    for (size_t i = 0; i < 6; i++) {
        const struct bw_publish_result *r = &k->drafts[i].result;
        assert_int_equal(r->seq, expected[i].seq);
        assert_int_equal(r->fault.err, expected[i].err);
        assert_int_equal(r->duplicate, expected[i].duplicate);
    }
    assert_int_equal(k->n_records, 6);
    check_sound(k);
}

/* --- Unanswered ------------------------------------------------------------------------------ */

struct overdue {
    size_t n;
    char ids[8][16];
};

static void note_overdue(void *ctx, const struct bw_task *row)
{
    struct overdue *o = ctx;
    assert_true(o->n < 8 && row->command && row->command_id.len > 0);
    snprintf(o->ids[o->n++], sizeof o->ids[0], "%.*s", BW_STR_ARG(row->id));
}

static struct overdue overdue(struct kit *k, int64_t asked_before_us, uint32_t limit)
{
    struct overdue o = {0};
    assert_int_equal(
        k->journal->ops->unanswered(k->journal, asked_before_us, limit, note_overdue, &o), 0);
    return o;
}

static void who_has_not_answered_is_found_after_a_restart(void **state)
{
    struct kit *k = *state;
    for (char id[] = "a"; id[0] <= 'f'; id[0]++) {
        char command[] = "c.";
        command[1] = id[0];
        task(k, id, "\"progress\":1,\"worker\":\"w\"");
        assert_int_equal(ask(k, id, "cancel", command)->effect, BW_EFFECT_ASKED);
    }
    task(k, "b", "\"progress\":2");                                            /* no answer */
    task(k, "c", "\"status\":\"paused\"");                                     /* not that one */
    task(k, "d", "\"status\":\"cancelled\"");                                  /* answered */
    kit_event(k, "{\"event_type\":\"TASK_DELETED\",\"data\":{\"id\":\"e\"}}"); /* gone */
    kit_event(k, "{\"event_type\":\"TASK_COMMAND_REFUSED\",\"data\":{\"id\":\"f\","
                 "\"command_id\":\"cf\"}}");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(overdue(k, 1, 100).n, 0);
        struct overdue o = overdue(k, INT64_MAX, 100);
        assert_int_equal(o.n, 3);
        assert_string_equal(o.ids[0], "a");
        assert_string_equal(o.ids[2], "c");
        assert_int_equal(overdue(k, INT64_MAX, 2).n, 2);
        kit_restart(k);
    }
    check_sound(k);
}

static void a_newer_command_has_its_own_time(void **state)
{
    struct kit *k = *state;
    task(k, "t", "\"progress\":1");
    ask(k, "t", "pause", "c1");
    kit_ask(k, "\"op\":\"task\",\"task_id\":\"t\"");
    int64_t asked_at;
    assert_int_equal(bw_time_parse(bw_mp_as_str(kit_answer(k, "task.command_at")), &asked_at), 0);
    while (bw_clock_wall_us() <= asked_at)
        ;
    ask(k, "t", "cancel", "c2");
    assert_int_equal(overdue(k, asked_at, 10).n, 0);
    assert_int_equal(overdue(k, INT64_MAX, 10).n, 1);
}

/* The answer was faster than the bus. */
static void unanswered_too_late_is_stale(void **state)
{
    struct kit *k = *state;
    task(k, "t", "\"progress\":1");
    ask(k, "t", "pause", "c1");
    task(k, "t", "\"status\":\"paused\"");
    kit_put(k, "{\"event_type\":\"TASK_COMMAND_UNANSWERED\",\"data\":{\"id\":\"t\","
               "\"action\":\"pause\",\"command_id\":\"c1\"}}");
    assert_true(k->drafts[0].result.stale);
    assert_int_equal(k->n_records, 0);
    assert_int_equal(overdue(k, INT64_MAX, 10).n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_worker_is_asked),
        TEST(what_nobody_works_on_changes_at_once),
        TEST(what_is_refused_leaves_nothing),
        TEST(a_command_that_is_too_big_leaves_nothing),
        TEST(sent_again_it_follows_nothing),
        TEST(many_in_one_batch),
        TEST(who_has_not_answered_is_found_after_a_restart),
        TEST(a_newer_command_has_its_own_time),
        TEST(unanswered_too_late_is_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

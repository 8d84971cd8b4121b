/* Commands: which are possible, what follows from them, what answers them; every action in every
 * status, with a worker and without. */
#include "sample.h"

#include "wire/command.h"
#include "wire/topic.h"

/* What is possible, by action and status: pending running paused, then the final ones. */
static const char *const possible[BW_N_ACTIONS] = {
    [BW_START] = "y------", [BW_PAUSE] = "yy-----",  [BW_RESUME] = "--y----",
    [BW_STOP] = "yyy----",  [BW_CANCEL] = "yyy----", [BW_RETRY] = "-yyyyyy",
};

/* What a task becomes that nobody works on; NULL: it is asked all the same. */
static const char *const done[BW_N_ACTIONS] = {
    [BW_PAUSE] = "paused",     [BW_RESUME] = "pending", [BW_STOP] = "cancelled",
    [BW_CANCEL] = "cancelled", [BW_RETRY] = "pending",
};

static struct bw_event command(const char *members)
{
    char json[512];
    snprintf(json, sizeof json, "{'event_type':'TASK_COMMAND','id':'c','data':{%s}}", members);
    return sample_event(json);
}

static struct bw_event ask(enum bw_action action)
{
    char members[64];
    snprintf(members, sizeof members, "'id':'t','action':'%s'", bw_action_name(action));
    return command(members);
}

static struct bw_task row_in(enum bw_status status, const char *worker)
{
    return (struct bw_task){
        .id = BW_STR("t"),
        .worker = bw_str(worker),
        .status = status,
        .attempt = 3,
        .progress = 40,
        .total_units = -1,
        .completed_units = -1,
        .rate = -1,
        .eta_s = -1,
        .finished_at_us = bw_status_is_final(status) ? 5 : 0,
    };
}

static struct bw_task fold(const struct bw_task *before, const struct bw_event *e,
                           const msgpack_object *docs[BW_N_DOCS])
{
    struct bw_task after;
    struct bw_fault fault = {0};
    int result = bw_task_fold(before, e, &after, docs, &fault);
    if (result != BW_FOLD_APPLIED)
        fail_msg("fold gave %d: %s %s", result, fault.field, fault.message);
    return after;
}

static void test_names(void **state)
{
    (void)state;
    enum bw_action action;
    enum bw_effect effect;
    for (int a = BW_NO_ACTION + 1; a < BW_N_ACTIONS; a++) {
        assert_true(bw_action_parse(bw_str(bw_action_name((enum bw_action)a)), &action));
        assert_int_equal(action, a);
    }
    assert_null(bw_action_name(BW_NO_ACTION));
    assert_false(bw_action_parse(BW_STR(""), &action));
    assert_false(bw_action_parse(BW_STR("Cancel"), &action));
    assert_false(bw_action_parse(BW_STR("delete"), &action));
    for (int e = BW_EFFECT_ASKED; e <= BW_EFFECT_DONE; e++) {
        assert_true(bw_effect_parse(bw_str(bw_effect_name((enum bw_effect)e)), &effect));
        assert_int_equal(effect, e);
    }
    assert_null(bw_effect_name(BW_EFFECT_NONE));
    assert_false(bw_effect_parse(BW_STR(""), &effect));
}

static void test_only_commands_are_commands(void **state)
{
    (void)state;
    struct bw_event e = ask(BW_CANCEL);
    assert_true(bw_is_command(&e));
    assert_true(bw_str_is(e.topic, BW_TOPIC_CONTROL));
    e = sample_event("{'event_type':'TASK_COMMAND','topic':'mine','data':{'id':'t'}}");
    assert_false(bw_is_command(&e));
    e = sample_event("{'event_type':'HELLO','topic':'control','data':{'id':'t'}}");
    assert_false(bw_is_command(&e));
}

static void test_malformed(void **state)
{
    (void)state;
    static const struct {
        const char *members, *field;
    } cases[] = {
        {"'action':'cancel'", "data.id"},
        {"'id':7,'action':'cancel'", "data.id"},
        {"'id':'','action':'cancel'", "data.id"},
        {"'id':'t'", "data.action"},
        {"'id':'t','action':null", "data.action"},
        {"'id':'t','action':'explode'", "data.action"},
        {"'id':'t','action':['cancel']", "data.action"},
        {"'id':'t','action':'cancel','reason':7", "data.reason"},
        {"'id':'t','action':'cancel','by':{}", "data.by"},
    };
    struct bw_task row = row_in(BW_PENDING, "");
    struct bw_consequence c;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bw_event e = command(cases[i].members);
        struct bw_fault fault = {0};
        assert_int_equal(bw_command_check(&e, &row, &c, &fault), BW_EINVAL);
        assert_string_equal(fault.field, cases[i].field);
    }
}

static void test_unknown_task(void **state)
{
    (void)state;
    struct bw_event e = ask(BW_CANCEL);
    struct bw_consequence c;
    struct bw_fault fault = {0};
    assert_int_equal(bw_command_check(&e, NULL, &c, &fault), BW_ENOTFOUND);
    assert_string_equal(fault.field, "data.id");
}

/* What was refused says the status and what would be possible. */
static void check_refused(enum bw_action action, const struct bw_task *row)
{
    struct bw_event e = ask(action);
    struct bw_consequence c;
    struct bw_fault fault = {0};
    assert_int_equal(bw_command_check(&e, row, &c, &fault), BW_ECONFLICT);
    assert_string_equal(fault.field, "data.action");
    assert_non_null(strstr(fault.message, bw_status_name(row->status)));
    char *offered = strstr(fault.message, "; possible: ");
    assert_non_null(offered);
    for (int a = BW_NO_ACTION + 1; a < BW_N_ACTIONS; a++)
        assert_int_equal(strstr(offered, bw_action_name((enum bw_action)a)) != NULL,
                         possible[a][row->status] == 'y');
}

static void check_done(enum bw_action action, const struct bw_task *row,
                       const struct bw_consequence *c)
{
    const msgpack_object *docs[BW_N_DOCS];
    assert_true(bw_str_is(c->event.event_type, "TASK_STATUS_CHANGED"));
    struct bw_task after = fold(row, &c->event, docs);
    assert_string_equal(bw_status_name(after.status), done[action]);
    assert_int_equal(after.attempt, row->attempt + (action == BW_RETRY ? 1 : 0));
    assert_int_equal(after.command, BW_NO_ACTION);
}

static void check_asked(enum bw_action action, const struct bw_task *row,
                        const struct bw_consequence *c)
{
    const msgpack_object *docs[BW_N_DOCS];
    assert_true(bw_str_is(c->event.event_type, "TASK_UPDATED"));
    struct bw_task after = fold(row, &c->event, docs);
    assert_int_equal(after.command, action);
    assert_true(bw_str_is(after.command_id, "c"));
    assert_int_equal(after.status, row->status);
    assert_int_equal(after.attempt, row->attempt);
    assert_int_equal(after.finished_at_us, row->finished_at_us);
    assert_true(after.progress == row->progress);
    assert_true(bw_str_eq(after.message, row->message));
}

static void test_every_action_in_every_status(void **state)
{
    (void)state;
    for (int a = BW_NO_ACTION + 1; a < BW_N_ACTIONS; a++)
        for (int s = 0; s < BW_N_STATUS; s++)
            for (int owned = 0; owned < 2; owned++) {
                enum bw_action action = (enum bw_action)a;
                struct bw_task row = row_in((enum bw_status)s, owned ? "w1" : "");
                struct bw_event e = ask(action);
                struct bw_consequence c;
                struct bw_fault fault = {0};
                assert_int_equal(bw_action_possible(action, row.status), possible[a][s] == 'y');
                if (possible[a][s] != 'y') {
                    check_refused(action, &row);
                    continue;
                }
                assert_int_equal(bw_command_check(&e, &row, &c, &fault), 0);
                assert_true(bw_str_is(c.event.topic, BW_TOPIC_SYSTEM));
                bool at_once = !owned && s != BW_RUNNING && action != BW_START;
                assert_int_equal(c.effect, at_once ? BW_EFFECT_DONE : BW_EFFECT_ASKED);
                c.event.timestamp_us = 7;
                if (at_once)
                    check_done(action, &row, &c);
                else
                    check_asked(action, &row, &c);
            }
}

static void test_the_message_is_for_people(void **state)
{
    (void)state;
    static const struct {
        const char *members, *worker, *message;
    } cases[] = {
        {"'action':'cancel'", "w", "cancel asked"},
        {"'action':'cancel'", "", "cancelled"},
        {"'action':'retry','by':'ann'", "w", "retry asked by ann"},
        {"'action':'stop','reason':'too slow'", "", "stopped: too slow"},
        {"'action':'pause','by':'ann','reason':'lunch'", "", "paused by ann: lunch"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char members[128];
        snprintf(members, sizeof members, "'id':'t',%s", cases[i].members);
        bool retry = strstr(members, "retry") != NULL;
        struct bw_task row = row_in(retry ? BW_FAILED : BW_PENDING, cases[i].worker);
        struct bw_event e = command(members);
        struct bw_consequence c;
        assert_int_equal(bw_command_check(&e, &row, &c, NULL), 0);
        assert_true(bw_str_is(c.event.message, cases[i].message));
    }
}

/* By what each command is over: every status that a task may take in its attempt. */
static void test_answers(void **state)
{
    (void)state;
    static const char *const answered[BW_N_ACTIONS] = {
        [BW_START] = "-y-yyyy", [BW_PAUSE] = "--yyyyy",  [BW_RESUME] = "-y-yyyy",
        [BW_STOP] = "---yyyy",  [BW_CANCEL] = "---yyyy", [BW_RETRY] = "-------",
    };
    const msgpack_object *docs[BW_N_DOCS];
    for (int a = BW_NO_ACTION + 1; a < BW_N_ACTIONS; a++)
        for (int s = 0; s < BW_N_STATUS; s++) {
            struct bw_task row = row_in(BW_RUNNING, "w1");
            char members[64];
            row.command = (enum bw_action)a;
            row.command_id = BW_STR("c");
            row.command_at_us = 1;
            snprintf(members, sizeof members, "'status':'%s'", bw_status_name((enum bw_status)s));
            struct bw_event e = sample_task_event("TASK_STATUS_CHANGED", members, 9);
            struct bw_task after = fold(&row, &e, docs);
            bool over = answered[a][s] == 'y';
            assert_int_equal(after.command, over ? BW_NO_ACTION : a);
            assert_int_equal(after.command_news, over ? BW_COMMAND_ENDED : BW_COMMAND_AS_BEFORE);
            assert_int_equal(after.command_at_us, over ? 0 : 1);
            assert_int_equal(after.command_id.len, over ? 0 : 1);
            e = sample_task_event("TASK_UPDATED", "'attempt':4", 9);
            after = fold(&row, &e, docs);
            assert_int_equal(after.command == BW_NO_ACTION,
                             bw_action_answered((enum bw_action)a, after.status, true));
            assert_int_equal(after.status, BW_RUNNING);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_names),
        sample_test(test_only_commands_are_commands),
        sample_test(test_malformed),
        sample_test(test_unknown_task),
        sample_test(test_every_action_in_every_status),
        sample_test(test_the_message_is_for_people),
        sample_test(test_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

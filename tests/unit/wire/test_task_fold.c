/* The task state machine: every status × every event type × every status told, and attempts. */
#include "sample.h"

#include "wire/event_type.h"

enum { UNKNOWN = BW_N_STATUS, N_BEFORE }; /* before: each status, and no task at all */

/* What comes out: a status's letter, or one of these. */
#define STATUS_LETTERS "prhcfxt"
enum { STALE = '-', DELETED = 'd', NONE = '0', FAULT = '!' };

static struct bw_task row_before(int status)
{
    struct bw_task t = {.id = BW_STR("t"),
                        .status = status == UNKNOWN ? BW_PENDING : (enum bw_status)status,
                        .progress = 10,
                        .total_units = -1,
                        .completed_units = -1,
                        .rate = -1,
                        .eta_s = -1,
                        .attempt = 2,
                        .created_at_us = 1000000,
                        .updated_at_us = 2000000,
                        .seq = 5};
    if (t.status != BW_PENDING)
        t.started_at_us = 1500000;
    if (bw_status_is_final(t.status))
        t.finished_at_us = t.updated_at_us;
    return t;
}

static char outcome(int before, enum bw_event_kind kind, const char *members)
{
    struct bw_task row = row_before(before), after;
    const msgpack_object *docs[BW_N_DOCS];
    struct bw_fault fault = {0};
    const char *type = kind == BW_OTHER_EVENT ? "TASK_OTHER" : bw_event_kind_name(kind);
    struct bw_event e = sample_task_event(type, members, 3);
    e.topic = BW_STR("system");
    switch (bw_task_fold(before == UNKNOWN ? NULL : &row, &e, &after, docs, &fault)) {
    case BW_FOLD_APPLIED:
        return STATUS_LETTERS[after.status];
    case BW_FOLD_STALE:
        return STALE;
    case BW_FOLD_DELETED:
        return DELETED;
    case BW_FOLD_NONE:
        return NONE;
    default:
        assert_int_equal(fault.err, BW_EINVAL);
        return FAULT;
    }
}

static void check_row_of_outcomes(enum bw_event_kind kind, const char *members,
                                  const char *expected)
{
    char found[N_BEFORE + 1] = "";
    for (int before = 0; before < N_BEFORE; before++)
        found[before] = outcome(before, kind, members);
    if (strcmp(found, expected) != 0)
        fail_msg("%s {%s}: %s instead of %s", bw_event_kind_name(kind), members, found, expected);
}

/* The columns are the status before: pending running paused(h) | completed failed cancelled(x)
 * timeout | unknown. */
static void test_without_a_status_told(void **state)
{
    (void)state;
    check_row_of_outcomes(BW_TASK_CREATED, "", "prh----p");
    check_row_of_outcomes(BW_TASK_UPDATED, "", "prh----r");
    check_row_of_outcomes(BW_TASK_STATUS_CHANGED, "", "!!!----!");
    check_row_of_outcomes(BW_TASK_COMPLETED, "", "ccc----c");
    check_row_of_outcomes(BW_TASK_FAILED, "", "fff----f");
    check_row_of_outcomes(BW_TASK_DELETED, "", "ddddddd-");
    check_row_of_outcomes(BW_TASK_LOG, "", "00000000");
    check_row_of_outcomes(BW_TASK_COMMAND, "", "00000000");
    check_row_of_outcomes(BW_WORKER_HEARTBEAT, "", "00000000");
    check_row_of_outcomes(BW_OTHER_EVENT, "", "00000000");
}

static void test_with_each_status_told(void **state)
{
    (void)state;
    for (int s = 0; s < BW_N_STATUS; s++) {
        char members[64], told[N_BEFORE + 1], only[N_BEFORE + 1];
        char letter = STATUS_LETTERS[s];
        bool is_failure = s == BW_FAILED || s == BW_CANCELLED || s == BW_TIMEOUT;
        snprintf(members, sizeof members, "'status':'%s'", bw_status_name((enum bw_status)s));
        snprintf(told, sizeof told, "%c%c%c----%c", letter, letter, letter, letter);
        check_row_of_outcomes(BW_TASK_CREATED, members, told);
        check_row_of_outcomes(BW_TASK_UPDATED, members, told);
        check_row_of_outcomes(BW_TASK_STATUS_CHANGED, members, told);
        check_row_of_outcomes(BW_TASK_COMPLETED, members, s == BW_COMPLETED ? told : "!!!----!");
        snprintf(only, sizeof only, "%s", is_failure ? told : "!!!----!");
        check_row_of_outcomes(BW_TASK_FAILED, members, only);
        check_row_of_outcomes(BW_TASK_DELETED, members, "ddddddd-");
        check_row_of_outcomes(BW_TASK_LOG, members, "00000000");
    }
}

static void test_a_higher_attempt_opens_every_state(void **state)
{
    (void)state;
    check_row_of_outcomes(BW_TASK_CREATED, "'attempt':3", "pppppppp");
    check_row_of_outcomes(BW_TASK_UPDATED, "'attempt':3", "rrrrrrrr");
    check_row_of_outcomes(BW_TASK_STATUS_CHANGED, "'attempt':3,'status':'paused'", "hhhhhhhh");
    check_row_of_outcomes(BW_TASK_STATUS_CHANGED, "'attempt':3", "!!!!!!!!");
    check_row_of_outcomes(BW_TASK_COMPLETED, "'attempt':3", "cccccccc");
    check_row_of_outcomes(BW_TASK_FAILED, "'attempt':3", "ffffffff");
    check_row_of_outcomes(BW_TASK_UPDATED, "'retry_count':2", "rrrrrrrr");
}

static void test_the_same_and_an_earlier_attempt(void **state)
{
    (void)state;
    check_row_of_outcomes(BW_TASK_UPDATED, "'attempt':2", "prh----r");
    check_row_of_outcomes(BW_TASK_UPDATED, "'retry_count':1", "prh----r");
    check_row_of_outcomes(BW_TASK_UPDATED, "'attempt':1", "-------r");
    check_row_of_outcomes(BW_TASK_COMPLETED, "'attempt':1", "-------c");
    check_row_of_outcomes(BW_TASK_UPDATED, "'retry_count':0", "-------r");
    check_row_of_outcomes(BW_TASK_UPDATED, "'attempt':2,'retry_count':9", "prh----r");
    check_row_of_outcomes(BW_TASK_DELETED, "'attempt':1", "ddddddd-");
}

static void test_progress_makes_a_pending_task_run(void **state)
{
    (void)state;
    check_row_of_outcomes(BW_TASK_UPDATED, "'progress':1", "rrh----r");
    check_row_of_outcomes(BW_TASK_UPDATED, "'progress':0", "prh----r");
    check_row_of_outcomes(BW_TASK_UPDATED, "'completed_units':1", "rrh----r");
    check_row_of_outcomes(BW_TASK_UPDATED, "'completed_units':0,'total_units':9", "prh----r");
    check_row_of_outcomes(BW_TASK_UPDATED, "'progress':1,'status':'pending'", "ppp----p");
    check_row_of_outcomes(BW_TASK_CREATED, "'progress':1", "prh----p");
}

static void test_other_topics_change_nothing(void **state)
{
    (void)state;
    static const char *const topics[] = {"logs", "control", "workers", "mine"};
    for (size_t i = 0; i < 4; i++) {
        struct bw_event e = sample_task_event("TASK_COMPLETED", "", 1);
        struct bw_task after;
        const msgpack_object *docs[BW_N_DOCS];
        e.topic = bw_str(topics[i]);
        assert_int_equal(bw_task_fold(NULL, &e, &after, docs, NULL), BW_FOLD_NONE);
    }
}

static struct bw_task fold_ok(const struct bw_task *before, const struct bw_event *e,
                              const msgpack_object *docs[BW_N_DOCS])
{
    struct bw_task after;
    struct bw_fault f = {0};
    if (bw_task_fold(before, e, &after, docs, &f) != BW_FOLD_APPLIED)
        fail_msg("not applied: %s %s", f.field, f.message);
    return after;
}

static void test_aliases_imply_a_status(void **state)
{
    (void)state;
    const msgpack_object *docs[BW_N_DOCS];
    struct bw_task running = row_before(BW_RUNNING);
    struct bw_event e = sample_task_event("task-started", "", 3);
    assert_int_equal(fold_ok(NULL, &e, docs).status, BW_RUNNING);
    e = sample_task_event("task-revoked", "", 3);
    assert_int_equal(fold_ok(&running, &e, docs).status, BW_CANCELLED);
    e = sample_task_event("active", "'status':'paused'", 3); /* what is told counts more */
    assert_int_equal(fold_ok(NULL, &e, docs).status, BW_PAUSED);
}

static void test_a_retry_begins_the_next_attempt(void **state)
{
    (void)state;
    const msgpack_object *docs[BW_N_DOCS];
    struct bw_task failed = row_before(BW_FAILED), after;
    struct bw_event e = sample_task_event("task-retried", "", 3);
    after = fold_ok(&failed, &e, docs);
    assert_true(after.status == BW_PENDING && after.attempt == 3);
    assert_int_equal(fold_ok(NULL, &e, docs).attempt, 1);
    e = sample_task_event("task-retried", "'retry_count':6", 3);
    assert_int_equal(fold_ok(&failed, &e, docs).attempt, 7);
}

static void test_a_new_attempt_starts_over(void **state)
{
    (void)state;
    const msgpack_object *docs[BW_N_DOCS];
    struct bw_event e = sample_task_event(
        "TASK_CREATED",
        "'type':'import','title':'T','owner':'ann','resource':'r','queue':'q','worker':'w',"
        "'total_units':10,'completed_units':5,'step':'s','current':'c','message':'m'",
        1);
    struct bw_task t = fold_ok(NULL, &e, docs);
    e = sample_task_event("TASK_FAILED", "'error':{'type':'E','message':'boom','trace':'at x'}", 2);
    t = fold_ok(&t, &e, docs);
    assert_true(t.started_at_us == 0 && t.finished_at_us == 2000000);
    e = sample_task_event("TASK_UPDATED", "'attempt':2", 3);
    e.seq = 9;
    t = fold_ok(&t, &e, docs);
    assert_true(bw_str_is(t.type, "import") && bw_str_is(t.title, "T") &&
                bw_str_is(t.owner, "ann"));
    assert_true(bw_str_is(t.resource, "r") && bw_str_is(t.queue, "q") && bw_str_is(t.worker, "w"));
    assert_true(t.total_units == 10 && t.completed_units == -1 && t.progress == 0);
    assert_true(t.message.len == 0 && t.step.len == 0 && t.current.len == 0);
    assert_true(t.error_type.len == 0 && t.error_message.len == 0);
    assert_true(t.rate == -1 && t.eta_s == -1 && t.attempt == 2 && t.seq == 9);
    assert_true(t.created_at_us == 1000000 && t.started_at_us == 3000000);
    assert_true(t.updated_at_us == 3000000 && t.finished_at_us == 0);
    assert_int_equal(docs[BW_DOC_RESULT]->type, MSGPACK_OBJECT_NIL);
    assert_int_equal(docs[BW_DOC_TRACE]->type, MSGPACK_OBJECT_NIL);
    assert_null(docs[BW_DOC_PARAMS]);
    assert_null(docs[BW_DOC_METADATA]);
}

static void test_bad_attempts(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "'attempt':0",
        "'attempt':-1",
        "'attempt':1.5",
        "'attempt':'2'",
        "'attempt':1000001",
        "'retry_count':-1",
        "'retry_count':1000000",
        "'retry_count':[]",
        "'attempt':9223372036854775807",
        "'retry_count':9223372036854775807",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_row_of_outcomes(BW_TASK_UPDATED, bad[i], "!!!!!!!!");
    check_row_of_outcomes(BW_TASK_UPDATED, "'attempt':null,'retry_count':null", "prh----r");
    check_row_of_outcomes(BW_TASK_UPDATED, "'attempt':1000000", "rrrrrrrr");
    check_row_of_outcomes(BW_TASK_UPDATED, "'retry_count':999999", "rrrrrrrr");
    const msgpack_object *docs[BW_N_DOCS];
    struct bw_task last = row_before(BW_FAILED), after;
    struct bw_event e = sample_task_event("task-retried", "", 3);
    last.attempt = 1000000;
    assert_int_equal(bw_task_fold(&last, &e, &after, docs, NULL), BW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_without_a_status_told),
        sample_test(test_with_each_status_told),
        sample_test(test_a_higher_attempt_opens_every_state),
        sample_test(test_the_same_and_an_earlier_attempt),
        sample_test(test_progress_makes_a_pending_task_run),
        sample_test(test_other_topics_change_nothing),
        sample_test(test_aliases_imply_a_status),
        sample_test(test_a_retry_begins_the_next_attempt),
        sample_test(test_a_new_attempt_starts_over),
        sample_test(test_bad_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

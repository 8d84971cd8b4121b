/* The command in a task's row: how it gets there, how it goes, and how watchers are told. */
#include "sample.h"

static const msgpack_object *docs[BW_N_DOCS];

static int try_fold_of(const char *source, const struct bw_task *before, const char *type,
                       const char *members, struct bw_task *after)
{
    struct bw_event e = sample_task_event(type, members, 9);
    struct bw_fault fault = {0};
    e.seq = 7;
    e.source = bw_str(source);
    return bw_task_fold(before, &e, after, docs, &fault);
}

static int try_fold(const struct bw_task *before, const char *type, const char *members,
                    struct bw_task *after)
{
    return try_fold_of("host:1/w", before, type, members, after);
}

static struct bw_task fold(const struct bw_task *before, const char *type, const char *members)
{
    struct bw_task after;
    assert_int_equal(try_fold(before, type, members, &after), BW_FOLD_APPLIED);
    return after;
}

static struct bw_task asked(const struct bw_task *before, const char *action, const char *id)
{
    char members[128];
    struct bw_task after;
    snprintf(members, sizeof members, "'command':'%s','command_id':'%s'", action, id);
    assert_int_equal(try_fold_of("bus", before, "TASK_UPDATED", members, &after), BW_FOLD_APPLIED);
    return after;
}

static struct bw_task running(void)
{
    return fold(NULL, "TASK_UPDATED", "'progress':40,'worker':'w','message':'at work'");
}

static void test_a_note_changes_nothing_else(void **state)
{
    (void)state;
    struct bw_task row = running();
    struct bw_task after = asked(&row, "cancel", "c1");
    assert_int_equal(after.command, BW_CANCEL);
    assert_int_equal(after.command_at_us, 9000000);
    assert_int_equal(after.seq, 7);
    assert_int_equal(try_fold_of("bus", &row, "TASK_UPDATED",
                                 "'command':'cancel','command_id':'c1','progress':90,"
                                 "'message':'other','status':'failed'",
                                 &after),
                     BW_FOLD_APPLIED);
    assert_true(after.progress == 40 && after.status == BW_RUNNING);
    assert_true(bw_str_is(after.message, "at work"));
}

/* Producers use the word for things of their own, and workers repeat what they were asked. */
static void test_what_is_no_note(void **state)
{
    (void)state;
    static const char *const members[] = {
        "'command':'make all'",
        "'command':'cancel'",
        "'command':'make all','command_id':'c'",
        "'command':'cancel','command_id':''",
        "'command':'cancel','command_id':7",
        "'command':null,'command_id':'c'",
        "'command_id':'c'",
        "'command':'cancel','command_id':'c'",
    };
    struct bw_task row = running();
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        char with_progress[128];
        snprintf(with_progress, sizeof with_progress, "%s,'progress':50", members[i]);
        struct bw_task after = fold(&row, "TASK_UPDATED", with_progress);
        assert_int_equal(after.command, BW_NO_ACTION);
        assert_true(after.progress == 50);
        assert_int_equal(after.command_news, BW_COMMAND_AS_BEFORE);
    }
    struct bw_task after =
        fold(&row, "TASK_STATUS_CHANGED", "'status':'running','command':'cancel','command_id':'c'");
    assert_int_equal(after.command, BW_NO_ACTION);
}

static void test_a_newer_one_replaces(void **state)
{
    (void)state;
    struct bw_task row = running();
    row = asked(&row, "pause", "c1");
    row = asked(&row, "cancel", "c2");
    assert_int_equal(row.command, BW_CANCEL);
    assert_true(bw_str_is(row.command_id, "c2"));
    row = fold(&row, "TASK_UPDATED", "'progress':50");
    assert_int_equal(row.command, BW_CANCEL);
    row = fold(&row, "TASK_STATUS_CHANGED", "'status':'paused'");
    assert_int_equal(row.command, BW_CANCEL);
    row = fold(&row, "TASK_STATUS_CHANGED", "'status':'paused','command_id':'c3'");
    assert_int_equal(row.command, BW_NO_ACTION); /* c3 was done at once */
}

static void test_a_final_task_is_asked_to_try_again(void **state)
{
    (void)state;
    struct bw_task row = running();
    row = fold(&row, "TASK_FAILED", "'error':'boom'");
    int64_t finished = row.finished_at_us;
    row = asked(&row, "retry", "c1");
    assert_int_equal(row.command, BW_RETRY);
    assert_int_equal(row.status, BW_FAILED);
    assert_int_equal(row.finished_at_us, finished);
    row = fold(&row, "TASK_UPDATED", "'attempt':2,'progress':1");
    assert_int_equal(row.command, BW_NO_ACTION);
    assert_int_equal(row.command_news, BW_COMMAND_ENDED);
}

static void test_refused_and_unanswered(void **state)
{
    (void)state;
    static const char *const types[] = {"TASK_COMMAND_REFUSED", "TASK_COMMAND_UNANSWERED"};
    static const struct {
        const char *members;
        bool ends;
    } cases[] = {
        {"'action':'pause','command_id':'c1'", true},
        {"'command_id':'c1'", true},
        {"'action':'pause'", true},
        {"'action':'pause','command_id':'c0'", false},
        {"'action':'cancel'", false},
        {"", false},
    };
    struct bw_task before = running(), after;
    struct bw_task row = asked(&before, "pause", "c1");
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            int result = try_fold(&row, types[t], cases[i].members, &after);
            assert_int_equal(result, cases[i].ends ? BW_FOLD_APPLIED : BW_FOLD_STALE);
            if (!cases[i].ends)
                continue;
            assert_int_equal(after.command, BW_NO_ACTION);
            assert_int_equal(after.status, BW_RUNNING);
            assert_int_equal(after.seq, 7);
        }
        assert_int_equal(try_fold(&before, types[t], "'command_id':'c1'", &after), BW_FOLD_STALE);
        assert_int_equal(try_fold(NULL, types[t], "'command_id':'c1'", &after), BW_FOLD_STALE);
    }
}

static const char *told(const struct bw_task *row, const char *members)
{
    struct bw_event e = sample_task_event("TASK_UPDATED", members, 9);
    struct bw_buf b = {0};
    bw_event_encode(&b, &e, row);
    const msgpack_object *event = sample_unpack(bw_buf_str(&b));
    bw_buf_free(&b);
    return sample_json(bw_mp_get(event, "data"));
}

/* Every event tells of the command there is, and the one that ends it says so. */
static void test_watchers_are_told(void **state)
{
    (void)state;
    struct bw_task row = running();
    assert_null(strstr(told(&row, "'command':'make all'"), "command"));
    row = asked(&row, "cancel", "c1");
    const char *data = told(&row, "'command':'cancel','command_id':'c1'");
    assert_non_null(strstr(data, "'command':'cancel','command_at':'1970-01-01T00:00:09.000000Z',"
                                 "'command_id':'c1'"));
    row = fold(&row, "TASK_UPDATED", "'progress':41,'command_id':'c1'");
    data = told(&row, "'command':'make all','command_id':'c1'");
    assert_non_null(strstr(data, "'command':'cancel'"));
    assert_null(strstr(data, "command_id")); /* or it would be a note when it is folded again */
    assert_null(strstr(data, "make all"));
    row = fold(&row, "TASK_STATUS_CHANGED", "'status':'cancelled'");
    assert_non_null(strstr(told(&row, ""), "'command':null,'command_at':null"));
    row = fold(&row, "TASK_UPDATED", "'attempt':2");
    assert_null(strstr(told(&row, ""), "command"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_a_note_changes_nothing_else),
        sample_test(test_what_is_no_note),
        sample_test(test_a_newer_one_replaces),
        sample_test(test_a_final_task_is_asked_to_try_again),
        sample_test(test_refused_and_unanswered),
        sample_test(test_watchers_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

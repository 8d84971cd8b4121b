/* What a task event may say of each field, and what the row makes of it. */
#include <math.h>

#include "sample.h"

static const msgpack_object *docs[BW_N_DOCS];

static struct bw_task fold(const struct bw_task *before, const char *type, const char *members,
                           double at_s)
{
    struct bw_event e = sample_task_event(type, members, at_s);
    struct bw_task after;
    struct bw_fault f = {0};
    if (bw_task_fold(before, &e, &after, docs, &f) != BW_FOLD_APPLIED)
        fail_msg("%s {%s}: %s %s", type, members, f.field, f.message);
    return after;
}

static void check_refused(const char *members, const char *field, const char *why)
{
    struct bw_event e = sample_task_event("TASK_UPDATED", members, 1);
    struct bw_task after;
    struct bw_fault f = {0};
    if (bw_task_fold(NULL, &e, &after, docs, &f) != BW_EINVAL)
        fail_msg("{%s} was accepted", members);
    assert_string_equal(f.field, field);
    if (!strstr(f.message, why))
        fail_msg("\"%s\" does not say \"%s\"", f.message, why);
    assert_int_equal(bw_task_fold(NULL, &e, &after, docs, NULL), BW_EINVAL);
}

static void check_str(struct bw_str s, const char *expected)
{
    if (!bw_str_is(s, expected))
        fail_msg("\"%.*s\" instead of \"%s\"", BW_STR_ARG(s), expected);
}

static void test_a_first_event(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "TASK_CREATED", "", 1);
    check_str(t.id, "t");
    assert_true(t.attempt == 1 && t.progress == 0 && t.total_units == -1);
    assert_true(t.completed_units == -1 && t.rate == -1 && t.eta_s == -1);
    assert_true(t.created_at_us == 1000000 && t.updated_at_us == 1000000);
    assert_true(t.started_at_us == 0 && t.finished_at_us == 0);
    for (int d = 0; d < BW_N_DOCS; d++)
        assert_null(docs[d]);
}

static void test_times(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "TASK_CREATED", "", 1);
    t = fold(&t, "TASK_UPDATED", "'progress':1", 2);
    t = fold(&t, "TASK_STATUS_CHANGED", "'status':'paused'", 3);
    t = fold(&t, "TASK_STATUS_CHANGED", "'status':'running'", 4);
    assert_true(t.created_at_us == 1000000 && t.started_at_us == 2000000);
    assert_true(t.updated_at_us == 4000000 && t.finished_at_us == 0);
    t = fold(&t, "TASK_COMPLETED", "", 5);
    assert_true(t.started_at_us == 2000000 && t.finished_at_us == 5000000);
}

static void test_time_of_receipt_when_none_was_said(void **state)
{
    (void)state;
    struct bw_event e = sample_task_event("TASK_UPDATED", "", 0);
    struct bw_task t;
    e.received_at_us = 7;
    e.seq = 3;
    assert_int_equal(bw_task_fold(NULL, &e, &t, docs, NULL), BW_FOLD_APPLIED);
    assert_true(t.created_at_us == 7 && t.started_at_us == 7 && t.updated_at_us == 7 && t.seq == 3);
}

static void test_names_and_texts(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "TASK_CREATED",
                            "'type':'import','title':'Import','owner':'ann','resource':'r',"
                            "'queue':'q','worker':'w','step':'1/3','current':'a.md','message':'m'",
                            1);
    check_str(t.type, "import");
    check_str(t.title, "Import");
    check_str(t.owner, "ann");
    check_str(t.resource, "r");
    check_str(t.queue, "q");
    check_str(t.worker, "w");
    check_str(t.step, "1/3");
    check_str(t.current, "a.md");
    check_str(t.message, "m");
    t = fold(&t, "TASK_UPDATED", "", 2); /* what is not said stays */
    check_str(t.owner, "ann");
    check_str(t.step, "1/3");
    t = fold(&t, "TASK_UPDATED", "'owner':null,'step':null", 2);
    check_str(t.owner, "ann");
    check_str(t.step, "1/3");
    t = fold(&t, "TASK_UPDATED", "'owner':'','step':'','message':''", 2);
    check_str(t.owner, "ann"); /* names cannot be taken away, texts can */
    check_str(t.step, "");
    check_str(t.message, "");
}

static void test_message_of_the_event(void **state)
{
    (void)state;
    struct bw_task t;
    struct bw_event e =
        sample_event("{'event_type':'TASK_UPDATED','message':'from outside','data':{'id':'t'}}");
    assert_int_equal(bw_task_fold(NULL, &e, &t, docs, NULL), BW_FOLD_APPLIED);
    check_str(t.message, "from outside");
    t = fold(&t, "TASK_UPDATED", "", 2);
    check_str(t.message, "from outside");
    e = sample_event(
        "{'event_type':'TASK_UPDATED','message':'out','data':{'id':'t','message':'in'}}");
    assert_int_equal(bw_task_fold(&t, &e, &t, docs, NULL), BW_FOLD_APPLIED);
    check_str(t.message, "in");
}

static const char *member_of_length(const char *key, size_t len)
{
    static char text[9000];
    int n = snprintf(text, sizeof text, "'%s':'", key);
    memset(text + n, 'x', len);
    snprintf(text + (size_t)n + len, sizeof text - (size_t)n - len, "'");
    return text;
}

static struct bw_task fold_length(const char *key, size_t len)
{
    return fold(NULL, "TASK_UPDATED", member_of_length(key, len), 1);
}

static void check_too_long(const char *key, size_t len)
{
    char field[64];
    snprintf(field, sizeof field, "data.%s", key);
    check_refused(member_of_length(key, len), field, "longer than");
}

static void test_lengths(void **state)
{
    (void)state;
    assert_int_equal(fold_length("type", 128).type.len, 128);
    assert_int_equal(fold_length("queue", 128).queue.len, 128);
    assert_int_equal(fold_length("owner", 256).owner.len, 256);
    assert_int_equal(fold_length("resource", 256).resource.len, 256);
    assert_int_equal(fold_length("worker", 256).worker.len, 256);
    check_too_long("type", 129);
    check_too_long("queue", 129);
    check_too_long("owner", 257);
    check_too_long("resource", 257);
    check_too_long("worker", 257);
    assert_int_equal(fold_length("title", 1024).title.len, 1024);
    assert_int_equal(fold_length("title", 1025).title.len, 1024); /* the row keeps the beginning */
    assert_int_equal(fold_length("message", 8192).message.len, 1024);
    assert_int_equal(fold_length("step", 8192).step.len, 1024);
    assert_int_equal(fold_length("current", 8192).current.len, 1024);
    check_too_long("title", 8193);
    check_too_long("message", 8193);
    check_too_long("step", 8193);
    check_too_long("current", 8193);
    check_too_long("error", 8193);
}

static void test_progress(void **state)
{
    (void)state;
    assert_true(fold(NULL, "TASK_UPDATED", "'progress':42.5", 1).progress == 42.5);
    assert_true(fold(NULL, "TASK_UPDATED", "'progress':100", 1).progress == 100);
    assert_false(signbit(fold(NULL, "TASK_UPDATED", "'progress':-0.0", 1).progress));
    check_refused("'progress':-0.5", "data.progress", "0 to 100");
    check_refused("'progress':100.5", "data.progress", "0 to 100");
    check_refused("'progress':'50'", "data.progress", "0 to 100");
    check_refused("'progress':true", "data.progress", "0 to 100");
}

static void test_progress_counted_from_units(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "TASK_UPDATED", "'completed_units':1,'total_units':3", 1);
    assert_true(t.progress == 33.33 && t.completed_units == 1 && t.total_units == 3);
    t = fold(&t, "TASK_UPDATED", "'completed_units':2", 2);
    assert_true(t.progress == 66.66);
    t = fold(&t, "TASK_UPDATED", "'total_units':4", 3);
    assert_true(t.progress == 50);
    t = fold(&t, "TASK_UPDATED", "'completed_units':3,'progress':10", 4); /* what is told counts */
    assert_true(t.progress == 10 && t.completed_units == 3);
    t = fold(&t, "TASK_UPDATED", "'step':'x'", 5);
    assert_true(t.progress == 10);
    t = fold(&t, "TASK_UPDATED", "'completed_units':9", 6);
    assert_true(t.progress == 100);
    t = fold(NULL, "TASK_UPDATED", "'completed_units':99999,'total_units':100000", 1);
    assert_true(t.progress == 99.99); /* 100 means done */
    t = fold(NULL, "TASK_UPDATED", "'completed_units':5", 1);
    assert_true(t.progress == 0 && t.total_units == -1);
    t = fold(NULL, "TASK_UPDATED", "'completed_units':0,'total_units':0", 1);
    assert_true(t.progress == 0);
    check_refused("'total_units':-1", "data.total_units", "0 or more");
    check_refused("'completed_units':'many'", "data.completed_units", "0 or more");
    check_refused("'completed_units':1e300", "data.completed_units", "0 or more");
}

static void test_completed_is_100(void **state)
{
    (void)state;
    assert_true(fold(NULL, "TASK_COMPLETED", "'progress':7", 1).progress == 100);
    assert_true(fold(NULL, "TASK_STATUS_CHANGED", "'status':'SUCCESS'", 1).progress == 100);
    assert_true(fold(NULL, "TASK_FAILED", "'progress':7", 1).progress == 7);
}

static void test_error(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "TASK_FAILED", "'error':'it broke'", 1);
    check_str(t.error_message, "it broke");
    check_str(t.error_type, "");
    assert_null(docs[BW_DOC_TRACE]);
    t = fold(NULL, "TASK_UPDATED", "'error':{'type':'E','message':'boom','trace':'at x'}", 1);
    check_str(t.error_type, "E");
    check_str(t.error_message, "boom");
    assert_string_equal(sample_json(docs[BW_DOC_TRACE]), "'at x'");
    t = fold(&t, "TASK_UPDATED", "", 2);
    check_str(t.error_message, "boom");
    assert_null(docs[BW_DOC_TRACE]);
    t = fold(&t, "TASK_UPDATED", "'error':{'message':'other'}", 2); /* replaced as a whole */
    check_str(t.error_type, "");
    check_str(t.error_message, "other");
    assert_int_equal(docs[BW_DOC_TRACE]->type, MSGPACK_OBJECT_NIL);
    t = fold(&t, "TASK_UPDATED", "'error':null", 3);
    assert_true(t.error_type.len == 0 && t.error_message.len == 0);
    assert_int_equal(docs[BW_DOC_TRACE]->type, MSGPACK_OBJECT_NIL);
    check_refused("'error':5", "data.error", "map");
    check_refused("'error':{'type':5}", "data.error.type", "string");
    check_refused("'error':{'message':[]}", "data.error.message", "string");
    check_refused("'error':{'trace':{}}", "data.error.trace", "string");
}

static void test_docs(void **state)
{
    (void)state;
    fold(NULL, "TASK_CREATED", "'params':{'a':1},'result':[2],'metadata':'three'", 1);
    assert_string_equal(sample_json(docs[BW_DOC_PARAMS]), "{'a':1}");
    assert_string_equal(sample_json(docs[BW_DOC_RESULT]), "[2]");
    assert_string_equal(sample_json(docs[BW_DOC_METADATA]), "'three'");
    assert_null(docs[BW_DOC_TRACE]);
    fold(NULL, "TASK_CREATED", "'params':null", 1); /* takes it away */
    assert_int_equal(docs[BW_DOC_PARAMS]->type, MSGPACK_OBJECT_NIL);
    assert_null(docs[BW_DOC_RESULT]);
    struct bw_task t = fold(NULL, "TASK_CREATED", "", 1);
    fold(&t, "TASK_COMPLETED", "'attempt':2,'result':'new'", 2);
    assert_string_equal(sample_json(docs[BW_DOC_RESULT]), "'new'");
}

static void test_wrong_types(void **state)
{
    (void)state;
    static const char *const strings[] = {"type",  "title", "message", "step",     "current",
                                          "owner", "queue", "worker",  "resource", "status"};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        static const char *const values[] = {"5", "true", "[]", "{}"};
        for (size_t v = 0; v < 4; v++) {
            char members[64], field[64];
            snprintf(members, sizeof members, "'%s':%s", strings[i], values[v]);
            snprintf(field, sizeof field, "data.%s", strings[i]);
            check_refused(members, field, "must be a string");
        }
    }
    check_refused("'status':'nonsense'", "data.status", "pending, running");
    check_refused("'status':''", "data.status", "pending, running");
}

static void test_last_of_two_wins(void **state)
{
    (void)state;
    struct bw_event e = sample_task_event("TASK_UPDATED", "", 1);
    struct bw_task t;
    e.data = sample_unpack(BW_STR("\x83\xa2id\xa1t\xa8progress\x05\xa8progress\x07"));
    assert_int_equal(bw_task_fold(NULL, &e, &t, docs, NULL), BW_FOLD_APPLIED);
    assert_true(t.progress == 7);
}

/* Rate and remaining time are the bus's own; what a producer says of them is not looked at. */
static void test_what_is_ignored(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "TASK_UPDATED",
                            "'rate':'fast','eta_s':-7,'updated_at':5,'created_at':'x','seq':9,"
                            "'started_at':{},'finished_at':[],'unknown':{}",
                            1);
    assert_true(t.rate == -1 && t.eta_s == -1 && t.updated_at_us == 1000000 && t.seq == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_a_first_event),
        sample_test(test_times),
        sample_test(test_time_of_receipt_when_none_was_said),
        sample_test(test_names_and_texts),
        sample_test(test_message_of_the_event),
        sample_test(test_lengths),
        sample_test(test_progress),
        sample_test(test_progress_counted_from_units),
        sample_test(test_completed_is_100),
        sample_test(test_error),
        sample_test(test_docs),
        sample_test(test_wrong_types),
        sample_test(test_last_of_two_wins),
        sample_test(test_what_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Topics, event types, states, and what other systems call them. */
#include "unit.h"

#include "wire/alias.h"
#include "wire/event_type.h"
#include "wire/task.h"
#include "wire/topic.h"

static void test_topic_names(void **state)
{
    (void)state;
    char longest[BW_TOPIC_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_false(bw_topic_valid(bw_str(longest)));
    assert_true(bw_topic_valid((struct bw_str){longest, BW_TOPIC_MAX}));
    assert_false(bw_topic_valid((struct bw_str){0}));
    for (int c = 0; c < 256; c++) {
        char name[] = {'a', (char)c, 'b'};
        bool expected =
            c > 0 && c < 128 &&
            strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", c) != NULL;
        assert_int_equal(bw_topic_valid((struct bw_str){name, 3}), expected);
    }
    assert_false(bw_topic_valid(BW_STR(BW_TOPIC_HEAD)));
}

static void test_topic_of_type(void **state)
{
    (void)state;
    static const struct {
        const char *type, *topic;
    } cases[] = {
        {"TASK_CREATED", "system"},
        {"TASK_UPDATED", "system"},
        {"TASK_STATUS_CHANGED", "system"},
        {"TASK_FAILED", "system"},
        {"TASK_COMPLETED", "system"},
        {"TASK_DELETED", "system"},
        {"TASK_OTHER", "system"},
        {"TASK_LOG", "logs"},
        {"TASK_COMMAND", "control"},
        {"TASK_", ""},
        {"WORKER_HEARTBEAT", "workers"},
        {"WORKER_OTHER", ""},
        {"MY_EVENT", ""},
        {"task_created", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_true(bw_str_is(bw_topic_of_type(bw_str(cases[i].type)), cases[i].topic));
}

static void test_kinds(void **state)
{
    (void)state;
    for (int k = 0; k < BW_N_EVENT_KINDS; k++) {
        enum bw_event_kind kind = (enum bw_event_kind)k;
        assert_int_equal(bw_event_kind(bw_str(bw_event_kind_name(kind))), kind);
    }
    assert_int_equal(bw_event_kind(BW_STR("TASK_CREATE")), BW_OTHER_EVENT);
    assert_int_equal(bw_event_kind(BW_STR("TASK_CREATED ")), BW_OTHER_EVENT);
    assert_int_equal(bw_event_kind((struct bw_str){0}), BW_OTHER_EVENT);
    assert_null(bw_event_kind_name(BW_OTHER_EVENT));
    assert_true(bw_event_kind_folds(BW_TASK_DELETED));
    assert_false(bw_event_kind_folds(BW_TASK_LOG));
    assert_false(bw_event_kind_folds(BW_OTHER_EVENT));
}

static void test_statuses(void **state)
{
    (void)state;
    static const char *const names[BW_N_STATUS] = {"pending", "running",   "paused", "completed",
                                                   "failed",  "cancelled", "timeout"};
    for (int s = 0; s < BW_N_STATUS; s++) {
        enum bw_status back, status = (enum bw_status)s;
        assert_string_equal(bw_status_name(status), names[s]);
        assert_true(bw_status_parse(bw_str(names[s]), &back));
        assert_int_equal(back, status);
        assert_int_equal(bw_status_is_final(status), s >= BW_COMPLETED);
    }
}

static void test_status_words(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        enum bw_status status;
    } cases[] = {
        {"PENDING", BW_PENDING},    {"Queued", BW_PENDING},     {"waiting", BW_PENDING},
        {"PROCESSING", BW_RUNNING}, {"active", BW_RUNNING},     {"STARTED", BW_RUNNING},
        {"progress", BW_RUNNING},   {"SUCCESS", BW_COMPLETED},  {"FAILURE", BW_FAILED},
        {"REVOKED", BW_CANCELLED},  {"canceled", BW_CANCELLED}, {"timed_out", BW_TIMEOUT},
        {"RETRY", BW_PENDING},
    };
    enum bw_status s;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(bw_status_parse(bw_str(cases[i].word), &s));
        assert_int_equal(s, cases[i].status);
    }
    assert_false(bw_status_parse(BW_STR("runnin"), &s));
    assert_false(bw_status_parse(BW_STR("running "), &s));
    assert_false(bw_status_parse((struct bw_str){0}, &s));
}

/* Whatever an alias implies must be something that can be said without it. */
static void test_aliases_are_sound(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum bw_event_kind kind;
        const char *status;
    } cases[] = {
        {"task-received", BW_TASK_CREATED, NULL},
        {"task-started", BW_TASK_STATUS_CHANGED, "running"},
        {"task-succeeded", BW_TASK_COMPLETED, NULL},
        {"task-failed", BW_TASK_FAILED, NULL},
        {"task-retried", BW_TASK_STATUS_CHANGED, "pending"},
        {"task-revoked", BW_TASK_FAILED, "cancelled"},
        {"worker-heartbeat", BW_WORKER_HEARTBEAT, NULL},
        {"succeeded", BW_TASK_COMPLETED, NULL},
        {"failed", BW_TASK_FAILED, NULL},
        {"retried", BW_TASK_STATUS_CHANGED, "pending"},
        {"revoked", BW_TASK_FAILED, "cancelled"},
        {"active", BW_TASK_STATUS_CHANGED, "running"},
        {"stalled", BW_TASK_STATUS_CHANGED, "pending"},
        {"progress", BW_TASK_UPDATED, NULL},
        {"removed", BW_TASK_DELETED, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct bw_alias *a = bw_alias_of_type(bw_str(cases[i].name));
        enum bw_status s;
        assert_non_null(a);
        assert_int_equal(a->kind, cases[i].kind);
        assert_int_equal(bw_event_kind(bw_str(a->name)), BW_OTHER_EVENT);
        assert_int_equal(a->status != NULL, cases[i].status != NULL);
        if (a->status) {
            assert_string_equal(a->status, cases[i].status);
            assert_true(bw_status_parse(bw_str(a->status), &s));
        }
        assert_true(a->kind != BW_TASK_STATUS_CHANGED || a->status);
    }
    assert_null(bw_alias_of_type(BW_STR("TASK_UPDATED")));
    assert_null(bw_alias_of_type(BW_STR("nothing")));
    /* one that says a worker is gone must not count as its heartbeat */
    assert_null(bw_alias_of_type(BW_STR("worker-offline")));
}

static void test_docs_have_names(void **state)
{
    (void)state;
    assert_string_equal(bw_doc_name(BW_DOC_PARAMS), "params");
    assert_string_equal(bw_doc_name(BW_DOC_RESULT), "result");
    assert_string_equal(bw_doc_name(BW_DOC_METADATA), "metadata");
    assert_string_equal(bw_doc_name(BW_DOC_TRACE), "trace");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topic_names),     cmocka_unit_test(test_topic_of_type),
        cmocka_unit_test(test_kinds),           cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_status_words),    cmocka_unit_test(test_aliases_are_sound),
        cmocka_unit_test(test_docs_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

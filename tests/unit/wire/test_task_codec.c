/* Rows as msgpack and as JSON. */
#include "sample.h"

static const struct bw_task full = {
    .id = {"t", 1},
    .type = {"import", 6},
    .title = {"A <title>", 9},
    .message = {"m", 1},
    .step = {"1/2", 3},
    .current = {"c", 1},
    .owner = {"ann", 3},
    .resource = {"r", 1},
    .queue = {"q", 1},
    .worker = {"w", 1},
    .error_type = {"E", 1},
    .error_message = {"boom", 4},
    .command_id = {"c1", 2},
    .status = BW_RUNNING,
    .command = BW_CANCEL,
    .progress = 33.33,
    .total_units = 3,
    .completed_units = 1,
    .rate = 0.5,
    .eta_s = 4,
    .attempt = 2,
    .created_at_us = 1768905000000001,
    .started_at_us = 1768905000000002,
    .updated_at_us = 1768905000000003,
    .finished_at_us = 1768905000000004,
    .command_at_us = 1768905000000006,
    .seq = 18446744073709551615U,
    .rate_value = 1,
    .rate_at_us = 1768905000000005,
};

static const struct bw_task least = {
    .id = {"t", 1},
    .total_units = -1,
    .completed_units = -1,
    .rate = -1,
    .eta_s = -1,
    .attempt = 1,
};

static const msgpack_object *encoded(const struct bw_task *t)
{
    struct bw_buf b = {0};
    bw_task_encode(&b, t);
    const msgpack_object *o = sample_unpack(bw_buf_str(&b));
    bw_buf_free(&b);
    return o;
}

static void check_round(const struct bw_task *t)
{
    struct bw_task back;
    struct bw_fault f = {0};
    if (bw_task_decode(encoded(t), &back, &f) != 0)
        fail_msg("%s %s", f.field, f.message);
    assert_string_equal(sample_json(encoded(t)), sample_json(encoded(&back)));
    assert_true(bw_str_eq(t->title, back.title) && bw_str_eq(t->error_message, back.error_message));
    assert_true(t->status == back.status && t->progress == back.progress && t->rate == back.rate);
    assert_true(t->total_units == back.total_units && t->completed_units == back.completed_units);
    assert_true(t->eta_s == back.eta_s && t->attempt == back.attempt && t->seq == back.seq);
    assert_true(t->created_at_us == back.created_at_us && t->started_at_us == back.started_at_us);
    assert_true(t->updated_at_us == back.updated_at_us);
    assert_true(t->finished_at_us == back.finished_at_us);
    assert_true(t->command == back.command && t->command_at_us == back.command_at_us);
    assert_true(bw_str_eq(t->command_id, back.command_id));
    assert_true(t->rate_value == back.rate_value && t->rate_at_us == back.rate_at_us);
}

static void test_round(void **state)
{
    (void)state;
    check_round(&full);
    check_round(&least);
}

static void test_unknown_members_are_left_out(void **state)
{
    (void)state;
    assert_string_equal(sample_json(encoded(&least)),
                        "{'id':'t','status':'pending','progress':0,'attempt':1,'seq':0}");
}

static void test_decode_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *json, *field;
    } cases[] = {
        {"[]", "id"},
        {"{}", "id"},
        {"{'id':'','status':'running'}", "id"},
        {"{'id':'t'}", "status"},
        {"{'id':'t','status':'what'}", "status"},
        {"{'id':'t','status':'running','progress':'x'}", "progress"},
        {"{'id':'t','status':'running','title':5}", "title"},
        {"{'id':'t','status':'running','attempt':-5}", "attempt"},
        {"{'id':'t','status':'running','created_at':'yesterday'}", "created_at"},
        {"{'id':'t','status':'running','error':{'type':7}}", "type"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bw_task t;
        struct bw_fault f = {0};
        assert_int_equal(bw_task_decode(sample_object(cases[i].json), &t, &f), BW_EINVAL);
        assert_string_equal(f.field, cases[i].field);
        assert_int_equal(bw_task_decode(sample_object(cases[i].json), &t, NULL), BW_EINVAL);
    }
}

static const char *task_json(const struct bw_task *t, const msgpack_object *const docs[BW_N_DOCS])
{
    struct bw_buf b = {0};
    bw_task_json(&b, t, docs);
    return sample_text(&b);
}

static void test_json_of_a_list(void **state)
{
    (void)state;
    assert_string_equal(
        task_json(&full, NULL),
        "{'id':'t','type':'import','title':'A \\u003ctitle\\u003e','status':'running',"
        "'progress':33.33,'message':'m','step':'1/2','current':'c','total_units':3,"
        "'completed_units':1,'rate':0.5,'eta_s':4,'owner':'ann','resource':'r','queue':'q',"
        "'worker':'w','attempt':2,'retry_count':1,'error':{'type':'E','message':'boom'},"
        "'command':'cancel','command_at':'2026-01-20T10:30:00.000006Z',"
        "'created_at':'2026-01-20T10:30:00.000001Z','started_at':'2026-01-20T10:30:00.000002Z',"
        "'updated_at':'2026-01-20T10:30:00.000003Z','finished_at':'2026-01-20T10:30:00.000004Z',"
        "'seq':18446744073709551615}");
    assert_string_equal(
        task_json(&least, NULL),
        "{'id':'t','type':null,'title':null,'status':'pending','progress':0,'message':null,"
        "'step':null,'current':null,'total_units':null,'completed_units':null,'rate':null,"
        "'eta_s':null,'owner':null,'resource':null,'queue':null,'worker':null,'attempt':1,"
        "'retry_count':0,'error':null,'command':null,'command_at':null,'created_at':null,"
        "'started_at':null,'updated_at':null,'finished_at':null,'seq':0}");
}

static void test_json_with_docs(void **state)
{
    (void)state;
    const msgpack_object *docs[BW_N_DOCS] = {
        [BW_DOC_PARAMS] = sample_object("{'a':1}"),
        [BW_DOC_RESULT] = sample_object("[2]"),
        [BW_DOC_TRACE] = sample_object("'at x'"),
    };
    const char *json = task_json(&full, docs);
    assert_non_null(strstr(json, "'params':{'a':1},'result':[2],'metadata':null,"));
    assert_non_null(strstr(json, "'error':{'type':'E','message':'boom','trace':'at x'}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_round),          sample_test(test_unknown_members_are_left_out),
        sample_test(test_decode_refuses), sample_test(test_json_of_a_list),
        sample_test(test_json_with_docs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

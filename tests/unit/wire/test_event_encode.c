/* Writing events: plain, enriched with the row, and as JSON. */
#include "sample.h"

/* The encoded event, decoded again. */
static struct bw_event again(const struct bw_event *e, const struct bw_task *row)
{
    struct bw_buf b = {0};
    struct bw_event back;
    struct bw_fault f = {0};
    bw_event_encode(&b, e, row);
    if (bw_event_decode(sample_unpack(bw_buf_str(&b)), &back, &f) != 0)
        fail_msg("%s %s", f.field, f.message);
    bw_buf_free(&b);
    return back;
}

static void check_same(const struct bw_event *a, const struct bw_event *b)
{
    assert_true(bw_str_eq(a->id, b->id));
    assert_true(bw_str_eq(a->topic, b->topic));
    assert_true(bw_str_eq(a->event_type, b->event_type));
    assert_true(bw_str_eq(a->message, b->message));
    assert_true(bw_str_eq(a->source, b->source));
    assert_true(bw_str_eq(a->task_id, b->task_id));
    assert_ptr_equal(a->alias, b->alias);
    assert_int_equal(a->timestamp_us, b->timestamp_us);
    assert_int_equal(a->received_at_us, b->received_at_us);
    assert_true(a->seq == b->seq && a->prev == b->prev);
    assert_int_equal(a->data == NULL, b->data == NULL);
    if (a->data)
        assert_string_equal(sample_json(a->data), sample_json(b->data));
}

static void test_plain(void **state)
{
    (void)state;
    struct bw_event full = sample_event(
        "{'id':'e','topic':'mine','event_type':'X','message':'m','source':'s',"
        "'data':{'id':'t','list':[1,2.5,-3,null,true,'x',{'y':{}}]},"
        "'timestamp':'2026-01-20T10:30:00.000001Z','received_at':'2026-01-20T10:30:01Z'}");
    full.seq = UINT64_MAX;
    full.prev = UINT64_MAX - 1;
    struct bw_event back = again(&full, NULL);
    check_same(&full, &back);
    struct bw_event least = sample_event("{'event_type':'X','topic':'t'}");
    back = again(&least, NULL);
    check_same(&least, &back);
}

static void test_numbers_of_the_bus_come_with_seq(void **state)
{
    (void)state;
    struct bw_event e = sample_event("{'event_type':'X','topic':'t'}");
    e.received_at_us = 5;
    e.prev = 6;
    struct bw_event back = again(&e, NULL);
    assert_true(back.received_at_us == 0 && back.prev == 0);
    e.seq = 7;
    back = again(&e, NULL);
    assert_true(back.received_at_us == 5 && back.prev == 6 && back.seq == 7);
}

static const struct bw_task some_row = {
    .id = {"t", 1},
    .owner = {"ann", 3},
    .resource = {"novel-1", 7},
    .status = BW_RUNNING,
    .progress = 42.5,
    .total_units = -1,
    .completed_units = -1,
    .rate = 2.25,
    .eta_s = 10,
    .attempt = 3,
    .updated_at_us = 1768905000123456,
};

static void test_enriched(void **state)
{
    (void)state;
    struct bw_event e =
        sample_event("{'event_type':'TASK_UPDATED','data':{'step':'two','id':'t'}}");
    assert_string_equal(
        sample_json(again(&e, &some_row).data),
        "{'id':'t','status':'running','progress':42.5,'attempt':3,'retry_count':2,'rate':2.25,"
        "'eta_s':10,'updated_at':'2026-01-20T10:30:00.123456Z','owner':'ann','resource':'novel-1',"
        "'step':'two'}");
}

static void test_unknown_values(void **state)
{
    (void)state;
    struct bw_event e = sample_event("{'event_type':'TASK_UPDATED','data':{'id':'t'}}");
    struct bw_task row = some_row;
    row.rate = row.eta_s = -1;
    row.owner = row.resource = (struct bw_str){0};
    assert_string_equal(sample_json(again(&e, &row).data),
                        "{'id':'t','status':'running','progress':42.5,'attempt':3,'retry_count':2,"
                        "'rate':null,'eta_s':null,'updated_at':'2026-01-20T10:30:00.123456Z'}");
}

/* What the producer said of the row's own members goes, as often as it said it. */
static void test_the_row_replaces(void **state)
{
    (void)state;
    struct bw_event e = sample_event(
        "{'event_type':'TASK_UPDATED','data':{'id':'t','status':'PROCESSING','progress':1,"
        "'attempt':9,'retry_count':8,'rate':7,'eta_s':6,'updated_at':'never','owner':'bob',"
        "'resource':'r','mine':1,'idle':2,'ratel':3}}");
    const char *json = sample_json(again(&e, &some_row).data);
    static const char *const once[] = {
        "'id':",    "'status':",      "'progress':", "'attempt':",    "'rate':",
        "'eta_s':", "'retry_count':", "'owner':",    "'updated_at':", "'resource':",
        "'mine':1", "'idle':2",       "'ratel':3"};
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        const char *first = strstr(json, once[i]);
        assert_non_null(first);
        assert_null(strstr(first + 1, once[i]));
    }
    assert_non_null(strstr(json, "'status':'running'"));
    assert_non_null(strstr(json, "'owner':'ann'"));

    e.data = sample_unpack(BW_STR("\x83\xa2id\xa1t\xa6status\xa1x\xa6status\xa1y"));
    json = sample_json(again(&e, &some_row).data);
    assert_null(strstr(strstr(json, "'status'") + 1, "'status'"));
}

static void test_row_without_data(void **state)
{
    (void)state;
    struct bw_event e = sample_event("{'event_type':'TASK_UPDATED','data':{'id':'t'}}");
    e.data = NULL;
    assert_non_null(strstr(sample_json(again(&e, &some_row).data), "'progress':42.5"));
}

/* A log says whose task it is about, and nothing of how that task stands. */
static void test_a_log_is_only_told_whose_it_is(void **state)
{
    (void)state;
    struct bw_event e = sample_event(
        "{'event_type':'TASK_LOG','data':{'task_id':'t','status':'ok','owner':'eve'}}");
    assert_string_equal(sample_json(again(&e, &some_row).data),
                        "{'owner':'ann','resource':'novel-1','task_id':'t','status':'ok'}");
    struct bw_task nobodys = some_row;
    nobodys.owner = nobodys.resource = (struct bw_str){0};
    assert_string_equal(sample_json(again(&e, &nobodys).data),
                        "{'task_id':'t','status':'ok','owner':'eve'}");
}

static void test_data_beyond_16_bits_of_members(void **state)
{
    (void)state;
    enum { N = 70000 };
    struct bw_event e = sample_event("{'event_type':'TASK_UPDATED','data':{'id':'t'}}");
    struct bw_buf b = {0};
    msgpack_packer pk;
    bw_mp_packer(&pk, &b);
    msgpack_pack_map(&pk, N);
    for (int i = 0; i < N; i++) {
        bw_mp_cstr(&pk, "k");
        msgpack_pack_nil(&pk);
    }
    e.data = sample_unpack(bw_buf_str(&b));
    bw_buf_free(&b);
    struct bw_event back = again(&e, &some_row);
    assert_int_equal(back.data->via.map.size, N + 10);
}

/* Without a row, what an alias implies must not be lost on the way to the bus. */
static void test_alias(void **state)
{
    (void)state;
    struct bw_event e = sample_event("{'event_type':'task-retried','data':{'id':'t'}}");
    struct bw_event back = again(&e, NULL);
    check_same(&e, &back);
    back = again(&e, &some_row);
    assert_true(bw_str_is(back.event_type, "TASK_STATUS_CHANGED"));
    assert_null(back.alias);
    e = sample_event("{'event_type':'removed','data':{'id':'t'}}");
    back = again(&e, NULL); /* it implies nothing, so ours is written */
    assert_true(bw_str_is(back.event_type, "TASK_DELETED"));
    assert_null(back.alias);
}

static void test_json(void **state)
{
    (void)state;
    struct bw_buf out = {0};
    struct bw_event e =
        sample_event("{'id':'e','topic':'mine','event_type':'X','message':'a<b','source':'s',"
                     "'data':{'k':[1]},'timestamp':'2026-01-20T10:30:00Z'}");
    e.seq = 123;
    bw_event_json(&out, &e, 0x1f0c22aa);
    assert_string_equal(sample_text(&out),
                        "'topic':'mine','event_type':'X','message':'a\\u003cb','data':{'k':[1]},"
                        "'source':'s','timestamp':'2026-01-20T10:30:00.000000Z',"
                        "'cursor':'1f0c22aa.123','id':'e'");
    e = sample_event("{'event_type':'X','topic':'t'}");
    bw_event_json(&out, &e, 0);
    assert_string_equal(sample_text(&out),
                        "'topic':'t','event_type':'X','message':'','data':{},'source':'',"
                        "'timestamp':null,'cursor':'00000000.0','id':''");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_plain),
        sample_test(test_numbers_of_the_bus_come_with_seq),
        sample_test(test_enriched),
        sample_test(test_unknown_values),
        sample_test(test_the_row_replaces),
        sample_test(test_row_without_data),
        sample_test(test_a_log_is_only_told_whose_it_is),
        sample_test(test_data_beyond_16_bits_of_members),
        sample_test(test_alias),
        sample_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Reading events: what is filled in, what is refused and how that is said. */
#include "sample.h"

#include "wire/alias.h"

static void check_str(struct bw_str s, const char *expected)
{
    if (!bw_str_is(s, expected))
        fail_msg("\"%.*s\" instead of \"%s\"", BW_STR_ARG(s), expected);
}

static void check_object_refused(const msgpack_object *o, const char *field, const char *why)
{
    struct bw_event e = {.seq = 77};
    struct bw_fault f = {0};
    assert_int_equal(bw_event_decode(o, &e, &f), BW_EINVAL);
    assert_string_equal(f.field, field);
    if (!strstr(f.message, why))
        fail_msg("\"%s\" does not say \"%s\"", f.message, why);
    assert_int_equal(e.seq, 77);
    assert_int_equal(bw_event_decode(o, &e, NULL), BW_EINVAL);
}

static void check_refused(const char *json, const char *field, const char *why)
{
    check_object_refused(sample_object(json), field, why);
}

static void test_everything(void **state)
{
    (void)state;
    struct bw_event e = sample_event(
        "{'id':'e1','topic':'system','event_type':'TASK_UPDATED','message':'m','source':'host:1/w',"
        "'data':{'id':'t1','progress':5},'timestamp':'2026-01-20T10:30:00.123456Z','unknown':[1],"
        "'received_at':'2026-01-20T10:30:01Z','seq':9,'prev':7}");
    check_str(e.id, "e1");
    check_str(e.topic, "system");
    check_str(e.event_type, "TASK_UPDATED");
    check_str(e.message, "m");
    check_str(e.source, "host:1/w");
    check_str(e.task_id, "t1");
    assert_int_equal(e.data->via.map.size, 2);
    assert_int_equal(e.timestamp_us, 1768905000123456);
    assert_int_equal(e.received_at_us, 1768905001000000);
    assert_int_equal(e.seq, 9);
    assert_int_equal(e.prev, 7);
    assert_null(e.alias);
}

static void test_what_may_be_missing(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "{'topic':'mine','event_type':'X'}",
        "{'topic':'mine','event_type':'X','id':null,'message':null,'source':null,'data':null,"
        "'timestamp':null,'received_at':null,'seq':null,'prev':null}",
        "{'topic':'mine','event_type':'X','id':'','message':'','source':''}",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct bw_event e = sample_event(forms[i]);
        assert_int_equal(e.id.len + e.message.len + e.source.len + e.task_id.len, 0);
        assert_null(e.data);
        assert_true(e.timestamp_us == 0 && e.received_at_us == 0 && e.seq == 0 && e.prev == 0);
    }
}

static void test_topics_of_their_own(void **state)
{
    (void)state;
    check_str(sample_event("{'event_type':'TASK_CREATED','data':{'id':'a'}}").topic, "system");
    check_str(sample_event("{'event_type':'TASK_LOG','data':{'id':'a'}}").topic, "logs");
    check_str(sample_event("{'event_type':'TASK_COMMAND','data':{'id':'a'}}").topic, "control");
    check_str(sample_event("{'event_type':'WORKER_HEARTBEAT'}").topic, "workers");
    check_str(sample_event("{'event_type':'TASK_CREATED','topic':'mine'}").topic, "mine");
    check_refused("{'event_type':'MY_EVENT'}", "topic", "required");
}

static void test_bad_members(void **state)
{
    (void)state;
    check_object_refused(sample_object("[]"), "", "map");
    check_object_refused(sample_object("'x'"), "", "map");
    check_refused("{}", "event_type", "required");
    check_refused("{'event_type':''}", "event_type", "required");
    check_refused("{'event_type':5}", "event_type", "string");
    check_refused("{'event_type':'X','topic':'a b'}", "topic", "letters");
    check_refused("{'event_type':'X','topic':'$head'}", "topic", "letters");
    check_refused("{'event_type':'X','topic':'t','id':5}", "id", "string");
    check_refused("{'event_type':'X','topic':'t','message':{}}", "message", "string");
    check_refused("{'event_type':'X','topic':'t','source':[]}", "source", "string");
    check_refused("{'event_type':'X','topic':'t','data':[]}", "data", "map");
    check_refused("{'event_type':'X','topic':'t','data':'x'}", "data", "map");
    check_refused("{'event_type':'X','topic':'t','timestamp':1768905000}", "timestamp", "RFC 3339");
    check_refused("{'event_type':'X','topic':'t','timestamp':'now'}", "timestamp", "RFC 3339");
    check_refused("{'event_type':'X','topic':'t','received_at':true}", "received_at", "RFC 3339");
    check_refused("{'event_type':'X','topic':'t','seq':-1}", "seq", "whole number");
    check_refused("{'event_type':'X','topic':'t','prev':'1'}", "prev", "whole number");
    check_refused("{'event_type':'X\\n','topic':'t'}", "event_type", "control");
    check_refused("{'event_type':'X','topic':'t','id':'a\\r\\nb'}", "id", "control");
    check_refused("{'event_type':'X','topic':'t','source':'a\\tb'}", "source", "control");
}

static void test_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *format, *field;
        int max;
    } cases[] = {
        {"{'event_type':'X','topic':'t','id':'%0*d'}", "id", BW_EVENT_ID_MAX},
        {"{'event_type':'%0*d','topic':'t'}", "event_type", BW_EVENT_TYPE_MAX},
        {"{'event_type':'X','topic':'%0*d'}", "topic", 128},
        {"{'event_type':'X','topic':'t','source':'%0*d'}", "source", BW_EVENT_SOURCE_MAX},
        {"{'event_type':'TASK_LOG','data':{'id':'%0*d'}}", "data.id", BW_TASK_ID_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char json[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(json, sizeof json, cases[i].format, cases[i].max, 0);
        sample_event(json);
        snprintf(json, sizeof json, cases[i].format, cases[i].max + 1, 0);
#pragma GCC diagnostic pop
        check_refused(json, cases[i].field, "at most");
    }
}

static void test_task_id(void **state)
{
    (void)state;
    check_str(sample_event("{'event_type':'TASK_UPDATED','data':{'task_id':'b'}}").task_id, "b");
    check_str(sample_event("{'event_type':'TASK_UPDATED','data':{'id':'a','task_id':'b'}}").task_id,
              "a");
    check_str(sample_event("{'event_type':'TASK_LOG','data':{'id':'a','task_id':'b'}}").task_id,
              "b");
    check_str(sample_event("{'event_type':'TASK_LOG','data':{'id':'a'}}").task_id, "a");
    check_refused("{'event_type':'TASK_UPDATED'}", "data.id", "required");
    check_refused("{'event_type':'TASK_UPDATED','data':{}}", "data.id", "required");
    check_refused("{'event_type':'TASK_UPDATED','data':{'id':''}}", "data.id", "required");
    check_refused("{'event_type':'TASK_UPDATED','data':{'id':5}}", "data.id", "string");
    check_refused("{'event_type':'TASK_UPDATED','data':{'id':'a\\nb'}}", "data.id", "control");
    check_refused("{'event_type':'TASK_LOG','data':{}}", "data.id", "required");
    check_str(sample_event("{'event_type':'TASK_LOG','data':{'id':'a','task_id':''}}").task_id,
              "a");
    /* elsewhere it is looked for, and may be anything */
    check_str(sample_event("{'event_type':'X','topic':'t','data':{'id':'a','task_id':''}}").task_id,
              "a");
    check_str(sample_event("{'event_type':'X','topic':'t','data':{'id':'a','task_id':7}}").task_id,
              "a");
    check_str(sample_event("{'event_type':'X','topic':'t','data':{'id':'a'}}").task_id, "a");
    check_str(sample_event("{'event_type':'X','topic':'t','data':{'id':5}}").task_id, "");
    check_str(sample_event("{'event_type':'X','topic':'t','data':{'id':'a\\nb'}}").task_id, "");
    check_str(sample_event("{'event_type':'TASK_UPDATED','topic':'t','data':{'id':[]}}").task_id,
              "");
    check_str(sample_event("{'event_type':'X','topic':'system','data':{'id':5}}").task_id, "");
}

static void test_bad_data(void **state)
{
    (void)state;
    check_object_refused(sample_unpack(BW_STR("\x83\xaa"
                                              "event_type\xa1X\xa5topic\xa1t\xa4"
                                              "data\x81\xa1k\xa1\xff")),
                         "data.k", "UTF-8");
    check_object_refused(sample_unpack(BW_STR("\x83\xaa"
                                              "event_type\xa1X\xa5topic\xa1t\xa4"
                                              "data\x81\xa1k\x81\xa1\xff\x01")),
                         "data.k", "UTF-8");
    check_object_refused(sample_unpack(BW_STR("\x83\xaa"
                                              "event_type\xa1X\xa5topic\xa1t\xa4"
                                              "data\x81\xa1\xff\x01")),
                         "data", "key");
    check_object_refused(sample_unpack(BW_STR("\x83\xaa"
                                              "event_type\xa1X\xa5topic\xa1t\xa4"
                                              "data\x81\x05\x01")),
                         "data", "key");
    check_object_refused(sample_unpack(BW_STR("\x83\xaa"
                                              "event_type\xa1X\xa5topic\xa1t\xa4"
                                              "data\x81\xa1k\x91\x81\x05\x01")),
                         "data.k", "not a string");
    check_object_refused(sample_unpack(BW_STR("\x83\xaa"
                                              "event_type\xa1X\xa5topic\xa1t\xa4"
                                              "data\x81\xa2k\0\x01")),
                         "data", "NUL");
    check_object_refused(sample_unpack(BW_STR("\x82\xaa"
                                              "event_type\xa1\xff\xa5topic\xa1t")),
                         "event_type", "UTF-8");
    check_object_refused(sample_unpack(BW_STR("\x83\xaa"
                                              "event_type\xa1X\xa5topic\xa1t\xa7message\xa1\xff")),
                         "message", "UTF-8");
}

/* A long key with characters of several bytes is cut to fit the fault's field, and stays UTF-8. */
static void test_fault_of_a_long_key(void **state)
{
    (void)state;
    struct bw_fault f = {0};
    struct bw_event e;
    struct bw_buf b = {0};
    msgpack_packer pk;
    char key[101] = "";
    for (int i = 0; i < 50; i++)
        memcpy(key + 2 * i, "\xc3\xa4", 3);
    bw_mp_packer(&pk, &b);
    msgpack_pack_map(&pk, 3);
    bw_mp_cstr(&pk, "event_type");
    bw_mp_cstr(&pk, "X");
    bw_mp_cstr(&pk, "topic");
    bw_mp_cstr(&pk, "t");
    bw_mp_cstr(&pk, "data");
    msgpack_pack_map(&pk, 1);
    bw_mp_cstr(&pk, key);
    bw_mp_cstr(&pk, "\xff");
    assert_int_equal(bw_event_decode(sample_unpack(bw_buf_str(&b)), &e, &f), BW_EINVAL);
    assert_int_equal(strlen(f.field), 63);
    assert_memory_equal(f.field, "data.\xc3\xa4", 7);
    bw_buf_free(&b);
}

static void test_depth(void **state)
{
    (void)state;
    char json[200];
    for (int depth = 1; depth <= BW_EVENT_DEPTH_MAX + 1; depth++) {
        int n = snprintf(json, sizeof json, "{'event_type':'X','topic':'t','data':{'deep':");
        for (int i = 1; i < depth; i++)
            json[n++] = '[';
        json[n++] = '1';
        for (int i = 1; i < depth; i++)
            json[n++] = ']';
        snprintf(json + n, sizeof json - (size_t)n, "}}");
        if (depth <= BW_EVENT_DEPTH_MAX)
            sample_event(json);
        else
            check_refused(json, "data.deep", "too deeply");
    }
}

static void test_last_of_two_wins(void **state)
{
    (void)state;
    struct bw_event e;
    assert_int_equal(bw_event_decode(sample_unpack(BW_STR("\x84\xaa"
                                                          "event_type\xa1X\xa5topic\xa1t\xa2id\xa1"
                                                          "a\xa2id\xa1"
                                                          "b")),
                                     &e, NULL),
                     0);
    check_str(e.id, "b");
}

static void test_aliases(void **state)
{
    (void)state;
    struct bw_event e = sample_event("{'event_type':'task-revoked','data':{'id':'a'}}");
    check_str(e.event_type, "TASK_FAILED");
    check_str(e.topic, "system");
    assert_string_equal(e.alias->name, "task-revoked");
    e = sample_event("{'event_type':'active','topic':'system','data':{'id':'a'}}");
    check_str(e.event_type, "TASK_STATUS_CHANGED");
    check_str(sample_event("{'event_type':'worker-heartbeat'}").topic, "workers");
    check_refused("{'event_type':'active'}", "data.id", "required");
}

/* On a topic of one's own, any word means what one likes. */
static void test_no_alias_on_other_topics(void **state)
{
    (void)state;
    struct bw_event e = sample_event("{'event_type':'active','topic':'doors','data':{'id':5}}");
    check_str(e.event_type, "active");
    assert_null(e.alias);
    e = sample_event("{'event_type':'worker-heartbeat','topic':'system'}");
    check_str(e.event_type, "worker-heartbeat");
    assert_null(e.alias);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_everything),
        sample_test(test_what_may_be_missing),
        sample_test(test_topics_of_their_own),
        sample_test(test_bad_members),
        sample_test(test_bounds),
        sample_test(test_task_id),
        sample_test(test_bad_data),
        sample_test(test_fault_of_a_long_key),
        sample_test(test_depth),
        sample_test(test_last_of_two_wins),
        sample_test(test_aliases),
        sample_test(test_no_alias_on_other_topics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Requests: reading, writing, and what is refused. */
#include "sample.h"

#include "wire/rpc.h"

static struct bw_rpc_request request(const char *json)
{
    struct bw_rpc_request q;
    struct bw_fault f = {0};
    if (bw_rpc_request_decode(sample_object(json), &sample_zone, &q, &f) != 0)
        fail_msg("%s: %s %s", json, f.field, f.message);
    return q;
}

static const char *encoded(const struct bw_rpc_request *q)
{
    struct bw_buf b = {0};
    bw_rpc_request_encode(&b, q);
    const char *json = sample_json(sample_unpack(bw_buf_str(&b)));
    bw_buf_free(&b);
    return json;
}

static void check_refused(const char *json, int err, const char *field)
{
    struct bw_rpc_request q = {.limit = 77};
    struct bw_fault f = {0};
    int found = bw_rpc_request_decode(sample_object(json), &sample_zone, &q, &f);
    if (found != err || strcmp(f.field, field) != 0)
        fail_msg("%s: %d %s (%s)", json, found, f.field, f.message);
    assert_int_equal(f.err, err);
    assert_true(strlen(f.message) > 0);
    assert_int_equal(q.limit, 77);
    assert_int_equal(bw_rpc_request_decode(sample_object(json), &sample_zone, &q, NULL), err);
}

/* What is read, written again, is the same; text is what it looks like then. */
static void check_round(const char *json, const char *text)
{
    struct bw_rpc_request q = request(json);
    assert_string_equal(encoded(&q), text);
    q = request(text);
    assert_string_equal(encoded(&q), text);
}

static void test_rounds(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{'v':1,'op':'events','topics':['system'],'after':'oldest'}",
        "{'v':1,'op':'events','topics':['a','b'],'after':'1f0c22aa.5','limit':7,'up_to':9,"
        "'task_ids':['t'],'owners':['o'],'resources':['r'],'event_types':['X','Y']}",
        "{'v':1,'op':'events','topics':['a'],'after':'latest'}",
        "{'v':1,'op':'tasks','limit':3,'id':['i'],'type':['t'],'owner':['o'],'resource':['r'],"
        "'queue':['q'],'status':['running','failed'],'q':'text','sort':'created_at',"
        "'ascending':true,'page':'token'}",
        "{'v':1,'op':'tasks','sort':'updated_at','ascending':false}",
        "{'v':1,'op':'task','task_id':'t'}",
        "{'v':1,'op':'logs','after':'oldest','limit':1000,'task_id':'t','level':'warning'}",
        "{'v':1,'op':'logs','after':'oldest','before':'latest','level':'error','text':'Größe'}",
        "{'v':1,'op':'logs','after':'oldest','before':'latest','limit':9,'task_id':'t'}",
        "{'v':1,'op':'logs','after':'oldest','before':'1f0c22aa.5','task_id':'t'}",
        "{'v':1,'op':'task','known':'1f0c22aa.5','task_id':'t'}",
        "{'v':1,'op':'changed','after':'1f0c22aa.0','limit':5,'owner':['ann']}",
        "{'v':1,'op':'values','limit':5,'field':'owner','prefix':'an'}",
        "{'v':1,'op':'values','field':'worker'}",
        "{'v':1,'op':'workers','limit':5}",
        "{'v':1,'op':'stats'}",
        "{'v':1,'op':'history','limit':9,'series':['a'],'step_s':120}",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        check_round(same[i], same[i]);
}

static void test_short_forms(void **state)
{
    (void)state;
    check_round("{'v':1,'op':'events'}",
                "{'v':1,'op':'events','topics':['system'],'after':'oldest'}");
    check_round("{'v':1,'op':'events','topics':'logs','task_ids':'t','unknown':5,'limit':null}",
                "{'v':1,'op':'events','topics':['logs'],'after':'oldest','task_ids':['t']}");
    check_round("{'v':1,'op':'tasks','status':['PROCESSING','success']}",
                "{'v':1,'op':'tasks','status':['running','completed'],'sort':'updated_at',"
                "'ascending':false}");
    /* members of other verbs are not looked at */
    check_round("{'v':1,'op':'stats','limit':-5,'topics':7}", "{'v':1,'op':'stats'}");
}

static void test_publish(void **state)
{
    (void)state;
    struct bw_rpc_request q = request("{'v':1,'op':'publish','events':[{},{}]}");
    assert_int_equal(q.op, BW_RPC_PUBLISH);
    assert_int_equal(q.events->via.array.size, 2);
    struct bw_buf b = {0};
    bw_rpc_publish_begin(&b, 1);
    bw_buf_puts(&b, BW_STR("\x80"));
    struct bw_fault f = {0};
    assert_int_equal(bw_rpc_request_decode(sample_unpack(bw_buf_str(&b)), &sample_zone, &q, &f), 0);
    assert_int_equal(q.events->via.array.size, 1);
    bw_buf_free(&b);
    bw_rpc_publish_begin(&b, BW_BATCH_EVENTS_MAX + 1);
    for (int i = 0; i <= BW_BATCH_EVENTS_MAX; i++)
        bw_buf_puts(&b, BW_STR("\x80"));
    assert_int_equal(bw_rpc_request_decode(sample_unpack(bw_buf_str(&b)), &sample_zone, &q, &f),
                     BW_EINVAL);
    assert_string_equal(f.field, "events");
    bw_buf_free(&b);
}

static void test_refused(void **state)
{
    (void)state;
    check_refused("[]", BW_EINVAL, "");
    check_refused("{}", BW_EVERSION, "v");
    check_refused("{'op':'stats'}", BW_EVERSION, "v");
    check_refused("{'v':2,'op':'stats'}", BW_EVERSION, "v");
    check_refused("{'v':'1','op':'stats'}", BW_EINVAL, "v");
    check_refused("{'v':1}", BW_EUNSUPPORTED, "op");
    check_refused("{'v':1,'op':'drop'}", BW_EUNSUPPORTED, "op");
    check_refused("{'v':1,'op':5}", BW_EINVAL, "op");
    check_refused("{'v':1,'op':'publish'}", BW_EINVAL, "events");
    check_refused("{'v':1,'op':'history','step_s':7}", BW_EINVAL, "step_s");
    check_refused("{'v':1,'op':'values'}", BW_EINVAL, "field");
    check_refused("{'v':1,'op':'values','field':'title'}", BW_EINVAL, "field");
    check_refused("{'v':1,'op':'values','field':'type','prefix':3}", BW_EINVAL, "prefix");
    check_refused("{'v':1,'op':'publish','events':[]}", BW_EINVAL, "events");
    check_refused("{'v':1,'op':'publish','events':{}}", BW_EINVAL, "events");
    check_refused("{'v':1,'op':'events','after':'yesterday'}", BW_EINVAL, "after");
    check_refused("{'v':1,'op':'events','after':5}", BW_EINVAL, "after");
    check_refused("{'v':1,'op':'logs','task_id':'t','before':'first'}", BW_EINVAL, "before");
    check_refused("{'v':1,'op':'tasks','known':'some'}", BW_EINVAL, "known");
    check_refused("{'v':1,'op':'events','after':'1f0c22aa.123456789012345678901'}", BW_EINVAL,
                  "after");
    check_refused("{'v':1,'op':'events','topics':['a b']}", BW_EINVAL, "topics");
    check_refused("{'v':1,'op':'events','topics':[5]}", BW_EINVAL, "topics");
    check_refused("{'v':1,'op':'events','topics':{}}", BW_EINVAL, "topics");
    check_refused("{'v':1,'op':'events','topics':[]}", BW_EINVAL, "topics");
    check_refused("{'v':1,'op':'events','owners':[]}", BW_EINVAL, "owners");
    check_refused("{'v':1,'op':'events','owners':true}", BW_EINVAL, "owners");
    check_refused("{'v':1,'op':'events','limit':1001}", BW_EINVAL, "limit");
    check_refused("{'v':1,'op':'events','limit':-1}", BW_EINVAL, "limit");
    check_refused("{'v':1,'op':'events','up_to':'x'}", BW_EINVAL, "up_to");
    check_refused("{'v':1,'op':'task'}", BW_EINVAL, "task_id");
    check_refused("{'v':1,'op':'task','task_id':''}", BW_EINVAL, "task_id");
    check_refused("{'v':1,'op':'logs','task_id':'t','level':'loud'}", BW_EINVAL, "level");
    check_refused("{'v':1,'op':'tasks','status':['nonsense']}", BW_EINVAL, "status");
    check_refused("{'v':1,'op':'tasks','sort':'title'}", BW_EINVAL, "sort");
    check_refused("{'v':1,'op':'tasks','ascending':1}", BW_EINVAL, "ascending");
    check_refused("{'v':1,'op':'tasks','page':5}", BW_EINVAL, "page");
}

static void test_sizes_of_sets(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    for (int n = BW_FILTER_VALUES_MAX; n <= BW_FILTER_VALUES_MAX + 1; n++) {
        bw_buf_puts(&b, BW_STR("{'v':1,'op':'events','task_ids':['0'"));
        for (int i = 1; i < n; i++)
            bw_buf_printf(&b, ",'%d'", i);
        bw_buf_printf(&b, "]}%c", 0);
        if (n == BW_FILTER_VALUES_MAX)
            assert_int_equal(request(b.data).task_ids.n, n);
        else
            check_refused(b.data, BW_EINVAL, "task_ids");
        bw_buf_reset(&b);
    }
    bw_buf_printf(&b, "{'v':1,'op':'events','owners':'%0256d'}%c", 0, 0);
    assert_int_equal(request(b.data).owners.v[0].len, 256);
    bw_buf_reset(&b);
    bw_buf_printf(&b, "{'v':1,'op':'events','owners':'%0257d'}%c", 0, 0);
    check_refused(b.data, BW_EINVAL, "owners");
    bw_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_rounds),  sample_test(test_short_forms),   sample_test(test_publish),
        sample_test(test_refused), sample_test(test_sizes_of_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

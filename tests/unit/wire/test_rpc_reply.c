/* Answers: errors, and what became of published events. */
#include "sample.h"

#include "wire/rpc.h"

static const msgpack_object *kept(struct bw_buf *b)
{
    const msgpack_object *o = sample_unpack(bw_buf_str(b));
    bw_buf_free(b);
    return o;
}

static void test_errors(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_fault in, out = {0};
#define X(name, value, code, text)                                                                 \
    bw_fault(&in, name, "data.x", "what is wrong with %s", code);                                  \
    bw_rpc_error_encode(&b, &in);                                                                  \
    assert_int_equal(bw_rpc_reply_check(kept(&b), &out), name);                                    \
    assert_int_equal(out.err, name);                                                               \
    assert_string_equal(out.field, "data.x");                                                      \
    assert_string_equal(out.message, in.message);
    BW_ERRORS(X)
#undef X
    bw_fault(&in, BW_EIO, "", "%s", ""); /* a fault without words gets some */
    bw_rpc_error_encode(&b, &in);
    assert_string_equal(sample_json(kept(&b)),
                        "{'ok':false,'code':'io','message':'input/output error'}");
}

static void test_check(void **state)
{
    (void)state;
    struct bw_fault f = {0};
    assert_int_equal(bw_rpc_reply_check(sample_object("{'ok':true,'x':1}"), &f), 0);
    assert_int_equal(bw_rpc_reply_check(sample_object("{'ok':true}"), NULL), 0);
    assert_int_equal(bw_rpc_reply_check(sample_object("{}"), &f), BW_EPROTO);
    assert_int_equal(bw_rpc_reply_check(sample_object("[]"), &f), BW_EPROTO);
    assert_int_equal(bw_rpc_reply_check(sample_object("{'ok':1}"), &f), BW_EPROTO);
    assert_int_equal(bw_rpc_reply_check(sample_object("{'ok':false}"), &f), BW_EINTERNAL);
    assert_int_equal(bw_rpc_reply_check(sample_object("{'ok':false,'code':'new_word'}"), &f),
                     BW_EINTERNAL);
    assert_int_equal(bw_rpc_reply_check(sample_object("{'ok':false,'code':'busy'}"), NULL),
                     BW_EBUSY);
}

/* Whatever a peer sends as code, field and message is cut to what a fault holds, and stays UTF-8.
 */
static void test_long_words(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_fault f = {0};
    struct bw_mp_map m;
    char big[2001];
    for (int i = 0; i < 1000; i++)
        memcpy(big + 2 * i, "\xc3\xa4", 3);
    bw_mp_map_begin(&m, &b);
    bw_mp_put_bool(&m, "ok", false);
    bw_mp_put_cstr(&m, "code", big);
    bw_mp_put_cstr(&m, "message", big);
    bw_mp_put_cstr(&m, "field", big);
    bw_mp_map_end(&m);
    assert_int_equal(bw_rpc_reply_check(kept(&b), &f), BW_EINTERNAL);
    assert_int_equal(strlen(f.field), 62);
    assert_int_equal(strlen(f.message), 190);
}

static void check_result(const struct bw_publish_result *in, const char *json)
{
    struct bw_buf b = {0};
    struct bw_publish_result out;
    bw_rpc_publish_result_encode(&b, in);
    const msgpack_object *o = kept(&b);
    assert_string_equal(sample_json(o), json);
    assert_int_equal(bw_rpc_publish_result_decode(o, &out), 0);
    assert_true(bw_str_eq(in->id, out.id) && in->seq == out.seq);
    assert_true(in->duplicate == out.duplicate && in->stale == out.stale);
    assert_int_equal(in->fault.err, out.fault.err);
    if (in->fault.err) {
        assert_string_equal(in->fault.field, out.fault.field);
        assert_string_equal(in->fault.message, out.fault.message);
    }
}

static void test_publish_results(void **state)
{
    (void)state;
    struct bw_publish_result stored = {.id = BW_STR("a"), .seq = UINT64_MAX};
    struct bw_publish_result again = {.id = BW_STR("a"), .seq = 5, .duplicate = true};
    struct bw_publish_result stale = {.id = BW_STR("a"), .stale = true};
    struct bw_publish_result refused = {.id = BW_STR("a")};
    bw_fault(&refused.fault, BW_EINVAL, "data.id", "is required");
    check_result(&stored, "{'id':'a','seq':18446744073709551615}");
    check_result(&again, "{'id':'a','seq':5,'duplicate':true}");
    check_result(&stale, "{'id':'a','applied':false,'reason':'stale'}");
    check_result(&refused, "{'id':'a','error':{'code':'invalid','message':'is required',"
                           "'field':'data.id'}}");
}

static void test_bad_publish_results(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]", "5", "{'id':5}", "{'seq':-1}", "{'duplicate':'yes'}", "{'reason':7}"};
    struct bw_publish_result out;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(bw_rpc_publish_result_decode(sample_object(bad[i]), &out), BW_EPROTO);
    assert_int_equal(bw_rpc_publish_result_decode(sample_object("{'error':5}"), &out), 0);
    assert_int_equal(out.fault.err, BW_EINTERNAL);
}

static void test_publish_reply(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_publish_result stored = {.id = BW_STR("a"), .seq = 1};
    bw_rpc_publish_reply_begin(&b, UINT32_MAX, 2);
    bw_rpc_publish_result_encode(&b, &stored);
    bw_rpc_publish_result_encode(&b, &stored);
    const msgpack_object *o = kept(&b);
    assert_string_equal(sample_json(o), "{'ok':true,'epoch':4294967295,"
                                        "'results':[{'id':'a','seq':1},{'id':'a','seq':1}]}");
    assert_int_equal(bw_rpc_reply_check(o, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_errors),
        sample_test(test_check),
        sample_test(test_long_words),
        sample_test(test_publish_results),
        sample_test(test_bad_publish_results),
        sample_test(test_publish_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

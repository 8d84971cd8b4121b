/* Messages of the bus to its subscribers. */
#include "sample.h"

#include "wire/pub.h"

static void test_events(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_pub pub;
    bw_pub_begin(&b, BW_STR("logs"), 0x1f0c22aa, UINT64_MAX, 2);
    bw_buf_puts(&b, BW_STR("\x80\x81\xa1k\x05"));
    assert_memory_equal(b.data, "logs\0", 5); /* what a subscriber's prefix matches */
    assert_int_equal(bw_pub_decode(bw_buf_str(&b), &sample_zone, &pub), 0);
    assert_true(bw_str_is(pub.topic, "logs"));
    assert_int_equal(pub.epoch, 0x1f0c22aa);
    assert_true(pub.prev == UINT64_MAX);
    assert_null(pub.heads);
    assert_string_equal(sample_json(pub.events), "[{},{'k':5}]");
    bw_buf_free(&b);
}

static void test_heartbeat(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_pub pub;
    bw_pub_head_begin(&b, 7, 0, 1);
    bw_buf_puts(&b, BW_STR("\xa6system\x05"));
    assert_int_equal(bw_pub_decode(bw_buf_str(&b), &sample_zone, &pub), 0);
    assert_true(bw_str_is(pub.topic, "$head") && pub.epoch == 7);
    assert_null(pub.events);
    assert_string_equal(sample_json(pub.heads), "{'system':5}");
    bw_buf_reset(&b);
    bw_pub_head_begin(&b, 7, 9, 0);
    assert_int_equal(bw_pub_decode(bw_buf_str(&b), &sample_zone, &pub), 0);
    assert_int_equal(pub.heads->via.map.size, 0);
    assert_int_equal(pub.head, 9);
    bw_buf_free(&b);
}

static int decode(const char *topic, const char *json)
{
    struct bw_buf b = {0};
    struct bw_pub pub;
    char *text = (char *)sample_keep(bw_str(json)).ptr;
    for (char *p = text; *p; p++)
        *p = *p == '\'' ? '"' : *p;
    bw_buf_put(&b, topic, strlen(topic) + 1);
    assert_int_equal(bw_json_to_msgpack(bw_str(text), &b, NULL), 0);
    int err = bw_pub_decode(bw_buf_str(&b), &sample_zone, &pub);
    bw_buf_free(&b);
    return err;
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *topic, *json;
        int err;
    } cases[] = {
        {"logs", "{'v':1,'epoch':1,'prev':0,'events':[]}", 0},
        {"logs", "{'v':2,'epoch':1,'prev':0,'events':[]}", BW_EVERSION},
        {"logs", "{'epoch':1,'prev':0,'events':[]}", BW_EPROTO},
        {"logs", "{'v':1,'prev':0,'events':[]}", BW_EPROTO},
        {"logs", "{'v':1,'epoch':4294967296,'prev':0,'events':[]}", BW_EPROTO},
        {"logs", "{'v':1,'epoch':-1,'prev':0,'events':[]}", BW_EPROTO},
        {"logs", "{'v':1,'epoch':1,'events':[]}", BW_EPROTO},
        {"logs", "{'v':1,'epoch':1,'prev':0}", BW_EPROTO},
        {"logs", "{'v':1,'epoch':1,'prev':0,'events':{}}", BW_EPROTO},
        {"logs", "[]", BW_EPROTO},
        {"", "{'v':1,'epoch':1,'prev':0,'events':[]}", BW_EPROTO},
        {"a b", "{'v':1,'epoch':1,'prev':0,'events':[]}", BW_EPROTO},
        {"$head", "{'v':1,'epoch':1,'heads':{'a':5}}", 0},
        {"$head", "{'v':1,'epoch':1,'head':'x','heads':{'a':5}}", BW_EPROTO},
        {"$head", "{'v':1,'epoch':1}", BW_EPROTO},
        {"$head", "{'v':1,'epoch':1,'heads':[]}", BW_EPROTO},
        {"$head", "{'v':1,'epoch':1,'heads':{'a':-5}}", BW_EPROTO},
        {"$head", "{'v':1,'epoch':1,'heads':{'a b':5}}", BW_EPROTO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(decode(cases[i].topic, cases[i].json), cases[i].err);
}

static void test_every_cut(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_pub pub;
    bw_pub_begin(&b, BW_STR("logs"), 1, 2, 1);
    bw_buf_puts(&b, BW_STR("\x81\xa1k\x05"));
    for (size_t n = 0; n < b.len; n++)
        assert_int_equal(bw_pub_decode((struct bw_str){b.data, n}, &sample_zone, &pub), BW_EPROTO);
    bw_buf_putc(&b, 0);
    assert_int_equal(bw_pub_decode(bw_buf_str(&b), &sample_zone, &pub), BW_EPROTO);
    assert_int_equal(bw_pub_decode((struct bw_str){0}, &sample_zone, &pub), BW_EPROTO);
    bw_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_events),
        sample_test(test_heartbeat),
        sample_test(test_refused),
        sample_test(test_every_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Encodings: the bytes of a frame in each; and feeds, which name what is encoded. */
#include "unit.h"

#include "web/stream/encoding.h"
#include "web/stream/feed.h"

static void check(enum bw_encoding encoding, const struct bw_place *resume, const char *expected,
                  size_t expected_len)
{
    struct bw_buf out = {0};
    const struct bw_label label = {BW_STR("TASK_UPDATED"), resume};
    bw_buf_puts(&out, BW_STR("before"));
    bw_encode(&out, encoding, &label, BW_STR("{\"a\":1}"));
    assert_false(out.failed);
    assert_int_equal(out.len, 6 + expected_len);
    assert_memory_equal(out.data + 6, expected, expected_len);
    bw_buf_free(&out);
}

static void test_frames(void **state)
{
    (void)state;
    static const char websocket[] = "\x81\x07{\"a\":1}";
    static const char with_id[] = "event: TASK_UPDATED\nid: 1f0c22aa.7\ndata: {\"a\":1}\n\n";
    static const char without[] = "event: TASK_UPDATED\ndata: {\"a\":1}\n\n";
    const struct bw_place place = {0x1f0c22aa, 7};
    check(BW_ENCODING_WEBSOCKET, &place, websocket, sizeof websocket - 1);
    check(BW_ENCODING_SSE, &place, with_id, sizeof with_id - 1);
    check(BW_ENCODING_SSE, NULL, without, sizeof without - 1);
    check(BW_ENCODING_LIST, &place, "{\"a\":1},", 8);
}

/* EventSource would take an event called error for the loss of the connection. */
static void test_names_of_eventsource(void **state)
{
    (void)state;
    static const struct {
        struct bw_str name;
        const char *block;
    } cases[] = {{BW_STR("error"), "id: 1f0c22aa.7\ndata: {}\n\n"},
                 {BW_STR("open"), "id: 1f0c22aa.7\ndata: {}\n\n"},
                 {BW_STR("errors"), "event: errors\nid: 1f0c22aa.7\ndata: {}\n\n"}};
    const struct bw_place place = {0x1f0c22aa, 7};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bw_buf out = {0};
        const struct bw_label label = {cases[i].name, &place};
        bw_encode(&out, BW_ENCODING_SSE, &label, BW_STR("{}"));
        bw_buf_putc(&out, '\0');
        assert_string_equal(out.data, cases[i].block);
        bw_buf_free(&out);
    }
}

static void test_websocket_headers_of_every_length(void **state)
{
    (void)state;
    static const struct {
        size_t len, header;
    } cases[] = {{0, 2}, {125, 2}, {126, 4}, {65535, 4}, {65536, 10}, {200000, 10}};
    static char json[200000];
    memset(json, 'j', sizeof json);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bw_buf out = {0};
        const struct bw_label label = {BW_STR("X"), NULL};
        bw_encode(&out, BW_ENCODING_WEBSOCKET, &label, (struct bw_str){json, cases[i].len});
        assert_int_equal(out.len, cases[i].header + cases[i].len);
        assert_memory_equal(out.data + cases[i].header, json, cases[i].len);
        bw_buf_free(&out);
    }
}

static void expect_fault(struct bw_str_set topics)
{
    struct bw_fault fault = {0};
    struct bw_feed *feed;
    assert_int_equal(bw_feed_create(&feed, topics, BW_ENCODING_SSE, &fault), BW_EINVAL);
    assert_null(feed);
    assert_string_equal(fault.field, "topics");
}

static void test_feeds(void **state)
{
    (void)state;
    const struct bw_str some[] = {BW_STR("system"), BW_STR("logs"), BW_STR("log"), BW_STR("logs")};
    const struct bw_str others[] = {BW_STR("log"), BW_STR("logs"), BW_STR("system")};
    struct bw_feed *a, *b, *c, *one;
    assert_int_equal(bw_feed_create(&a, (struct bw_str_set){some, 4}, BW_ENCODING_SSE, NULL), 0);
    assert_int_equal(bw_feed_create(&b, (struct bw_str_set){others, 3}, BW_ENCODING_SSE, NULL), 0);
    assert_int_equal(bw_feed_create(&c, (struct bw_str_set){others, 3}, BW_ENCODING_LIST, NULL), 0);
    assert_int_equal(bw_feed_create(&one, (struct bw_str_set){others, 1}, BW_ENCODING_LIST, NULL),
                     0);
    assert_string_equal(a->name, "log,logs,system");
    assert_true(bw_feed_same(a, b));
    assert_false(bw_feed_same(b, c));
    assert_true(bw_feed_is_merged(a) && a->has_rows);
    assert_true(bw_feed_has(a, BW_STR("logs")));
    assert_false(bw_feed_has(a, BW_STR("lo")));
    assert_false(bw_feed_is_merged(one) || one->has_rows);
    bw_feed_unref(&a);
    bw_feed_unref(&b);
    bw_feed_unref(&c);
    bw_feed_unref(&one);
}

static void test_what_is_no_feed(void **state)
{
    (void)state;
    const struct bw_str bad[] = {BW_STR("good"), BW_STR("not good")};
    struct bw_str many[BW_FEED_TOPICS_MAX + 1];
    for (size_t i = 0; i <= BW_FEED_TOPICS_MAX; i++)
        many[i] = BW_STR("t");
    expect_fault((struct bw_str_set){bad, 2});
    expect_fault((struct bw_str_set){bad, 0});
    expect_fault((struct bw_str_set){many, BW_FEED_TOPICS_MAX + 1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_names_of_eventsource),
        cmocka_unit_test(test_websocket_headers_of_every_length),
        cmocka_unit_test(test_feeds),
        cmocka_unit_test(test_what_is_no_feed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

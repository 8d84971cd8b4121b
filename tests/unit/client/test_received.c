/* Reading what the bus sends, in place: messages, answers, and the events in them. */
#include "unit.h"

#include "base/clock.h"
#include "envelope.h"
#include "event_view.h"
#include "wire/event.h"
#include "wire/mp.h"
#include "wire/pub.h"

/* An event as the bus writes it; data as msgpack, or none. */
static void put_event(struct bw_buf *out, uint64_t seq, struct bw_str data)
{
    msgpack_zone zone;
    msgpack_object object;
    struct bw_event e = {
        .id = BW_STR("event-1"),
        .topic = BW_STR("system"),
        .event_type = BW_STR("TASK_UPDATED"),
        .message = BW_STR("on page 7"),
        .source = BW_STR("host:1/test"),
        .timestamp_us = 1000001,
        .received_at_us = 2000002,
        .seq = seq,
        .prev = seq - 1,
    };
    msgpack_zone_init(&zone, 256);
    if (data.len > 0) {
        assert_int_equal(bw_mp_unpack(data, 8, &zone, &object, NULL), 0);
        e.data = &object;
    }
    bw_event_encode(out, &e, NULL);
    msgpack_zone_destroy(&zone);
}

static const struct bw_str task_data = BW_STR("\x82\xa2id\xa6task-1\xa1x\x91\x07");

static void reads_an_event(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_view view = {0};
    put_event(&b, 42, task_data);
    size_t len = b.len;
    put_event(&b, 43, (struct bw_str){NULL, 0});
    struct bw_scan s = bw_scan_begin(bw_buf_str(&b));
    assert_int_equal(bw_view_read(&view, &s, 0x0000000f), 0);
    const struct bellwire_received *e = &view.event;
    assert_string_equal(e->id, "event-1");
    assert_string_equal(e->topic, "system");
    assert_string_equal(e->event_type, "TASK_UPDATED");
    assert_string_equal(e->message, "on page 7");
    assert_string_equal(e->source, "host:1/test");
    assert_string_equal(e->task_id, "task-1");
    assert_string_equal(e->cursor, "0000000f.42");
    assert_int_equal(e->timestamp_us, 1000001);
    assert_int_equal(e->received_at_us, 2000002);
    assert_int_equal(e->seq, 42);
    assert_int_equal(e->prev, 41);
    assert_int_equal(e->epoch, 15);
    assert_true(bw_str_eq((struct bw_str){e->data_msgpack, e->data_msgpack_len}, task_data));
    assert_ptr_equal(e->event_msgpack, b.data);
    assert_int_equal(e->event_msgpack_len, len);

    assert_int_equal(bw_view_read(&view, &s, 15), 0); /* the one behind it */
    assert_int_equal(e->seq, 43);
    assert_string_equal(e->task_id, "");
    assert_int_equal(e->data_msgpack_len, 1); /* an empty map */
    assert_ptr_equal(s.at, s.end);
    bw_buf_free(&b);
    bw_view_free(&view);
}

static void goes_on_behind_what_is_no_event(void **state)
{
    static const struct bw_str odd[] = {
        BW_STR("\xc0"),                              /* nil */
        BW_STR("\x81\xa2id\x07"),                    /* an id that is a number */
        BW_STR("\x81\xa3seq\xa1x"),                  /* a seq that is text */
        BW_STR("\x80"),                              /* without a seq */
        BW_STR("\x82\xa3seq\x01\xa4"                 /* data that is no map */
               "data\x93\x01\x02\x03"),              /**/
        BW_STR("\x82\xa3seq\x01\xa9timestamp\xa1x"), /* no time */
    };
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct bw_buf b = {0};
        struct bw_view view = {0};
        bw_buf_puts(&b, odd[i]);
        put_event(&b, 2, task_data);
        struct bw_scan s = bw_scan_begin(bw_buf_str(&b));
        assert_int_equal(bw_view_read(&view, &s, 1), BW_EPROTO);
        assert_false(s.failed);
        assert_int_equal(bw_view_read(&view, &s, 1), 0);
        assert_int_equal(view.event.seq, 2);
        bw_buf_free(&b);
        bw_view_free(&view);
    }
}

static void fails_at_every_cut(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    put_event(&b, 42, task_data);
    for (size_t n = 0; n < b.len; n++) {
        struct bw_view view = {0};
        char *cut = malloc(n + 1); /* exactly so many: a sanitizer sees one too far */
        memcpy(cut, b.data, n);
        struct bw_scan s = bw_scan_begin((struct bw_str){cut, n});
        assert_int_equal(bw_view_read(&view, &s, 1), BW_EPROTO);
        assert_true(s.failed);
        free(cut);
        bw_view_free(&view);
    }
    bw_buf_free(&b);
}

static void reads_a_message(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_view view = {0};
    struct bw_envelope e;
    bw_pub_begin(&b, BW_STR("system"), 7, 40, 2);
    put_event(&b, 41, task_data);
    put_event(&b, 42, task_data);
    assert_int_equal(bw_envelope_of_message(bw_buf_str(&b), &e), 0);
    assert_true(bw_str_is(e.topic, "system"));
    assert_int_equal(e.epoch, 7);
    assert_int_equal(e.prev, 40);
    for (uint64_t seq = 41; seq <= 42; seq++) {
        assert_true(bw_envelope_next(&e));
        assert_int_equal(bw_view_read(&view, &e.events, e.epoch), 0);
        assert_int_equal(view.event.seq, seq);
    }
    assert_false(bw_envelope_next(&e));
    assert_int_equal(bw_envelope_of_message(BW_STR("system"), &e), BW_EPROTO);
    assert_int_equal(bw_envelope_of_message(BW_STR("system\0\x91\x01"), &e), BW_EPROTO);
    bw_buf_free(&b);
    bw_view_free(&view);
}

static void reads_heads_of_heartbeats_and_stats(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    struct bw_envelope e;
    struct bw_str topic;
    uint64_t head;
    msgpack_packer pk;
    bw_mp_packer(&pk, &b);
    bw_pub_head_begin(&b, 7, 0, 2);
    bw_mp_cstr(&pk, "system");
    msgpack_pack_int(&pk, 300);
    bw_mp_cstr(&pk, "logs");
    msgpack_pack_int(&pk, 5);
    assert_int_equal(bw_envelope_of_message(bw_buf_str(&b), &e), 0);
    assert_true(bw_envelope_head(&e, &topic, &head));
    assert_true(bw_str_is(topic, "system") && head == 300);
    assert_true(bw_envelope_head(&e, &topic, &head));
    assert_true(bw_str_is(topic, "logs") && head == 5);
    assert_false(bw_envelope_head(&e, &topic, &head));
    bw_buf_free(&b);

    static const struct bw_str stats = BW_STR("\x84\xa2ok\xc3\xa6topics\x82\xa1"
                                              "a\x82\xa1x\xc0\xa4head\x09\xa1"
                                              "b\x80\xa4head\x0b\xa6oldest\x02");
    assert_int_equal(bw_envelope_of_answer(stats, &e), 0);
    assert_true(e.ok && e.head == 11 && e.oldest == 2);
    assert_true(bw_envelope_head(&e, &topic, &head));
    assert_true(bw_str_is(topic, "a") && head == 9);
    assert_true(bw_envelope_head(&e, &topic, &head));
    assert_true(bw_str_is(topic, "b") && head == 0);
    assert_false(bw_envelope_head(&e, &topic, &head));
}

static void reads_an_answer(void **state)
{
    static const struct bw_str refusal = BW_STR("\x83\xa2ok\xc2\xa4"
                                                "code\xa4"
                                                "busy\xa7message\xa0");
    static const struct bw_str page = BW_STR("\x85\xa2ok\xc3\xa6"
                                             "events\x91\x80\xa4more\xc3\xa4next\x09\xa5reset\xa5"
                                             "epoch");
    (void)state;
    struct bw_envelope e;
    assert_int_equal(bw_envelope_of_answer(refusal, &e), 0);
    assert_false(e.ok);
    assert_true(bw_str_is(e.code, "busy"));
    assert_int_equal(bw_envelope_of_answer(page, &e), 0);
    assert_true(e.ok && e.more && e.next == 9 && e.n_events == 1);
    assert_true(bw_str_is(e.reset, "epoch"));
    for (size_t n = 0; n < page.len; n++)
        assert_int_equal(bw_envelope_of_answer((struct bw_str){page.ptr, n}, &e), BW_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_an_event),
        cmocka_unit_test(goes_on_behind_what_is_no_event),
        cmocka_unit_test(fails_at_every_cut),
        cmocka_unit_test(reads_a_message),
        cmocka_unit_test(reads_heads_of_heartbeats_and_stats),
        cmocka_unit_test(reads_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

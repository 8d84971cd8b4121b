/* The life of a connection: limits, bad input, pings, closing, clients that do not read. */
#include "world.h"

static void test_limits(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){.threads = 1,
                                                                 .ring_bytes = 8192,
                                                                 .max_topics = 2,
                                                                 .max_subscriptions = 3,
                                                                 .max_connections = 2});
    char message[64];
    for (int i = 0; i < 4; i++) {
        snprintf(message, sizeof message, "{\"type\":\"subscribe\",\"topic\":\"t%d\"}", i);
        watch_say(&world->w, message);
        if (i < 2)
            json_decref(watch_expect(&world->w, "subscribed"));
        else
            expect_error(&world->w, "busy");
    }
    struct watcher second;
    struct bw_fault fault = {0};
    say_hello(world, &second, 0);
    assert_int_equal(bw_stream_enter(world->stream, 0, &fault), BW_EBUSY);
    assert_int_equal(fault.err, BW_EBUSY);
    watch_close(&second);
    wait_until(bw_stream_enter(world->stream, 0, NULL) == 0); /* its place is free again */
    bw_stream_leave(world->stream, 0);
    close_world(world);
}

static void test_topics_nobody_watches_make_room(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){
        .threads = 1, .ring_bytes = 8192, .max_topics = 3, .messages_per_s = 1000000});
    char message[64];
    for (int i = 0; i < 5; i++) {
        snprintf(message, sizeof message, "{\"type\":\"subscribe\",\"topic\":\"t%d\"}", i);
        json_t *o = NULL;
        const char *type = "";
        while (strcmp(type, "subscribed") != 0) { /* the last one leaves within a second or two */
            watch_say(&world->w, message);
            int opcode;
            struct bw_str text;
            json_decref(o);
            assert_true(watch_frame(&world->w, &opcode, &text));
            o = json_loadb(text.ptr, text.len, 0, NULL);
            type = member(o, "type");
        }
        json_decref(o);
        snprintf(message, sizeof message, "{\"type\":\"unsubscribe\",\"topic\":\"t%d\"}", i);
        watch_say(&world->w, message);
        json_decref(watch_expect(&world->w, "unsubscribed"));
    }
    close_world(world);
}

static void test_bad_messages_are_answered(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    watch_say(&world->w, "{");
    expect_error(&world->w, "invalid");
    watch_say(&world->w, "{\"type\":\"dance\"}");
    expect_error(&world->w, "invalid");
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
    close_world(world);
}

static void test_closing(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher other;
    watch_send_frame(&world->w, BW_WS_CLOSE, "\x03\xe9");
    assert_int_equal(watch_goodbye(&world->w), 1001);
    wait_until(bw_stream_connections(world->stream) == 1); /* until we hang up too */
    say_hello(world, &other, 0);
    watch_send_bytes(&other, "\x81\x05hello", 7);
    assert_int_equal(watch_goodbye(&other), BW_WS_PROTOCOL_ERROR);
    watch_close(&other);
    say_hello(world, &other, 0);
    watch_send_frame(&other, BW_WS_BINARY, "x");
    assert_int_equal(watch_goodbye(&other), BW_WS_UNSUPPORTED_DATA);
    watch_close(&other);
    say_hello(world, &other, 0);
    watch_send_bytes(&other, "\x82\xff\x00\x00\x00\x00\x80\x00\x00\x00", 10);
    assert_int_equal(watch_goodbye(&other), BW_WS_TOO_BIG);
    watch_close(&other);
    close_world(world);
}

static void test_stopping_says_goodbye(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
    bw_stream_stop(&world->stream);
    assert_int_equal(watch_goodbye(&world->w), BW_WS_GOING_AWAY);
    close_world(world);
}

static void test_pings(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){
        .threads = 1, .ring_bytes = 8192, .heartbeat_s = 1, .ping_timeout_s = 1});
    char reason[REASON_MAX];
    int opcode;
    struct bw_str payload;
    watch_send_frame(&world->w, BW_WS_PING, "still there?");
    do
        assert_true(watch_frame(&world->w, &opcode, &payload));
    while (opcode == BW_WS_PING);
    assert_int_equal(opcode, BW_WS_PONG);
    assert_true(bw_str_is(payload, "still there?"));
    assert_true(watch_frame(&world->w, &opcode, &payload));
    assert_int_equal(opcode, BW_WS_PING);
    assert_int_equal(watch_goodbye_because(&world->w, reason), BW_WS_POLICY); /* not answered */
    assert_string_equal(reason, "no answer to a ping for 1 s");
    wait_until(bw_stream_connections(world->stream) == 0);
    close_world(world);
}

static void test_pongs_keep_it_alive(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){
        .threads = 1, .ring_bytes = 8192, .heartbeat_s = 1, .ping_timeout_s = 30});
    int opcode;
    struct bw_str payload;
    for (int i = 0; i < 3; i++) {
        assert_true(watch_frame(&world->w, &opcode, &payload));
        assert_int_equal(opcode, BW_WS_PING);
        watch_send_frame(&world->w, BW_WS_PONG, "");
    }
    close_world(world);
}

static void test_who_watches_nothing_is_closed(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){
        .threads = 1, .ring_bytes = 8192, .heartbeat_s = 1, .ping_timeout_s = 30, .idle_s = 2});
    struct watcher idle;
    char reason[REASON_MAX];
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
    say_hello(world, &idle, 0);
    assert_int_equal(watch_goodbye_because(&idle, reason), BW_WS_POLICY);
    assert_string_equal(reason, "no subscription for 2 s");
    watch_close(&idle);
    publish(world, "system", 1);
    expect_events(&world->w, 1, 1); /* who watches something stays */
    watch_say(&world->w, "{\"type\":\"unsubscribe\",\"topic\":\"system\"}");
    assert_int_equal(watch_goodbye_because(&world->w, reason), BW_WS_POLICY);
    close_world(world);
}

static void test_who_says_too_much_is_closed(void **state)
{
    (void)state;
    struct world *world = open_world(
        &(struct bw_stream_options){.threads = 1, .ring_bytes = 8192, .messages_per_s = 1});
    struct watcher polite;
    char reason[REASON_MAX];
    say_hello(world, &polite, 0);
    for (int i = 0; i < 8; i++) { /* ten at once are allowed */
        watch_say(&polite, "{\"type\":\"ping\"}");
        json_decref(watch_expect(&polite, "pong"));
    }
    for (int i = 0; i < 64; i++)
        watch_send_frame(&world->w, i % 2 ? BW_WS_PING : BW_WS_TEXT, "{\"type\":\"ping\"}");
    assert_int_equal(watch_goodbye_because(&world->w, reason), BW_WS_POLICY);
    assert_string_equal(reason, "more messages than are allowed");
    watch_close(&polite);
    close_world(world);
}

/* Parts without end would cost as much as messages. */
static void test_who_never_ends_a_message_is_closed(void **state)
{
    (void)state;
    struct world *world = open_world(
        &(struct bw_stream_options){.threads = 1, .ring_bytes = 8192, .messages_per_s = 1});
    static const uint8_t first[6] = {0x01, 0x80}, next[6] = {0x00, 0x80}; /* empty, masked */
    char reason[REASON_MAX];
    watch_send_bytes(&world->w, first, sizeof first);
    for (int i = 0; i < 20; i++)
        watch_send_bytes(&world->w, next, sizeof next);
    assert_int_equal(watch_goodbye_because(&world->w, reason), BW_WS_POLICY);
    assert_string_equal(reason, "more messages than are allowed");
    close_world(world);
}

static void test_one_address(void **state)
{
    (void)state;
    struct world *world = open_world(
        &(struct bw_stream_options){.threads = 1, .ring_bytes = 8192, .max_per_address = 1});
    struct bw_fault fault = {0};
    int fds[2];
    assert_int_equal(bw_stream_enter(world->stream, 42, NULL), 0);
    assert_int_equal(bw_stream_enter(world->stream, 42, &fault), BW_ETOOMANY);
    assert_string_equal(fault.message, "your address has 1 live connections already");
    assert_int_equal(bw_stream_enter(world->stream, 43, NULL), 0);
    bw_stream_leave(world->stream, 43);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(bw_stream_adopt_websocket(world->stream, fds[1], 42, 0), 0);
    assert_int_equal(bw_stream_enter(world->stream, 42, NULL), BW_ETOOMANY);
    close(fds[0]); /* it leaves, and its place is free */
    wait_until(bw_stream_enter(world->stream, 42, NULL) == 0);
    bw_stream_leave(world->stream, 42);
    close_world(world);
}

static void test_who_asks_and_does_not_read_is_dropped(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){
        .threads = 1, .ring_bytes = 1 << 20, .messages_per_s = 1000000});
    struct watcher deaf;
    say_hello(world, &deaf, 4096);
    fcntl(deaf.fd, F_SETFL, O_NONBLOCK);
    static const uint8_t ping[6] = {0x89, 0x80}; /* an empty one, masked with zeros */
    int64_t end_us = bw_clock_mono_us() + 30000000;
    while (send(deaf.fd, ping, sizeof ping, MSG_NOSIGNAL) == sizeof ping || errno == EAGAIN)
        assert_true(bw_clock_mono_us() < end_us);
    wait_until(bw_stream_connections(world->stream) == 1);
    watch_close(&deaf);
    close_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_topics_nobody_watches_make_room),
        cmocka_unit_test(test_bad_messages_are_answered),
        cmocka_unit_test(test_closing),
        cmocka_unit_test(test_stopping_says_goodbye),
        cmocka_unit_test(test_pings),
        cmocka_unit_test(test_pongs_keep_it_alive),
        cmocka_unit_test(test_who_watches_nothing_is_closed),
        cmocka_unit_test(test_who_says_too_much_is_closed),
        cmocka_unit_test(test_who_never_ends_a_message_is_closed),
        cmocka_unit_test(test_one_address),
        cmocka_unit_test(test_who_asks_and_does_not_read_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

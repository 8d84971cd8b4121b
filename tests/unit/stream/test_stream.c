/* The stream as a whole, over socket pairs and a bus in memory: live delivery, joining, replay,
 * snapshots, resets, filters, slow and silent clients. */
#include "unit.h"

#include "fake_upstream.h"
#include "watcher.h"
#include "web/stream/stream_internal.h"

struct world {
    struct fake_upstream *bus;
    struct bw_stream *stream;
    struct watcher w;
};

static const struct bw_stream_options usual = {.threads = 2, .ring_bytes = 1 << 20};

static void start(struct world *world, const struct bw_stream_options *options)
{
    struct bw_upstream upstream = fake_upstream_of(world->bus);
    assert_int_equal(bw_stream_start_on(options, &upstream, &world->stream), 0);
}

static void say_hello(struct world *world, struct watcher *w, int buffer_bytes)
{
    watch_open(w, world->stream, buffer_bytes);
    json_decref(watch_expect(w, "connected"));
}

static struct world *open_world(const struct bw_stream_options *options)
{
    struct world *world = calloc(1, sizeof *world);
    world->bus = fake_create();
    start(world, options);
    say_hello(world, &world->w, 0);
    return world;
}

static void close_world(struct world *world)
{
    watch_close(&world->w);
    bw_stream_stop(&world->stream);
    assert_true(world->bus->closed);
    fake_destroy(world->bus);
    free(world);
}

static void publish(struct world *world, const char *topic, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        fake_publish(world->bus, topic, "X", "t", "", 50);
    fake_idle(world->bus);
}

static void expect_events(struct watcher *w, uint64_t from, uint64_t to)
{
    for (uint64_t seq = from; seq <= to; seq++)
        assert_int_equal(watch_event(w), seq);
}

/* Subscribes and checks the answer. */
static void subscribe(struct watcher *w, const char *json, bool recovered, uint64_t seq)
{
    char cursor[BW_CURSOR_LEN + 1];
    watch_say(w, json);
    json_t *o = watch_expect(w, "subscribed");
    bw_cursor_format(FAKE_EPOCH, seq, cursor);
    assert_string_equal(member(o, "cursor"), cursor);
    assert_int_equal(json_is_true(json_object_get(o, "recovered")), recovered);
    json_decref(o);
}

static void expect_error(struct watcher *w, const char *code)
{
    json_t *o = watch_expect(w, "error");
    assert_string_equal(member(o, "code"), code);
    assert_true(strlen(member(o, "message")) > 0);
    json_decref(o);
}

#define SUBSCRIBE(more) "{\"type\":\"subscribe\",\"topic\":\"system\"" more "}"

static void test_live_events_arrive_in_order(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    subscribe(&world->w, SUBSCRIBE(""), false, 0);
    publish(world, "system", 500);
    expect_events(&world->w, 1, 500);
    publish(world, "logs", 1);
    publish(world, "system", 1);
    expect_events(&world->w, 502, 502); /* nothing of other topics */
    close_world(world);
}

static void test_an_event_as_pages_know_it(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    subscribe(&world->w, SUBSCRIBE(""), false, 0);
    fake_publish(world->bus, "system", "TASK_STATUS_CHANGED", "a", "kim", 3);
    fake_idle(world->bus);
    json_t *o = watch_expect(&world->w, "event");
    assert_string_equal(member(o, "topic"), "system");
    assert_string_equal(member(o, "event_type"), "TASK_STATUS_CHANGED");
    assert_string_equal(member(o, "cursor"), "1f0c22aa.1");
    assert_string_equal(member(json_object_get(o, "data"), "id"), "a");
    json_decref(o);
    close_world(world);
}

static void test_a_topic_of_ones_own(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    publish(world, "mine", 3); /* before anybody watches: not kept in a ring */
    subscribe(&world->w, "{\"type\":\"subscribe\",\"topic\":\"mine\"}", false, 3);
    publish(world, "mine", 2);
    expect_events(&world->w, 4, 5);
    struct watcher other;
    say_hello(world, &other, 0);
    subscribe(&other, "{\"type\":\"subscribe\",\"topic\":\"mine\",\"after\":\"oldest\"}", true, 0);
    expect_events(&other, 1, 5);
    publish(world, "mine", 1);
    expect_events(&other, 6, 6);
    expect_events(&world->w, 6, 6);
    watch_close(&other);
    close_world(world);
}

static void test_after_is_honoured_from_the_ring(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    publish(world, "system", 20);
    unsigned asked = world->bus->n_asked;
    subscribe(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.15\""), true, 15);
    expect_events(&world->w, 16, 20);
    assert_int_equal(world->bus->n_asked, asked);
    close_world(world);
}

static void test_after_is_honoured_from_the_journal(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 8192});
    publish(world, "system", 2000); /* the ring has the last thirty or so */
    subscribe(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.3\""), true, 3);
    expect_events(&world->w, 4, 2000);
    publish(world, "system", 10);
    expect_events(&world->w, 2001, 2010);
    close_world(world);
}

static void test_history_before_the_start_is_warm(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof *world);
    world->bus = fake_create();
    publish(world, "system", 30);
    start(world, &usual);
    say_hello(world, &world->w, 0);
    subscribe(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.10\""), true, 10);
    expect_events(&world->w, 11, 30);
    struct watcher fresh;
    say_hello(world, &fresh, 0);
    subscribe(&fresh, SUBSCRIBE(""), false, 30); /* begins now all the same */
    publish(world, "system", 1);
    expect_events(&fresh, 31, 31);
    watch_close(&fresh);
    close_world(world);
}

static void test_cursors_that_cannot_be_honoured(void **state)
{
    (void)state;
    static const struct {
        const char *message, *reason;
    } cases[] = {
        {SUBSCRIBE(",\"after\":\"00000001.3\""), "epoch"},
        {SUBSCRIBE(",\"after\":\"1f0c22aa.99\""), "ahead"},
        {SUBSCRIBE(",\"after\":\"1f0c22aa.2\""), "retention"},
    };
    struct world *world = calloc(1, sizeof *world);
    world->bus = fake_create();
    world->bus->oldest = 10;
    world->bus->n_tasks = 3;
    publish(world, "system", 5); /* 10 to 14 */
    start(world, &usual);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        say_hello(world, &world->w, 0);
        subscribe(&world->w, cases[i].message, false, 14 + i);
        json_t *o = watch_expect(&world->w, "reset");
        assert_string_equal(member(o, "reason"), cases[i].reason);
        json_decref(o);
        o = watch_expect(&world->w, "snapshot");
        assert_int_equal(json_array_size(json_object_get(o, "tasks")), 3);
        json_decref(o);
        publish(world, "system", 1);
        expect_events(&world->w, 15 + i, 15 + i);
        if (i < 2)
            watch_close(&world->w);
    }
    close_world(world);
}

static void test_a_reset_of_a_topic_without_rows(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    subscribe(&world->w, "{\"type\":\"subscribe\",\"topic\":\"logs\",\"after\":\"00000001.3\"}",
              false, 0);
    json_decref(watch_expect(&world->w, "reset"));
    publish(world, "logs", 1);
    expect_events(&world->w, 1, 1);
    close_world(world);
}

static void test_snapshot_in_chunks_then_live(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    world->bus->n_tasks = 1201;
    publish(world, "system", 7);
    subscribe(&world->w, SUBSCRIBE(",\"snapshot\":true"), false, 7);
    static const size_t sizes[] = {500, 500, 201};
    for (int i = 0; i < 3; i++) {
        json_t *o = watch_expect(&world->w, "snapshot");
        assert_int_equal(json_array_size(json_object_get(o, "tasks")), sizes[i]);
        assert_int_equal(json_is_true(json_object_get(o, "more")), i < 2);
        assert_string_equal(member(o, "cursor"), "1f0c22aa.7");
        if (i == 0) /* what happens between chunks comes as events */
            publish(world, "system", 2);
        json_decref(o);
    }
    expect_events(&world->w, 8, 9);
    close_world(world);
}

static void test_filters(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    world->bus->n_tasks = 10;
    struct watcher owner, types;
    say_hello(world, &owner, 0);
    say_hello(world, &types, 0);
    subscribe(&world->w,
              SUBSCRIBE(",\"snapshot\":true,\"filter\":{\"task_id\":[\"task-1\",\"task-3\"]}"),
              false, 0);
    json_t *o = watch_expect(&world->w, "snapshot");
    assert_int_equal(json_array_size(json_object_get(o, "tasks")), 2);
    json_decref(o);
    subscribe(&owner, SUBSCRIBE(",\"filter\":{\"owner\":\"kim\"}"), false, 0);
    subscribe(&types, SUBSCRIBE(",\"filter\":{\"event_types\":[\"B\"],\"owner\":\"lee\"}"), false,
              0);
    char task[16];
    for (unsigned i = 1; i <= 200; i++) {
        snprintf(task, sizeof task, "task-%u", i % 10);
        fake_publish(world->bus, "system", i % 5 == 0 ? "B" : "A", task, i % 2 ? "kim" : "lee", 10);
    }
    fake_idle(world->bus);
    for (unsigned i = 1; i <= 200; i++) {
        if (i % 10 == 1 || i % 10 == 3)
            assert_int_equal(watch_event(&world->w), i);
        if (i % 2)
            assert_int_equal(watch_event(&owner), i);
        if (i % 10 == 0)
            assert_int_equal(watch_event(&types), i);
    }
    watch_close(&owner);
    watch_close(&types);
    close_world(world);
}

static void test_filters_hold_for_replay_too(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 8192});
    char task[16];
    for (unsigned i = 1; i <= 1000; i++) {
        snprintf(task, sizeof task, "task-%u", i % 10);
        fake_publish(world->bus, "system", "A", task, "", 50);
    }
    subscribe(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.0\",\"filter\":{\"task_id\":\"task-7\"}"),
              true, 0);
    for (unsigned i = 7; i <= 1000; i += 10)
        assert_int_equal(watch_event(&world->w), i);
    fake_publish(world->bus, "system", "A", "task-8", "", 50);
    fake_publish(world->bus, "system", "A", "task-7", "", 50);
    fake_idle(world->bus);
    assert_int_equal(watch_event(&world->w), 1002);
    close_world(world);
}

static void test_subscribing_again_keeps_the_place(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    subscribe(&world->w, SUBSCRIBE(""), false, 0);
    publish(world, "system", 3);
    expect_events(&world->w, 1, 3);
    subscribe(&world->w, SUBSCRIBE(",\"filter\":{\"task_id\":\"u\"}"), true, 3);
    publish(world, "system", 3);
    fake_publish(world->bus, "system", "X", "u", "", 0);
    fake_idle(world->bus);
    expect_events(&world->w, 7, 7);
    close_world(world);
}

static void test_unsubscribe(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    watch_say(&world->w, "{\"type\":\"unsubscribe\",\"topic\":\"system\"}");
    expect_error(&world->w, "not_found");
    subscribe(&world->w, SUBSCRIBE(""), false, 0);
    watch_say(&world->w, "{\"type\":\"unsubscribe\",\"topic\":\"system\"}");
    json_decref(watch_expect(&world->w, "unsubscribed"));
    publish(world, "system", 3);
    watch_say(&world->w, "{\"type\":\"ping\"}");
    json_decref(watch_expect(&world->w, "pong"));
    close_world(world);
}

static void test_limits(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){.threads = 1,
                                                                 .ring_bytes = 8192,
                                                                 .max_topics = 4,
                                                                 .max_subscriptions = 3,
                                                                 .max_connections = 2});
    char message[64];
    for (int i = 0; i < 4; i++) {
        snprintf(message, sizeof message, "{\"type\":\"subscribe\",\"topic\":\"t%d\"}", i);
        watch_say(&world->w, message);
        if (i < 2)
            json_decref(watch_expect(&world->w, "subscribed"));
        else
            expect_error(&world->w, "busy"); /* topics: system, logs, t0, t1 */
    }
    struct watcher second;
    int fds[2];
    say_hello(world, &second, 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(bw_stream_adopt_websocket(world->stream, fds[1]), BW_EBUSY);
    assert_false(bw_stream_owns_fd(world->stream, fds[1]));
    close(fds[0]);
    close(fds[1]);
    watch_close(&second);
    wait_until(bw_stream_connections(world->stream) == 1);
    close_world(world);
}

static void test_topics_nobody_watches_make_room(void **state)
{
    (void)state;
    struct world *world =
        open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 8192, .max_topics = 3});
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

static void test_a_slow_client_is_replayed_and_harms_nobody(void **state)
{
    (void)state;
    struct world *world =
        open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 65536});
    struct watcher slow;
    say_hello(world, &slow, 4096);
    subscribe(&slow, SUBSCRIBE(""), false, 0);
    subscribe(&world->w, SUBSCRIBE(""), false, 0);
    for (uint64_t seq = 1; seq <= 3000; seq += 100) { /* 30 × 100 events of more than 500 bytes */
        for (int i = 0; i < 100; i++)
            fake_publish(world->bus, "system", "X", "t", "", 400);
        fake_idle(world->bus);
        expect_events(&world->w, seq, seq + 99);
    }
    unsigned asked = world->bus->n_asked;
    expect_events(&slow, 1, 3000);
    assert_true(world->bus->n_asked > asked); /* the ring had gone on without it */
    publish(world, "system", 1);
    expect_events(&slow, 3001, 3001);
    watch_close(&slow);
    close_world(world);
}

static void test_an_event_larger_than_the_ring(void **state)
{
    (void)state;
    struct world *world =
        open_world(&(struct bw_stream_options){.threads = 2, .ring_bytes = 65536});
    subscribe(&world->w, SUBSCRIBE(""), false, 0);
    publish(world, "system", 3);
    fake_publish(world->bus, "system", "X", "t", "", 200000);
    publish(world, "system", 3);
    expect_events(&world->w, 1, 7);
    close_world(world);
}

static void test_conflate(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 8192});
    char task[16];
    for (unsigned i = 1; i <= 1000; i++) {
        snprintf(task, sizeof task, "task-%u", i % 10);
        fake_publish(world->bus, "system", "A", task, "", 50);
    }
    subscribe(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.3\",\"catchup\":\"conflate\""), true, 3);
    json_t *o = watch_expect(&world->w, "conflated");
    assert_int_equal(json_array_size(json_object_get(o, "tasks")), 10);
    assert_string_equal(member(o, "from"), "1f0c22aa.3");
    assert_string_equal(member(o, "cursor"), "1f0c22aa.1000");
    json_decref(o);
    publish(world, "system", 1);
    expect_events(&world->w, 1001, 1001);
    close_world(world);
}

static void test_the_journal_is_replaced(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    subscribe(&world->w, SUBSCRIBE(""), false, 0);
    publish(world, "system", 3);
    expect_events(&world->w, 1, 3);
    pthread_mutex_lock(&world->bus->lock);
    world->bus->epoch = 0x2b;
    world->bus->n_tasks = 2;
    for (size_t i = 0; i < world->bus->n; i++) {
        bw_buf_free(&world->bus->events[i].bytes);
        bw_buf_free(&world->bus->events[i].data);
    }
    world->bus->n = 0;
    bw_bridge_reset(world->bus->bridge, "", BELLWIRE_RESET_EPOCH, "0000002b.0");
    pthread_mutex_unlock(&world->bus->lock);
    json_t *o = watch_expect(&world->w, "reset");
    assert_string_equal(member(o, "reason"), "epoch");
    json_decref(o);
    o = watch_expect(&world->w, "snapshot");
    assert_string_equal(member(o, "cursor"), "0000002b.0");
    json_decref(o);
    publish(world, "system", 2);
    expect_events(&world->w, 1, 2);
    close_world(world);
}

static void test_the_bus_is_away(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 8192});
    publish(world, "system", 200);
    world->bus->away = true;
    watch_say(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.1\""));
    expect_error(&world->w, "unavailable");
    world->bus->away = false;
    json_decref(watch_expect(&world->w, "subscribed"));
    expect_events(&world->w, 2, 200);
    close_world(world);
}

static void test_the_bus_comes_after_the_streams(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof *world);
    world->bus = fake_create();
    world->bus->away = true;
    start(world, &usual);
    say_hello(world, &world->w, 0);
    assert_false(bw_stream_is_live(world->stream));
    watch_say(&world->w, SUBSCRIBE(""));
    watch_say(&world->w, "{\"type\":\"ping\"}");
    json_decref(watch_expect(&world->w, "pong"));
    world->bus->away = false;
    json_decref(watch_expect(&world->w, "subscribed"));
    wait_until(bw_stream_is_live(world->stream));
    publish(world, "system", 1);
    expect_events(&world->w, 1, 1);
    close_world(world);
}

static void test_the_bus_refuses(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 8192});
    publish(world, "system", 200);
    world->bus->refuse = BW_EINVAL;
    watch_say(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.1\""));
    expect_error(&world->w, "invalid");
    watch_say(&world->w, "{\"type\":\"unsubscribe\",\"topic\":\"system\"}");
    expect_error(&world->w, "not_found"); /* it is not subscribed */
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
    subscribe(&world->w, SUBSCRIBE(""), false, 0);
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
    subscribe(&world->w, SUBSCRIBE(""), false, 0);
    bw_stream_stop(&world->stream);
    assert_int_equal(watch_goodbye(&world->w), BW_WS_GOING_AWAY);
    close_world(world);
}

static void test_pings(void **state)
{
    (void)state;
    struct world *world =
        open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 8192, .heartbeat_s = 1});
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
    while (watch_frame(&world->w, &opcode, &payload)) /* we say nothing: it hangs up */
        assert_int_equal(opcode, BW_WS_PING);
    wait_until(bw_stream_connections(world->stream) == 0);
    close_world(world);
}

static void test_who_asks_and_does_not_read_is_dropped(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
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
        cmocka_unit_test(test_live_events_arrive_in_order),
        cmocka_unit_test(test_an_event_as_pages_know_it),
        cmocka_unit_test(test_a_topic_of_ones_own),
        cmocka_unit_test(test_after_is_honoured_from_the_ring),
        cmocka_unit_test(test_after_is_honoured_from_the_journal),
        cmocka_unit_test(test_history_before_the_start_is_warm),
        cmocka_unit_test(test_cursors_that_cannot_be_honoured),
        cmocka_unit_test(test_a_reset_of_a_topic_without_rows),
        cmocka_unit_test(test_snapshot_in_chunks_then_live),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_filters_hold_for_replay_too),
        cmocka_unit_test(test_subscribing_again_keeps_the_place),
        cmocka_unit_test(test_unsubscribe),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_topics_nobody_watches_make_room),
        cmocka_unit_test(test_a_slow_client_is_replayed_and_harms_nobody),
        cmocka_unit_test(test_an_event_larger_than_the_ring),
        cmocka_unit_test(test_conflate),
        cmocka_unit_test(test_the_journal_is_replaced),
        cmocka_unit_test(test_the_bus_is_away),
        cmocka_unit_test(test_the_bus_comes_after_the_streams),
        cmocka_unit_test(test_the_bus_refuses),
        cmocka_unit_test(test_bad_messages_are_answered),
        cmocka_unit_test(test_closing),
        cmocka_unit_test(test_stopping_says_goodbye),
        cmocka_unit_test(test_pings),
        cmocka_unit_test(test_who_asks_and_does_not_read_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

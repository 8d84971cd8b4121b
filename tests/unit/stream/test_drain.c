/* Draining: everybody gets what there is, hears when to come back, and nobody holds the end up. */
#include "world.h"

#include "base/thread.h"

enum { LONG_MS = 60000 };

static const struct bw_stream_options small = {.threads = 2, .ring_bytes = 65536};

struct draining {
    struct world *world;
    uint32_t timeout_ms;
};

static void drain_for(void *arg)
{
    const struct draining *d = arg;
    bw_stream_drain(d->world->stream, fake_head(d->world->bus), d->timeout_ms);
}

static void drain(void *arg)
{
    drain_for(&(struct draining){arg, LONG_MS});
}

static unsigned expect_restart(struct watcher *w)
{
    char reason[REASON_MAX];
    unsigned retry_ms = 0;
    assert_int_equal(watch_goodbye_because(w, reason), BW_WS_RESTART);
    assert_int_equal(sscanf(reason, "restarting; retry_ms=%u", &retry_ms), 1);
    assert_in_range(retry_ms, 500, 60000);
    close(w->fd);
    w->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return retry_ms;
}

/* One that is live, one that watches nothing, and one that must first be fed from the journal. */
static void test_everybody_gets_all(void **state)
{
    (void)state;
    struct world *world = open_world(&small);
    struct watcher idle, late;
    struct bw_thread drainer;
    struct bw_fault fault = {0};
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
    say_hello(world, &idle, 0);
    publish(world, "system", 3000); /* more than the ring holds */
    say_hello(world, &late, 4096);
    subscribe(&late, SUBSCRIBE(",\"after\":\"oldest\""), true, 0);
    bw_stream_close_door(world->stream);
    assert_true(bw_stream_is_draining(world->stream));
    assert_int_equal(bw_stream_enter(world->stream, 0, &fault), BW_ECLOSED);
    assert_int_equal(bw_thread_start(&drainer, "drain", drain, world), 0);
    expect_events(&world->w, 1, 3000);
    expect_events(&late, 1, 3000);
    unsigned first = expect_restart(&world->w), second = expect_restart(&idle);
    assert_true(first != second || first != expect_restart(&late)); /* spread out */
    watch_close(&idle);
    watch_close(&late);
    bw_thread_join(&drainer);
    assert_int_equal(bw_stream_connections(world->stream), 0);
    close_world(world);
}

/* The newest event is of one topic, and one before it, of another, is still on its way. */
static void test_what_is_on_its_way_is_waited_for(void **state)
{
    (void)state;
    struct world *world = open_world(&small);
    struct bw_thread drainer;
    watch_say(&world->w, "{\"type\":\"subscribe\",\"topic\":\"logs\"}");
    json_decref(watch_expect(&world->w, "subscribed"));
    journal(world, "logs");
    publish(world, "system", 1);
    bw_stream_close_door(world->stream);
    assert_int_equal(bw_thread_start(&drainer, "drain", drain, world), 0);
    for (int i = 0; i < 20; i++) { /* signs of life, which are no reason to go */
        fake_idle(world->bus);
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    tell(world, 1);
    expect_events(&world->w, 1, 1);
    expect_restart(&world->w);
    bw_thread_join(&drainer);
    close_world(world);
}

/* Nobody can be given what only the bus has: they are told so in time, each with another hint. */
static void test_the_bus_is_away(void **state)
{
    (void)state;
    struct world *world = open_world(&small);
    struct watcher late;
    publish(world, "system", 3000);
    world->bus->away = true;
    say_hello(world, &late, 0);
    watch_say(&late, SUBSCRIBE(",\"after\":\"oldest\""));
    expect_error(&late, "unavailable");
    bw_stream_close_door(world->stream);
    struct bw_thread drainer;
    struct draining d = {world, 1500};
    assert_int_equal(bw_thread_start(&drainer, "drain", drain_for, &d), 0);
    unsigned first = expect_restart(&world->w), second = expect_restart(&late);
    assert_true(first != second);
    watch_close(&late);
    bw_thread_join(&drainer);
    assert_int_equal(bw_stream_connections(world->stream), 0);
    close_world(world);
}

static void test_who_does_not_read_is_cut(void **state)
{
    (void)state;
    struct world *world = open_world(&small);
    struct watcher deaf;
    say_hello(world, &deaf, 4096);
    subscribe(&deaf, SUBSCRIBE(""), true, 0);
    publish(world, "system", 3000);
    bw_stream_close_door(world->stream);
    int64_t begun_us = bw_clock_mono_us();
    bw_stream_drain(world->stream, fake_head(world->bus), 600);
    assert_true(bw_clock_mono_us() - begun_us >= 600000); /* it had its time */
    assert_true(bw_stream_connections(world->stream) > 0);
    watch_close(&deaf);
    close_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everybody_gets_all),
        cmocka_unit_test(test_what_is_on_its_way_is_waited_for),
        cmocka_unit_test(test_the_bus_is_away),
        cmocka_unit_test(test_who_does_not_read_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

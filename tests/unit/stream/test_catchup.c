/* Catching up: cursors, replay, snapshots, conflation, resets, and a bus that is away. */
#include "world.h"

static void test_after_is_honoured_from_the_ring(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher first; /* while somebody watches there is a ring */
    say_hello(world, &first, 0);
    subscribe(&first, SUBSCRIBE(""), true, 0);
    publish(world, "system", 20);
    unsigned asked = world->bus->n_asked;
    subscribe(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.15\""), true, 15);
    expect_events(&world->w, 16, 20);
    assert_int_equal(world->bus->n_asked, asked);
    watch_close(&first);
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

static void test_history_before_the_start(void **state)
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
    subscribe(&fresh, SUBSCRIBE(""), true, 30); /* begins now all the same */
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
    subscribe(&world->w, SUBSCRIBE(",\"snapshot\":true"), true, 7);
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

static void test_conflate(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 8192});
    char task[16];
    for (unsigned i = 1; i <= 1000; i++) {
        snprintf(task, sizeof task, "task-%u", i % 10);
        fake_publish(world->bus, "system", i > 998 ? "TASK_DELETED" : "A", task, "", 50);
    }
    subscribe(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.3\",\"catchup\":\"conflate\""), true, 3);
    json_t *o = watch_expect(&world->w, "conflated");
    assert_int_equal(json_array_size(json_object_get(o, "tasks")), 8);
    json_t *deleted = json_object_get(o, "deleted");
    assert_int_equal(json_array_size(deleted), 2);
    assert_string_equal(json_string_value(json_array_get(deleted, 0)), "task-9");
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
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
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
    expect_error(&world->w, "unavailable");
    watch_say(&world->w, "{\"type\":\"ping\"}");
    json_decref(watch_expect(&world->w, "pong"));
    world->bus->away = false;
    json_decref(watch_expect(&world->w, "subscribed"));
    wait_until(bw_stream_is_live(world->stream));
    publish(world, "system", 1);
    expect_events(&world->w, 1, 1);
    close_world(world);
}

/* What comes meanwhile is not missing: the bridge begins where the place was found. */
static void test_following_the_bus_fails_at_first(void **state)
{
    (void)state;
    struct world *world = calloc(1, sizeof *world);
    world->bus = fake_create();
    world->bus->n_deaf = 2;
    publish(world, "system", 3);
    start(world, &usual);
    wait_until(world->bus->n_deaf < 2);
    publish(world, "system", 3);
    wait_until(fake_is_followed(world->bus));
    wait_until(bw_stream_is_live(world->stream));
    say_hello(world, &world->w, 0);
    subscribe(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.3\""), true, 3);
    publish(world, "system", 1);
    expect_events(&world->w, 4, 7);
    assert_int_equal(world->bus->n_asked, 2); /* for the place, and for a page */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_after_is_honoured_from_the_ring),
        cmocka_unit_test(test_after_is_honoured_from_the_journal),
        cmocka_unit_test(test_history_before_the_start),
        cmocka_unit_test(test_cursors_that_cannot_be_honoured),
        cmocka_unit_test(test_a_reset_of_a_topic_without_rows),
        cmocka_unit_test(test_snapshot_in_chunks_then_live),
        cmocka_unit_test(test_filters_hold_for_replay_too),
        cmocka_unit_test(test_conflate),
        cmocka_unit_test(test_the_journal_is_replaced),
        cmocka_unit_test(test_the_bus_is_away),
        cmocka_unit_test(test_the_bus_comes_after_the_streams),
        cmocka_unit_test(test_following_the_bus_fails_at_first),
        cmocka_unit_test(test_the_bus_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

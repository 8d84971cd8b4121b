/* Live delivery: order, topics, filters, slow clients, events larger than the ring. */
#include "world.h"

static void test_live_events_arrive_in_order(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
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
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
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
    subscribe(&world->w, "{\"type\":\"subscribe\",\"topic\":\"mine\"}", true, 3);
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
              true, 0);
    json_t *o = watch_expect(&world->w, "snapshot");
    assert_int_equal(json_array_size(json_object_get(o, "tasks")), 2);
    json_decref(o);
    subscribe(&owner, SUBSCRIBE(",\"filter\":{\"owner\":\"kim\"}"), true, 0);
    subscribe(&types, SUBSCRIBE(",\"filter\":{\"event_types\":[\"B\"],\"owner\":\"lee\"}"), true,
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

static void test_subscribing_again_keeps_the_place(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
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
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
    watch_say(&world->w, "{\"type\":\"unsubscribe\",\"topic\":\"system\"}");
    json_decref(watch_expect(&world->w, "unsubscribed"));
    publish(world, "system", 3);
    watch_say(&world->w, "{\"type\":\"ping\"}");
    json_decref(watch_expect(&world->w, "pong"));
    close_world(world);
}

static void test_a_slow_client_is_replayed_and_harms_nobody(void **state)
{
    (void)state;
    struct world *world =
        open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 65536});
    struct watcher slow;
    say_hello(world, &slow, 4096);
    subscribe(&slow, SUBSCRIBE(""), true, 0);
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
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
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
    publish(world, "system", 3);
    fake_publish(world->bus, "system", "X", "t", "", 200000);
    publish(world, "system", 3);
    expect_events(&world->w, 1, 7);
    close_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_events_arrive_in_order),
        cmocka_unit_test(test_an_event_as_pages_know_it),
        cmocka_unit_test(test_a_topic_of_ones_own),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_subscribing_again_keeps_the_place),
        cmocka_unit_test(test_unsubscribe),
        cmocka_unit_test(test_a_slow_client_is_replayed_and_harms_nobody),
        cmocka_unit_test(test_an_event_larger_than_the_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

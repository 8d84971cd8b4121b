/* Server-sent events on a bus in memory: merging when events come out of order, holes that stay,
 * ids. */
#include "http_watcher.h"

/* Whoever watches `topics` has its ring, and with it all that comes. */
static void watch_both(struct world *world, struct watcher *w)
{
    come(world, w, new_watch("system,logs", false));
    expect_stream(w, 2);
}

/* --- Merging ------------------------------------------------------------------------- */

static void test_topics_come_one_after_the_other(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher both, logs;
    watch_both(world, &both);
    come(world, &logs, new_watch("logs", false));
    expect_stream(&logs, 1);
    for (int i = 0; i < 100; i++)
        journal(world, i % 3 == 0 ? "logs" : i % 3 == 1 ? "system" : "other");
    for (unsigned turn = 0; turn < 3; turn++)
        for (uint64_t seq = 1; seq <= 100; seq++)
            if ((seq - 1) % 3 == turn)
                tell(world, seq);
    for (uint64_t seq = 1; seq <= 100; seq++) {
        if ((seq - 1) % 3 != 2)
            assert_int_equal(next_seq(&both), seq);
        if ((seq - 1) % 3 == 0)
            assert_int_equal(next_seq(&logs), seq); /* one topic waits for no other */
    }
    watch_close(&both);
    watch_close(&logs);
    close_world(world);
}

/* Nothing beyond a hole is told, and with the next event everything is. */
static void test_a_hole_holds_back(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher both, system;
    watch_both(world, &both);
    come(world, &system, new_watch("system", false));
    expect_stream(&system, 1);
    for (int i = 0; i < 4; i++)
        journal(world, i == 1 ? "logs" : "system");
    tell(world, 1);
    tell(world, 3);
    tell(world, 4);
    assert_int_equal(next_seq(&both), 1);
    for (uint64_t seq = 1; seq <= 4; seq++)
        if (seq != 2)
            assert_int_equal(next_seq(&system), seq); /* so they have passed … */
    struct pollfd p = {.fd = both.fd, .events = POLLIN};
    assert_true(both.in.len == both.taken && poll(&p, 1, 50) == 0); /* … and are held back */
    tell(world, 2);
    for (uint64_t seq = 2; seq <= 4; seq++)
        assert_int_equal(next_seq(&both), seq);
    watch_close(&both);
    watch_close(&system);
    close_world(world);
}

/* The time for which a hole is waited for begins when it is seen, not with the silence before. */
static void test_a_hole_after_silence_holds_back(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher both, system;
    watch_both(world, &both);
    come(world, &system, new_watch("system", false));
    expect_stream(&system, 1);
    journal(world, "logs");
    journal(world, "system");
    poll(NULL, 0, 3200); /* longer than a hole is waited for */
    tell(world, 2);
    assert_int_equal(next_seq(&system), 2);
    struct pollfd p = {.fd = both.fd, .events = POLLIN};
    assert_true(both.in.len == both.taken && poll(&p, 1, 50) == 0);
    tell(world, 1);
    for (uint64_t seq = 1; seq <= 2; seq++)
        assert_int_equal(next_seq(&both), seq);
    watch_close(&both);
    watch_close(&system);
    close_world(world);
}

/* An event that never comes, and more behind it than is waited for: the journal has it. */
static void test_a_hole_that_stays(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher both;
    watch_both(world, &both);
    enum { N = (1 << 16) + 100 };
    journal(world, "logs");
    for (int i = 1; i < N; i++)
        fake_publish(world->bus, i % 1000 == 0 ? "system" : "other", "X", "t", "", 10);
    fake_idle(world->bus);
    assert_int_equal(next_seq(&both), 1);
    for (uint64_t seq = 1001; seq <= N; seq += 1000)
        assert_int_equal(next_seq(&both), seq);
    tell(world, 1); /* it comes after all: not twice */
    publish(world, "system", 1);
    assert_int_equal(next_seq(&both), N + 1);
    watch_close(&both);
    close_world(world);
}

/* What has not come when everything was told is not waited for. */
static void test_a_hole_that_is_none(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher both;
    watch_both(world, &both);
    journal(world, "logs"); /* of a kind that cannot be told */
    publish(world, "system", 2);
    journal(world, "logs");
    publish(world, "system", 1);
    fake_reached(world->bus, 3);
    for (uint64_t seq = 2; seq <= 3; seq++)
        assert_int_equal(next_seq(&both), seq);
    tell(world, 4);
    for (uint64_t seq = 4; seq <= 5; seq++)
        assert_int_equal(next_seq(&both), seq);
    watch_close(&both);
    close_world(world);
}

static void test_resuming_between_two_topics(void **state)
{
    (void)state;
    struct world *world = open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 8192});
    for (int i = 0; i < 500; i++)
        fake_publish(world->bus, i % 2 ? "logs" : "system", "X", "t", "", 50);
    for (uint64_t seq = 0; seq < 500; seq += 83) {
        struct watcher both;
        struct bw_watch *watch = new_watch("logs,system", false);
        set_after(watch, FAKE_EPOCH, seq);
        come(world, &both, watch);
        expect_stream(&both, 2);
        for (uint64_t next = seq + 1; next <= 500; next++)
            assert_int_equal(next_seq(&both), next);
        watch_close(&both);
    }
    close_world(world);
}

/* Now is when the stream begins, though its ring is opened later: who has the answer's head may
 * publish, and see it. */
static void test_now_is_when_it_begins(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher w;
    journal(world, "system");
    unsigned came = world->bus->n_came;
    pthread_mutex_lock(&world->bus->lock); /* so the replay thread does not get further … */
    watch_say(&world->w, "{\"type\":\"subscribe\",\"topic\":\"logs\",\"after\":\"oldest\"}");
    wait_until(world->bus->n_came > came); /* … than this question */
    come(world, &w, new_watch("system", false));
    expect_head(&w);
    fake_tell(world->bus, &world->bus->events[0]);
    bw_bridge_idle(world->bus->bridge);
    pthread_mutex_unlock(&world->bus->lock);
    read_to(&w, "\n\n");
    assert_non_null(strstr(read_to(&w, "\n\n"), "event: subscribed\nid: 1f0c22aa.0\n"));
    assert_int_equal(next_seq(&w), 1);
    watch_close(&w);
    close_world(world);
}

/* --- Ids ----------------------------------------------------------------------------- */

static void test_ids_are_promises(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    world->bus->n_tasks = 1200; /* three pages */
    publish(world, "system", 7);
    struct watcher w;
    struct bw_watch *watch = new_watch("system", false);
    set_after(watch, 1, 3);
    come(world, &w, watch);
    expect_head(&w);
    read_to(&w, "\n\n");
    assert_null(strstr(read_to(&w, "\n\n"), "\nid:")); /* subscribed, not recovered */
    assert_null(strstr(read_to(&w, "\n\n"), "\nid:")); /* reset */
    int n_pages = 0;
    const char *page;
    do {
        page = read_to(&w, ",\"more\":");
        assert_non_null(strstr(page, "event: snapshot\n"));
        bool has_id = strstr(page, "\nid: 1f0c22aa.7\n") != NULL;
        page = read_to(&w, "\n\n");
        assert_int_equal(has_id, strncmp(page, "false", 5) == 0);
        n_pages++;
    } while (strncmp(page, "true", 4) == 0);
    assert_int_equal(n_pages, 3);
    watch_close(&w);
    close_world(world);
}

static void test_a_heartbeat_has_the_place_reached(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher w;
    come(world, &w, new_watch("logs", false));
    expect_stream(&w, 1);
    publish(world, "system", 5);
    assert_string_equal(read_to(&w, "\n\n"), ": heartbeat\nid: 1f0c22aa.5\n\n");
    watch_close(&w);
    close_world(world);
}

/* --- The client's end ---------------------------------------------------------------- */

static void test_who_says_no_more_still_listens(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher w;
    come(world, &w, new_watch("system", false));
    expect_stream(&w, 1);
    shutdown(w.fd, SHUT_WR);
    assert_string_equal(read_to(&w, "\n\n"), ":\n\n");
    publish(world, "system", 3);
    for (uint64_t seq = 1; seq <= 3; seq++)
        assert_int_equal(next_seq(&w), seq);
    watch_close(&w);
    wait_until(bw_stream_connections(world->stream) == 1);
    close_world(world);
}

/* Over TCP the end looks the same from who listens and from who is gone. */
static void test_who_is_gone_is_noticed(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    for (int is_long_poll = 0; is_long_poll < 2; is_long_poll++) {
        struct watcher w;
        struct bw_watch *watch = new_watch("system", is_long_poll);
        set_after(watch, FAKE_EPOCH, 0);
        come_by_tcp(world, &w, watch);
        if (!is_long_poll)
            expect_stream(&w, 1);
        watch_close(&w);
        wait_until(bw_stream_connections(world->stream) == 1);
    }
    close_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics_come_one_after_the_other),
        cmocka_unit_test(test_a_hole_holds_back),
        cmocka_unit_test(test_a_hole_after_silence_holds_back),
        cmocka_unit_test(test_a_hole_that_stays),
        cmocka_unit_test(test_a_hole_that_is_none),
        cmocka_unit_test(test_resuming_between_two_topics),
        cmocka_unit_test(test_now_is_when_it_begins),
        cmocka_unit_test(test_ids_are_promises),
        cmocka_unit_test(test_a_heartbeat_has_the_place_reached),
        cmocka_unit_test(test_who_says_no_more_still_listens),
        cmocka_unit_test(test_who_is_gone_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

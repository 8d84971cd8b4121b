/* Long-polls on a bus in memory: their one answer, whatever happens. */
#include <sys/epoll.h>

#include "http_watcher.h"

#include "web/stream/conn.h"
#include "web/stream/engine.h"

/* Of more than it may have. */
static void poll_four(struct world *world, uint64_t after)
{
    struct watcher w;
    char cursor[BW_CURSOR_LEN + 1];
    struct bw_watch *watch = new_watch("system", true);
    watch->limit = 4;
    set_after(watch, FAKE_EPOCH, after);
    come(world, &w, watch);
    json_t *answer = read_answer(&w), *data = json_object_get(answer, "data");
    assert_int_equal(json_array_size(json_object_get(data, "events")), 4);
    assert_true(json_is_true(json_object_get(data, "more")));
    bw_cursor_format(FAKE_EPOCH, after + 4, cursor);
    assert_string_equal(member(answer, "cursor"), cursor);
    json_decref(answer);
    watch_close(&w);
}

static void test_a_poll_is_answered_from_journal_and_ring(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    publish(world, "system", 10);
    poll_four(world, 3);
    unsigned asked = world->bus->n_asked;
    publish(world, "system", 10); /* the ring is there now, and stays for a while */
    poll_four(world, 12);
    assert_int_equal(world->bus->n_asked, asked);
    close_world(world);
}

static void test_a_poll_waits(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher w;
    struct bw_watch *watch = new_watch("system,logs", true);
    set_after(watch, FAKE_EPOCH, 0);
    come(world, &w, watch);
    publish(world, "logs", 1);
    json_t *answer = read_answer(&w);
    assert_string_equal(member(answer, "cursor"), "1f0c22aa.1");
    json_decref(answer);
    watch_close(&w);
    wait_until(bw_stream_connections(world->stream) == 1);
    close_world(world);
}

static void test_a_poll_ends_in_time(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher w;
    struct bw_watch *watch = new_watch("logs", true);
    watch->wait_s = 2;
    set_after(watch, FAKE_EPOCH, 0);
    come(world, &w, watch);
    json_t *answer = read_answer(&w);
    assert_string_equal(member(answer, "cursor"), "1f0c22aa.0");
    assert_true(json_is_false(json_object_get(answer, "reset")));
    json_decref(answer);
    watch_close(&w);
    close_world(world);
}

static void test_a_poll_is_reset(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher w;
    struct bw_watch *watch = new_watch("system", true);
    set_after(watch, 5, 0);
    publish(world, "system", 3);
    come(world, &w, watch);
    json_t *answer = read_answer(&w);
    assert_string_equal(member(answer, "reason"), "epoch");
    assert_string_equal(member(answer, "cursor"), "1f0c22aa.3");
    json_decref(answer);
    watch_close(&w);
    close_world(world);
}

/* An event that came too late for those who wait for it in order may still come: until it has, or
 * everything was told, nobody gets a place beyond it. */
static void test_a_place_is_no_guess(void **state)
{
    (void)state;
    static const uint64_t last = (1 << 16) + 100;
    struct world *world = open_world(&usual);
    struct watcher w;
    char cursor[BW_CURSOR_LEN + 1];
    publish(world, "quiet", 1);
    for (int i = 0; i < 3; i++) {
        struct bw_watch *watch = new_watch("quiet", true);
        watch->wait_s = 2;
        set_after(watch, FAKE_EPOCH, i > 0);
        come(world, &w, watch);
        if (i == 1) {
            journal(world, "logs");
            for (uint64_t seq = 3; seq <= last; seq++)
                fake_publish(world->bus, "other", "X", "t", "", 10);
        } else if (i == 2) {
            tell(world, 2);
            fake_reached(world->bus, last);
        }
        json_t *answer = read_answer(&w);
        bw_cursor_format(FAKE_EPOCH, i < 2 ? 1 : last, cursor);
        assert_string_equal(member(answer, "cursor"), cursor);
        json_decref(answer);
        watch_close(&w);
    }
    close_world(world);
}

/* --- The client's end ---------------------------------------------------------------- */

static void test_who_says_no_more_gets_the_answer(void **state)
{
    (void)state;
    struct world *world = open_world(&usual);
    struct watcher w;
    struct bw_watch *watch = new_watch("system", true);
    set_after(watch, FAKE_EPOCH, 0);
    come(world, &w, watch);
    shutdown(w.fd, SHUT_WR);
    assert_string_equal(read_to(&w, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    publish(world, "system", 1);
    json_t *answer = read_answer(&w);
    assert_string_equal(member(answer, "cursor"), "1f0c22aa.1");
    json_decref(answer);
    wait_until(bw_stream_connections(world->stream) == 1); /* both have said their last */
    watch_close(&w);
    close_world(world);
}

/* --- Faults -------------------------------------------------------------------------- */

/* Also who gets no subscription at all gets an answer of HTTP, and at once. */
static void test_a_refusal_is_an_answer(void **state)
{
    (void)state;
    struct world *world =
        open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 8192, .max_topics = 1});
    struct watcher w;
    subscribe(&world->w, "{\"type\":\"subscribe\",\"topic\":\"logs\"}", true, 0);
    come(world, &w, new_watch("system", true)); /* no room for its topic */
    assert_non_null(strstr(read_to(&w, "\r\n\r\n"), "HTTP/1.1 503 "));
    assert_non_null(strstr(read_to(&w, "}"), "\"code\":\"busy\""));
    watch_close(&w);
    close_world(world);
}

/* As if there were no memory for the subscription: that it may have none is told the same way. */
static void test_who_may_not_subscribe_gets_an_answer(void **state)
{
    (void)state;
    struct bw_engine engine = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct watcher w = {0};
    int fds[2];
    assert_int_equal(bw_fdset_create(&engine.owned), 0);
    assert_int_equal(bw_door_create(&engine.door, 1, 1), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    struct bw_arrival arrival = {.fd = fds[1], .watch = new_watch("system", true)};
    set_after(arrival.watch, FAKE_EPOCH, 0);
    assert_int_equal(bw_conn_create(&engine, &arrival), 0);
    w.fd = fds[0];
    assert_non_null(strstr(read_to(&w, "\r\n\r\n"), "HTTP/1.1 503 "));
    assert_non_null(strstr(read_to(&w, "}"), "\"code\":\"busy\""));
    assert_int_equal(engine.conns[0]->state, BW_CONN_CLOSING);
    watch_close(&w);
    bw_conn_destroy(engine.conns[0]);
    bw_door_destroy(&engine.door);
    bw_fdset_destroy(&engine.owned);
    bw_buf_free(&engine.scratch);
    free(engine.conns);
    close(engine.epoll);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_poll_is_answered_from_journal_and_ring),
        cmocka_unit_test(test_a_poll_waits),
        cmocka_unit_test(test_a_poll_ends_in_time),
        cmocka_unit_test(test_a_poll_is_reset),
        cmocka_unit_test(test_a_place_is_no_guess),
        cmocka_unit_test(test_who_says_no_more_gets_the_answer),
        cmocka_unit_test(test_a_refusal_is_an_answer),
        cmocka_unit_test(test_who_may_not_subscribe_gets_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

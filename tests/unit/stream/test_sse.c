/* Server-sent events and long-polls on a bus in memory: merging when events come out of order,
 * holes that stay, ids, answers. */
#include "world.h"

#include "web/stream/watch.h"

/* --- A client of HTTP ---------------------------------------------------------------- */

static struct bw_watch *new_watch(const char *topics, bool is_long_poll)
{
    struct bw_watch *watch = calloc(1, sizeof *watch);
    struct bw_str names[8];
    size_t n = 0;
    for (const char *at = topics; *at; n++) {
        names[n] = (struct bw_str){at, strcspn(at, ",")};
        at += names[n].len + (at[names[n].len] == ',');
    }
    enum bw_encoding encoding = is_long_poll ? BW_ENCODING_LIST : BW_ENCODING_SSE;
    assert_int_equal(bw_feed_create(&watch->feed, (struct bw_str_set){names, n}, encoding, NULL),
                     0);
    watch->is_long_poll = is_long_poll;
    watch->limit = 100;
    watch->wait_s = 60;
    bw_buf_puts(&watch->headers, BW_STR("X-Test: yes\r\n"));
    return watch;
}

static void set_after(struct bw_watch *watch, uint32_t epoch, uint64_t seq)
{
    watch->has_after = true;
    watch->after = (struct bw_cursor){BW_CURSOR_AT, epoch, seq};
}

/* Takes the watch. */
static void come(struct world *world, struct watcher *w, struct bw_watch *watch)
{
    int fds[2];
    *w = (struct watcher){0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(bw_stream_enter(world->stream, 0, NULL), 0);
    assert_int_equal(bw_stream_adopt_watch(world->stream, fds[1], 0, watch), 0);
    w->fd = fds[0];
}

/* Everything up to and with `end`, as a string that lives until the next call. */
static const char *read_to(struct watcher *w, const char *end)
{
    static char text[1 << 20];
    for (;;) {
        const char *found = w->in.len > w->taken ? memmem(w->in.data + w->taken,
                                                          w->in.len - w->taken, end, strlen(end))
                                                 : NULL;
        if (found) {
            size_t len = (size_t)(found - (w->in.data + w->taken)) + strlen(end);
            assert_true(len < sizeof text);
            memcpy(text, w->in.data + w->taken, len);
            text[len] = '\0';
            w->taken += len;
            return text;
        }
        if (!watch_fill(w))
            fail_msg("hung up before \"%s\"", end);
    }
}

static void expect_head(struct watcher *w)
{
    const char *head = read_to(w, "\r\n\r\n");
    assert_non_null(strstr(head, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(head, "\r\nX-Test: yes\r\n"));
}

static void expect_stream(struct watcher *w, int n_topics)
{
    expect_head(w);
    assert_string_equal(read_to(w, "\n\n"), "retry: 2000\n\n");
    for (int i = 0; i < n_topics; i++)
        assert_non_null(strstr(read_to(w, "\n\n"), "event: subscribed\n"));
}

/* The next block with an id; its seq. */
static uint64_t next_seq(struct watcher *w)
{
    const char *id = NULL;
    while (!id)
        id = strstr(read_to(w, "\n\n"), "\nid: 1f0c22aa.");
    return strtoull(id + strlen("\nid: 1f0c22aa."), NULL, 10);
}

static json_t *read_answer(struct watcher *w)
{
    json_error_t error;
    expect_head(w);
    while (watch_fill(w))
        ;
    json_t *answer = json_loadb(w->in.data + w->taken, w->in.len - w->taken, 0, &error);
    if (!answer)
        fail_msg("%s", error.text);
    return answer;
}

/* Whoever watches `topics` has its ring, and with it all that comes. */
static void watch_both(struct world *world, struct watcher *w)
{
    come(world, w, new_watch("system,logs", false));
    expect_stream(w, 2);
}

/* --- Merging ------------------------------------------------------------------------- */

/* Journals without telling; tell() does that later. */
static void journal(struct world *world, const char *topic)
{
    world->bus->hushed = true;
    fake_publish(world->bus, topic, "X", "t", "", 10);
    world->bus->hushed = false;
}

static void tell(struct world *world, uint64_t seq)
{
    pthread_mutex_lock(&world->bus->lock);
    fake_tell(world->bus, &world->bus->events[seq - 1]);
    pthread_mutex_unlock(&world->bus->lock);
    fake_idle(world->bus);
}

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

/* --- Long-polls ---------------------------------------------------------------------- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics_come_one_after_the_other),
        cmocka_unit_test(test_a_hole_holds_back),
        cmocka_unit_test(test_a_hole_after_silence_holds_back),
        cmocka_unit_test(test_a_hole_that_stays),
        cmocka_unit_test(test_resuming_between_two_topics),
        cmocka_unit_test(test_ids_are_promises),
        cmocka_unit_test(test_a_heartbeat_has_the_place_reached),
        cmocka_unit_test(test_a_poll_is_answered_from_journal_and_ring),
        cmocka_unit_test(test_a_poll_waits),
        cmocka_unit_test(test_a_poll_ends_in_time),
        cmocka_unit_test(test_a_poll_is_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

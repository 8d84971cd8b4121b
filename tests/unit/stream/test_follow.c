/* Filtered subscriptions: each gets exactly its own, whatever happens to filter, socket and ring.
 */
#include "world.h"

enum { TASKS = 8 };

/* Event seq is about task-(seq % TASKS). A filter is a mask of tasks. */
static void publish_numbered(struct world *world, unsigned n, size_t fill)
{
    for (unsigned i = 0; i < n; i++) {
        char task[16];
        snprintf(task, sizeof task, "task-%u", (unsigned)((fake_head(world->bus) + 1) % TASKS));
        fake_publish(world->bus, "system", "X", task, "", fill);
    }
    fake_idle(world->bus);
}

static void say_filter(const struct watcher *w, unsigned mask, const char *more)
{
    char json[512];
    int n =
        snprintf(json, sizeof json,
                 "{\"type\":\"subscribe\",\"topic\":\"system\"%s,\"filter\":{\"task_id\":[", more);
    for (unsigned task = 0, any = 0; task < TASKS; task++)
        if (mask >> task & 1)
            n += snprintf(json + n, sizeof json - (size_t)n, "%s\"task-%u\"", any++ ? "," : "",
                          task);
    snprintf(json + n, sizeof json - (size_t)n, "]}}");
    watch_say(w, json);
}

static uint64_t seq_of(const json_t *o)
{
    return strtoull(strchr(member(o, "cursor"), '.') + 1, NULL, 10);
}

/* What a watcher must be told: of the events after `at` those in `mask`. */
struct reader {
    struct watcher w;
    uint64_t at;
    unsigned mask;
};

static uint64_t next_wanted(const struct reader *r)
{
    uint64_t seq = r->at + 1;
    while (!(r->mask >> seq % TASKS & 1))
        seq++;
    return seq;
}

/* Reads events up to seq, nothing else. */
static void read_to(struct reader *r, uint64_t seq)
{
    for (uint64_t wanted; (wanted = next_wanted(r)) <= seq; r->at = wanted)
        assert_int_equal(watch_event(&r->w), wanted);
    r->at = seq;
}

/* Reads to the answer to a new filter, up to whose cursor the old one must have been served. */
static void read_to_answer(struct reader *r, unsigned mask)
{
    for (;;) {
        int opcode;
        struct bw_str text;
        assert_true(watch_frame(&r->w, &opcode, &text));
        if (opcode != BW_WS_TEXT)
            continue;
        json_t *o = json_loadb(text.ptr, text.len, 0, NULL);
        assert_non_null(o);
        bool is_answer = strcmp(member(o, "type"), "subscribed") == 0;
        uint64_t seq = seq_of(o);
        json_decref(o);
        if (is_answer) {
            assert_true(next_wanted(r) > seq);
            r->at = seq;
            r->mask = mask;
            return;
        }
        assert_int_equal(seq, next_wanted(r));
        r->at = seq;
    }
}

static void test_each_gets_its_own(void **state)
{
    (void)state;
    enum { READERS = 60, EVENTS = 3000 };
    struct world *world = open_world(&usual);
    static struct reader readers[READERS];
    subscribe(&world->w, SUBSCRIBE(""), true, 0);
    for (unsigned i = 0; i < READERS; i++) {
        readers[i] = (struct reader){.mask = 1u << i % TASKS | (i % 3 ? 0 : 1u << i / 3 % TASKS)};
        say_hello(world, &readers[i].w, 0);
        say_filter(&readers[i].w, readers[i].mask, "");
        json_decref(watch_expect(&readers[i].w, "subscribed"));
    }
    for (unsigned i = 0; i < EVENTS; i += 100)
        publish_numbered(world, 100, 10);
    expect_events(&world->w, 1, EVENTS);
    for (unsigned i = 0; i < READERS; i++) {
        read_to(&readers[i], EVENTS);
        watch_close(&readers[i].w);
    }
    close_world(world);
}

/* Changes the filter again and again while events come. */
static void change_filters(const struct bw_stream_options *options, int buffer_bytes, size_t fill)
{
    enum { ROUNDS = 40, EVENTS = 30 };
    struct world *world = open_world(options);
    struct reader r = {.mask = 1};
    srand(11);
    say_hello(world, &r.w, buffer_bytes);
    say_filter(&r.w, r.mask, "");
    json_decref(watch_expect(&r.w, "subscribed"));
    for (int round = 0; round < ROUNDS; round++) {
        unsigned mask = 1 + (unsigned)rand() % ((1u << TASKS) - 1);
        publish_numbered(world, (unsigned)(rand() % EVENTS), fill);
        say_filter(&r.w, mask, "");
        publish_numbered(world, (unsigned)(rand() % EVENTS), fill);
        read_to_answer(&r, mask);
    }
    publish_numbered(world, TASKS, fill);
    read_to(&r, fake_head(world->bus));
    watch_close(&r.w);
    close_world(world);
}

static void test_a_filter_changed_at_the_head(void **state)
{
    (void)state;
    change_filters(&usual, 0, 10);
}

/* The socket takes a few events, the ring has gone on: nearly all changes meet a page. */
static void test_a_filter_changed_while_catching_up(void **state)
{
    (void)state;
    change_filters(&(struct bw_stream_options){.threads = 1, .ring_bytes = 16384}, 4096, 1500);
}

/* A page of history is half sent when the filter changes. */
static void test_a_filter_changed_in_the_middle_of_a_page(void **state)
{
    (void)state;
    enum { EVENTS = 2000 };
    struct world *world =
        open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 16384});
    publish_numbered(world, EVENTS, 300);
    struct reader r = {.mask = 0x0f};
    say_hello(world, &r.w, 4096);
    say_filter(&r.w, r.mask, ",\"after\":\"oldest\"");
    json_decref(watch_expect(&r.w, "subscribed"));
    read_to(&r, 10);
    say_filter(&r.w, 0xf1, "");
    read_to_answer(&r, 0xf1);
    assert_true(r.at < EVENTS);
    read_to(&r, EVENTS);
    watch_close(&r.w);
    close_world(world);
}

/* A page that was fetched for somebody else begins before the place of who gets it, too. */
static void test_a_shared_page_takes_no_place_back(void **state)
{
    (void)state;
    struct world *world = open_world(
        &(struct bw_stream_options){.threads = 1, .ring_bytes = 8192, .messages_per_s = 1000000});
    struct watcher slow, other;
    char cursor[BW_CURSOR_LEN + 1];
    for (unsigned i = 0; i < 600; i++)
        fake_publish(world->bus, i % 10 ? "other" : "system", "X", "t", "", 500);
    subscribe(&world->w, SUBSCRIBE(",\"after\":\"1f0c22aa.0\""), true, 0); /* it is fetched */
    for (uint64_t seq = 1; seq <= 600; seq += 10)
        assert_int_equal(watch_event(&world->w), seq);
    say_hello(world, &slow, 4096);
    for (int i = 0; i < 200; i++) /* until its socket has no room for what comes then */
        watch_send_frame(&slow, BW_WS_PING, "a hundred bytes, more or less, that want an answer");
    watch_say(&slow, SUBSCRIBE(",\"after\":\"1f0c22aa.15\""));
    wait_until(bw_stream_subscriptions(world->stream, BW_STR("system")) == 2);
    say_hello(world, &other, 0); /* its page comes after that of the slow one */
    subscribe(&other, SUBSCRIBE(",\"after\":\"1f0c22aa.0\""), true, 0);
    watch_say(&slow, SUBSCRIBE(",\"filter\":{\"task_id\":\"t\"}"));
    bw_cursor_format(FAKE_EPOCH, 15, cursor);
    for (int i = 0; i < 2; i++) {
        int opcode;
        struct bw_str payload;
        do
            assert_true(watch_frame(&slow, &opcode, &payload));
        while (opcode != BW_WS_TEXT);
        assert_non_null(memmem(payload.ptr, payload.len, cursor, strlen(cursor)));
    }
    for (uint64_t seq = 21; seq <= 600; seq += 10)
        assert_int_equal(watch_event(&slow), seq);
    watch_close(&slow);
    watch_close(&other);
    close_world(world);
}

static void test_a_follower_that_does_not_read_for_long(void **state)
{
    (void)state;
    enum { EVENTS = 3000 };
    struct world *world =
        open_world(&(struct bw_stream_options){.threads = 1, .ring_bytes = 65536});
    struct reader slow = {.mask = 0x03}, quick = {.mask = 0x06};
    say_hello(world, &slow.w, 4096);
    say_hello(world, &quick.w, 0);
    say_filter(&slow.w, slow.mask, "");
    json_decref(watch_expect(&slow.w, "subscribed"));
    say_filter(&quick.w, quick.mask, "");
    json_decref(watch_expect(&quick.w, "subscribed"));
    for (uint64_t seq = 100; seq <= EVENTS; seq += 100) {
        publish_numbered(world, 100, 400);
        read_to(&quick, seq);
    }
    unsigned asked = world->bus->n_asked;
    read_to(&slow, EVENTS);
    assert_true(world->bus->n_asked > asked); /* the ring had gone on without it */
    publish_numbered(world, TASKS, 10);
    read_to(&slow, EVENTS + TASKS);
    read_to(&quick, EVENTS + TASKS);
    watch_close(&slow.w);
    watch_close(&quick.w);
    close_world(world);
}

/* The ring is cut under followers: they get it from the bus, each only its own. */
static void test_followers_of_a_ring_that_was_cut(void **state)
{
    (void)state;
    struct world *world =
        open_world(&(struct bw_stream_options){.threads = 2, .ring_bytes = 65536});
    struct reader r = {.mask = 0x11};
    say_hello(world, &r.w, 0);
    say_filter(&r.w, r.mask, "");
    json_decref(watch_expect(&r.w, "subscribed"));
    publish_numbered(world, 20, 10);
    read_to(&r, 20);
    publish_numbered(world, 10, 70000);
    publish_numbered(world, 20, 10);
    read_to(&r, 50);
    close_world(world);
    watch_close(&r.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_gets_its_own),
        cmocka_unit_test(test_a_filter_changed_at_the_head),
        cmocka_unit_test(test_a_filter_changed_while_catching_up),
        cmocka_unit_test(test_a_filter_changed_in_the_middle_of_a_page),
        cmocka_unit_test(test_a_shared_page_takes_no_place_back),
        cmocka_unit_test(test_a_follower_that_does_not_read_for_long),
        cmocka_unit_test(test_followers_of_a_ring_that_was_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

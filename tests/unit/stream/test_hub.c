/* The hub: channels come, are found and are reclaimed; places, resets and bells. */
#include "unit.h"

#include <poll.h>
#include <sched.h>

#include "base/thread.h"
#include "web/stream/hub.h"

struct fixture {
    struct bw_hub *hub;
    struct bw_bell bell;
};

static void create(struct fixture *f, unsigned max_topics)
{
    assert_int_equal(bw_bell_open(&f->bell), 0);
    const struct bw_hub_options options = {
        .ring_bytes = 4096, .max_topics = max_topics, .n_readers = 1, .bells = &f->bell};
    assert_int_equal(bw_hub_create(&f->hub, &options), 0);
}

static void destroy(struct fixture *f)
{
    bw_hub_destroy(&f->hub);
    bw_bell_close(&f->bell);
}

static void take(void *arg, struct bw_channel *channel)
{
    struct bw_channel **found = arg;
    assert_null(*found);
    *found = channel;
}

/* The channel of a feed of one topic. */
static struct bw_channel *pass(struct fixture *f, uint64_t seq, const char *topic)
{
    struct bw_channel *channel = NULL;
    bw_hub_pass(f->hub, (struct bw_place){7, seq});
    bw_hub_each(f->hub, bw_str(topic), take, &channel);
    return channel;
}

/* Of topics separated by spaces. */
static int open_feed(struct fixture *f, const char *names, enum bw_encoding encoding,
                     struct bw_channel **out)
{
    struct bw_str topics[4];
    struct bw_feed *feed;
    size_t n = 0;
    for (const char *at = names; *at; n++) {
        topics[n] = (struct bw_str){at, strcspn(at, " ")};
        at += topics[n].len + (at[topics[n].len] == ' ');
    }
    assert_int_equal(bw_feed_create(&feed, (struct bw_str_set){topics, n}, encoding, NULL), 0);
    int err = bw_hub_open(f->hub, feed, out);
    bw_feed_unref(&feed);
    return err;
}

static int open_topic(struct fixture *f, const char *topic, struct bw_channel **out)
{
    return open_feed(f, topic, BW_ENCODING_WEBSOCKET, out);
}

static void test_channels_are_shared_and_found(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_channel *a, *again, *b;
    create(&f, 4);
    assert_null(pass(&f, 1, "a"));
    assert_int_equal(open_topic(&f, "a", &a), 0);
    assert_int_equal(open_topic(&f, "a", &again), 0);
    assert_ptr_equal(a, again);
    assert_int_equal(open_topic(&f, "b", &b), 0);
    assert_ptr_equal(pass(&f, 2, "a"), a);
    assert_ptr_equal(pass(&f, 3, "b"), b);
    assert_null(pass(&f, 5, "c"));
    destroy(&f);
}

static void count(void *arg, struct bw_channel *channel)
{
    unsigned *n = arg;
    assert_non_null(channel->ring);
    ++*n;
}

static void test_a_topic_in_several_feeds(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_channel *ws, *sse, *both, *again;
    unsigned n = 0;
    create(&f, 4);
    assert_int_equal(open_feed(&f, "a", BW_ENCODING_WEBSOCKET, &ws), 0);
    assert_int_equal(open_feed(&f, "a", BW_ENCODING_SSE, &sse), 0);
    assert_int_equal(open_feed(&f, "b a", BW_ENCODING_SSE, &both), 0);
    assert_int_equal(open_feed(&f, "a b b", BW_ENCODING_SSE, &again), 0);
    assert_ptr_equal(both, again);
    assert_ptr_not_equal(ws, sse);
    bw_hub_each(f.hub, BW_STR("a"), count, &n);
    assert_int_equal(n, 3);
    bw_hub_each(f.hub, BW_STR("b"), count, &n);
    assert_int_equal(n, 4);
    bw_hub_each(f.hub, BW_STR("c"), count, &n);
    assert_int_equal(n, 4);
    bw_hub_each(f.hub, BW_STR(""), count, &n);
    assert_int_equal(n, 7);
    destroy(&f);
}

static void test_unused_channels_make_room(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_channel *a, *b, *c;
    create(&f, 2);
    assert_int_equal(open_topic(&f, "a", &a), 0);
    assert_int_equal(open_topic(&f, "b", &b), 0);
    assert_int_equal(open_topic(&f, "c", &c), BW_EBUSY);
    bw_hub_leave(f.hub, a);
    bw_hub_reclaim(f.hub, 0); /* not unused for long enough */
    assert_ptr_equal(pass(&f, 1, "a"), a);
    assert_int_equal(open_topic(&f, "c", &c), 0);
    assert_null(pass(&f, 2, "a"));
    assert_ptr_equal(pass(&f, 3, "c"), c);
    bw_hub_leave(f.hub, b);
    bw_hub_reclaim(f.hub, INT64_MAX);
    assert_null(pass(&f, 4, "b"));
    assert_ptr_equal(pass(&f, 5, "c"), c);
    destroy(&f);
}

static void test_what_may_be_missing_from_a_new_ring(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_channel *a;
    create(&f, 4);
    assert_null(pass(&f, 41, "a"));
    assert_null(pass(&f, 40, "a")); /* a late one of another topic does not turn the place back */
    assert_int_equal(open_topic(&f, "a", &a), 0);
    assert_int_equal(a->since, 41);
    destroy(&f);
}

static void test_places(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_place now;
    struct bw_channel *logs;
    create(&f, 4);
    assert_int_equal(open_topic(&f, "logs", &logs), 0);
    assert_false(bw_hub_now(f.hub, &now));
    bw_hub_begin(f.hub, (struct bw_place){7, 100});
    assert_true(bw_hub_now(f.hub, &now));
    assert_int_equal(now.epoch, 7);
    assert_int_equal(now.seq, 100);
    assert_int_equal(logs->since, 100);
    assert_int_equal(bw_hub_settled(f.hub), 100);
    pass(&f, 102, "logs");
    bw_hub_now(f.hub, &now);
    assert_int_equal(now.seq, 102);
    assert_int_equal(bw_hub_settled(f.hub), 100);
    destroy(&f);
}

static void test_reset_of_one_topic_and_of_all(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_place now;
    struct bw_channel *system, *logs, *both;
    create(&f, 4);
    assert_int_equal(open_topic(&f, "system", &system), 0);
    assert_int_equal(open_topic(&f, "logs", &logs), 0);
    assert_int_equal(open_feed(&f, "logs system", BW_ENCODING_SSE, &both), 0);
    bw_hub_begin(f.hub, (struct bw_place){7, 100});
    bw_hub_reset(f.hub, BW_STR("logs"), (struct bw_place){7, 150}, "retention");
    assert_int_equal(logs->resets, 2);
    assert_int_equal(both->resets, 2);
    assert_string_equal(logs->reset_reason, "retention");
    assert_int_equal(logs->since, 150);
    assert_int_equal(system->resets, 0);
    assert_int_equal(bw_hub_settled(f.hub), 100);
    bw_hub_reset(f.hub, BW_STR(""), (struct bw_place){8, 3}, "epoch");
    assert_int_equal(logs->resets, 4);
    assert_int_equal(system->resets, 2);
    assert_true(bw_hub_now(f.hub, &now));
    assert_int_equal(now.epoch, 8);
    assert_int_equal(now.seq, 3);
    assert_int_equal(bw_hub_settled(f.hub), 3);
    destroy(&f);
}

static bool is_ringing(const struct fixture *f)
{
    struct pollfd p = {.fd = f->bell.fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void test_bells(void **state)
{
    (void)state;
    struct fixture f;
    create(&f, 4);
    assert_int_equal(bw_hub_heard_us(f.hub), 0);
    bw_hub_heard(f.hub, false);
    assert_true(bw_hub_heard_us(f.hub) > 0);
    assert_false(is_ringing(&f));
    bw_hub_heard(f.hub, true);
    bw_hub_heard(f.hub, true);
    assert_true(is_ringing(&f));
    bw_bell_answer(&f.bell);
    assert_false(is_ringing(&f));
    bw_hub_heard(f.hub, true);
    assert_true(is_ringing(&f));
    destroy(&f);
}

/* --- A bridge that writes on while channels come and go ----------------------------------------
 */

struct bridge {
    struct fixture *f;
    struct bw_thread thread;
    _Atomic bool ending;
    _Atomic uint64_t written;
    uint64_t seq;
    const char *topic;
};

static void write_to(void *arg, struct bw_channel *channel)
{
    static const uint64_t no_keys[BW_N_KEYS];
    static const char frame[100];
    struct bridge *b = arg;
    assert_true(bw_feed_has(channel->feed, bw_str(b->topic)));
    bw_ring_append(channel->ring, b->seq, no_keys, (struct bw_str){frame, sizeof frame});
    b->written++;
}

static void write_on(void *arg)
{
    struct bridge *b = arg;
    for (b->seq = 1; !b->ending; b->seq++) {
        b->topic = b->seq % 2 ? "a" : "b";
        bw_hub_pass(b->f->hub, (struct bw_place){7, b->seq});
        bw_hub_each(b->f->hub, bw_str(b->topic), write_to, b);
    }
}

static void test_channels_are_freed_under_a_running_bridge(void **state)
{
    (void)state;
    struct fixture f;
    struct bridge bridge = {.f = &f};
    create(&f, 4);
    assert_int_equal(bw_thread_start(&bridge.thread, "bridge", write_on, &bridge), 0);
    for (int i = 0; i < 200; i++) {
        struct bw_channel *a, *b;
        assert_int_equal(open_topic(&f, "a", &a), 0);
        assert_int_equal(open_topic(&f, "b", &b), 0);
        uint64_t before = bridge.written;
        while (bridge.written < before + 10)
            sched_yield();
        bw_hub_leave(f.hub, a);
        bw_hub_leave(f.hub, b);
        bw_hub_reclaim(f.hub, INT64_MAX);
    }
    bridge.ending = true;
    bw_thread_join(&bridge.thread);
    destroy(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channels_are_shared_and_found),
        cmocka_unit_test(test_a_topic_in_several_feeds),
        cmocka_unit_test(test_unused_channels_make_room),
        cmocka_unit_test(test_what_may_be_missing_from_a_new_ring),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_reset_of_one_topic_and_of_all),
        cmocka_unit_test(test_bells),
        cmocka_unit_test(test_channels_are_freed_under_a_running_bridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

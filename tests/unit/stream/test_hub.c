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

static struct bw_channel *pass(struct fixture *f, uint64_t seq, const char *topic)
{
    struct bw_channel *channel = bw_hub_pass(f->hub, (struct bw_place){7, seq}, bw_str(topic));
    bw_hub_passed(f->hub);
    return channel;
}

static void test_channels_are_shared_and_found(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_channel *a, *again, *b;
    create(&f, 4);
    assert_non_null(bw_hub_permanent(f.hub, "system"));
    assert_null(bw_hub_permanent(f.hub, "a"));
    assert_null(pass(&f, 1, "a"));
    assert_int_equal(bw_hub_open(f.hub, "a", &a), 0);
    assert_int_equal(bw_hub_open(f.hub, "a", &again), 0);
    assert_ptr_equal(a, again);
    assert_int_equal(bw_hub_open(f.hub, "b", &b), 0);
    assert_ptr_equal(pass(&f, 2, "a"), a);
    assert_ptr_equal(pass(&f, 3, "b"), b);
    assert_ptr_equal(pass(&f, 4, "system"), bw_hub_permanent(f.hub, "system"));
    assert_null(pass(&f, 5, "c"));
    destroy(&f);
}

static void test_unused_channels_make_room(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_channel *a, *b, *c;
    create(&f, 4);
    assert_int_equal(bw_hub_open(f.hub, "a", &a), 0);
    assert_int_equal(bw_hub_open(f.hub, "b", &b), 0);
    assert_int_equal(bw_hub_open(f.hub, "c", &c), BW_EBUSY);
    bw_hub_leave(f.hub, a);
    bw_hub_reclaim(f.hub, 0); /* not unused for long enough */
    assert_ptr_equal(pass(&f, 1, "a"), a);
    assert_int_equal(bw_hub_open(f.hub, "c", &c), 0);
    assert_null(pass(&f, 2, "a"));
    assert_ptr_equal(pass(&f, 3, "c"), c);
    bw_hub_leave(f.hub, b);
    bw_hub_reclaim(f.hub, INT64_MAX);
    assert_null(pass(&f, 4, "b"));
    assert_non_null(pass(&f, 5, "logs")); /* the permanent ones stay */
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
    assert_int_equal(bw_hub_open(f.hub, "a", &a), 0);
    assert_int_equal(a->since, 41);
    destroy(&f);
}

static void test_places(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_place now;
    create(&f, 4);
    assert_false(bw_hub_now(f.hub, &now));
    bw_hub_begin(f.hub, (struct bw_place){7, 100}, 60);
    assert_true(bw_hub_now(f.hub, &now));
    assert_int_equal(now.epoch, 7);
    assert_int_equal(now.seq, 100); /* though the bridge begins at 60 */
    assert_int_equal(bw_hub_permanent(f.hub, "logs")->since, 60);
    pass(&f, 61, "logs");
    bw_hub_now(f.hub, &now);
    assert_int_equal(now.seq, 100);
    pass(&f, 101, "logs");
    bw_hub_now(f.hub, &now);
    assert_int_equal(now.seq, 101);
    destroy(&f);
}

static void test_reset_of_one_topic_and_of_all(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_place now;
    create(&f, 4);
    bw_hub_begin(f.hub, (struct bw_place){7, 100}, 100);
    struct bw_channel *system = bw_hub_permanent(f.hub, "system");
    struct bw_channel *logs = bw_hub_permanent(f.hub, "logs");
    bw_hub_reset(f.hub, BW_STR("logs"), (struct bw_place){7, 150}, "retention");
    assert_int_equal(logs->resets, 1);
    assert_string_equal(logs->reset_reason, "retention");
    assert_int_equal(logs->since, 150);
    assert_int_equal(system->resets, 0);
    bw_hub_reset(f.hub, BW_STR(""), (struct bw_place){8, 3}, "epoch");
    assert_int_equal(logs->resets, 2);
    assert_int_equal(system->resets, 1);
    assert_true(bw_hub_now(f.hub, &now));
    assert_int_equal(now.epoch, 8);
    assert_int_equal(now.seq, 3);
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
};

static void write_on(void *arg)
{
    static const uint64_t no_keys[BW_N_KEYS];
    struct bridge *b = arg;
    char frame[100] = {0};
    for (uint64_t seq = 1; !b->ending; seq++) {
        const char *topic = seq % 2 ? "a" : "b";
        struct bw_channel *channel =
            bw_hub_pass(b->f->hub, (struct bw_place){7, seq}, bw_str(topic));
        if (channel) {
            assert_string_equal(channel->topic, topic);
            bw_ring_append(channel->ring, seq, no_keys, frame, 2, frame, sizeof frame - 2);
            b->written++;
        }
        bw_hub_passed(b->f->hub);
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
        assert_int_equal(bw_hub_open(f.hub, "a", &a), 0);
        assert_int_equal(bw_hub_open(f.hub, "b", &b), 0);
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
        cmocka_unit_test(test_unused_channels_make_room),
        cmocka_unit_test(test_what_may_be_missing_from_a_new_ring),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_reset_of_one_topic_and_of_all),
        cmocka_unit_test(test_bells),
        cmocka_unit_test(test_channels_are_freed_under_a_running_bridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

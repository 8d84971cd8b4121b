/* The bounded queue between the passing and the telling thread. */
#include "unit.h"

#include <stdlib.h>

#include "base/thread.h"
#include "clients/cli/run/feed.h"

static struct bw_feed *feed;

static void push(enum bw_stream stream, const char *text)
{
    bw_feed_push(feed, stream, text, strlen(text));
}

static void check_chunk(const struct bw_chunk *c, enum bw_stream stream, const char *text)
{
    assert_non_null(c);
    assert_int_equal(c->stream, stream);
    assert_int_equal(c->len, strlen(text));
    assert_memory_equal(c->data, text, c->len);
}

static void free_all(struct bw_chunk *c)
{
    while (c) {
        struct bw_chunk *next = c->next;
        free(c);
        c = next;
    }
}

static void test_small_writes_share_a_chunk(void **state)
{
    (void)state;
    assert_int_equal(bw_feed_create(&feed, 1 << 20), 0);
    for (int i = 0; i < 4; i++)
        push(BW_STDOUT, "ab");
    push(BW_STDERR, "x");
    push(BW_STDOUT, "y");
    struct bw_chunk *c = bw_feed_take(feed, 0);
    check_chunk(c, BW_STDOUT, "abababab");
    check_chunk(c->next, BW_STDERR, "x");
    check_chunk(c->next->next, BW_STDOUT, "y");
    assert_null(c->next->next->next);
    assert_true(c->wall_us > 0);
    free_all(c);
    assert_null(bw_feed_take(feed, 0));
    bw_feed_destroy(&feed);
}

static void test_drops_the_oldest(void **state)
{
    (void)state;
    enum { CHUNK = 8192, KEPT = 4 };
    char chunk[CHUNK];
    memset(chunk, 'x', sizeof chunk);
    chunk[10] = chunk[CHUNK - 1] = '\n';
    assert_int_equal(bw_feed_create(&feed, KEPT * CHUNK), 0);
    for (int i = 0; i < 100; i++) {
        chunk[0] = (char)(i + 20); /* no newline */
        bw_feed_push(feed, BW_STDOUT, chunk, sizeof chunk);
    }
    struct bw_chunk *c = bw_feed_take(feed, 0), *last = c;
    assert_int_equal(c->data[0], 120 - KEPT);
    assert_int_equal(c->lost_lines, 2 * (100 - KEPT));
    assert_int_equal(c->lost_bytes, CHUNK * (100 - KEPT));
    while (last->next) {
        last = last->next;
        assert_int_equal(last->lost_bytes, 0);
    }
    assert_int_equal(last->data[0], 119);
    free_all(c);
    bw_feed_destroy(&feed);
}

/* A chunk larger than the bound is not worth less than nothing. */
static void test_newest_always_stays(void **state)
{
    (void)state;
    static char large[100000];
    assert_int_equal(bw_feed_create(&feed, 1000), 0);
    push(BW_STDERR, "gone\n");
    bw_feed_push(feed, BW_STDOUT, large, sizeof large);
    struct bw_chunk *c = bw_feed_take(feed, 0);
    assert_int_equal(c->len, sizeof large);
    assert_int_equal(c->lost_lines, 1);
    assert_int_equal(c->lost_bytes, 5);
    free_all(c);
    bw_feed_destroy(&feed);
}

static void test_wake_and_end(void **state)
{
    (void)state;
    assert_int_equal(bw_feed_create(&feed, 1000), 0);
    bw_feed_wake(feed);
    assert_null(bw_feed_take(feed, -1)); /* a wake before the call counts */
    push(BW_STDOUT, "x");
    bw_feed_close(feed);
    assert_false(bw_feed_ended(feed));
    free_all(bw_feed_take(feed, -1));
    assert_true(bw_feed_ended(feed));
    bw_feed_destroy(&feed);
}

static void push_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < 20000; i++)
        push(i % 3 ? BW_STDOUT : BW_STDERR, "line\n");
    bw_feed_close(feed);
}

static void test_between_threads(void **state)
{
    (void)state;
    struct bw_thread thread = {0};
    size_t bytes = 0;
    assert_int_equal(bw_feed_create(&feed, 1 << 16), 0);
    assert_int_equal(bw_thread_start(&thread, "pushes", push_many, NULL), 0);
    while (!bw_feed_ended(feed)) {
        struct bw_chunk *all = bw_feed_take(feed, -1);
        for (struct bw_chunk *c = all; c; c = c->next)
            bytes += c->len + c->lost_bytes;
        free_all(all);
    }
    bw_thread_join(&thread);
    assert_int_equal(bytes, 20000 * 5);
    bw_feed_destroy(&feed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_writes_share_a_chunk),
        cmocka_unit_test(test_drops_the_oldest),
        cmocka_unit_test(test_newest_always_stays),
        cmocka_unit_test(test_wake_and_end),
        cmocka_unit_test(test_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

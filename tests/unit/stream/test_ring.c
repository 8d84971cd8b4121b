/* Rings: wrapping, leaving, cutting, joining by seq, and readers overtaken by a running writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/thread.h"
#include "web/stream/ring.h"

static const uint64_t no_keys[BW_N_KEYS];

/* A frame that says its own seq and is filled with a byte that follows from it. */
static size_t make_frame(uint64_t seq, size_t len, char *out)
{
    memset(out, 'a' + (int)(seq % 26), len);
    memcpy(out, &seq, sizeof seq);
    return len;
}

static size_t len_of(uint64_t seq)
{
    return 16 + (seq * 7919) % 700;
}

static void append(struct bw_ring *ring, uint64_t seq)
{
    char frame[1024];
    size_t len = make_frame(seq, len_of(seq), frame);
    bw_ring_append(ring, seq, no_keys, (struct bw_str){frame, len});
}

static void check_frame(const struct bw_ring *ring, uint64_t number)
{
    const struct bw_entry *entry = bw_frames_entry(&ring->frames, number);
    size_t len = bw_frames_len(&ring->frames, number, number + 1);
    char expected[1024];
    assert_int_equal(len, len_of(entry->seq));
    make_frame(entry->seq, len, expected);
    assert_memory_equal(bw_frames_at(&ring->frames, entry->start), expected, len);
}

static struct bw_ring *new_ring(size_t bytes, unsigned readers, uint64_t base)
{
    struct bw_ring *ring;
    assert_int_equal(bw_ring_create(&ring, bytes, readers, base), 0);
    return ring;
}

static void test_frames_are_contiguous_across_the_end(void **state)
{
    (void)state;
    struct bw_ring *ring = new_ring(4096, 1, 0);
    for (uint64_t seq = 1; seq <= 1000; seq++) {
        append(ring, seq);
        uint64_t head = bw_ring_head(ring), tail = ring->tail;
        assert_int_equal(head, seq);
        assert_true(bw_ring_hold(ring, 0, tail));
        for (uint64_t n = tail; n < head; n++)
            check_frame(ring, n);
        assert_true(bw_frames_len(&ring->frames, tail, head) <= 4096);
        bw_ring_release(ring, 0);
    }
    assert_true(ring->tail > 900);
    bw_ring_destroy(&ring);
    assert_null(ring);
}

static void test_hold_fails_once_the_frame_left(void **state)
{
    (void)state;
    struct bw_ring *ring = new_ring(4096, 1, 0);
    for (uint64_t seq = 1; seq <= 100; seq++)
        append(ring, seq);
    assert_false(bw_ring_hold(ring, 0, 0));
    assert_false(bw_ring_hold(ring, 0, ring->tail - 1));
    assert_int_equal(ring->holds[0].number, BW_RING_NO_HOLD);
    assert_true(bw_ring_hold(ring, 0, ring->tail));
    assert_true(bw_ring_hold(ring, 0, bw_ring_head(ring)));
    bw_ring_destroy(&ring);
}

static void test_index_may_fill_before_the_bytes(void **state)
{
    (void)state;
    struct bw_ring *ring = new_ring(4096, 1, 0);
    char tiny[16];
    for (uint64_t seq = 1; seq <= 100; seq++) {
        make_frame(seq, sizeof tiny, tiny);
        bw_ring_append(ring, seq, no_keys, (struct bw_str){tiny, sizeof tiny});
        assert_true(bw_ring_head(ring) - ring->tail <= ring->frames.index_mask);
    }
    assert_true(bw_ring_head(ring) - ring->tail >= ring->frames.index_mask / 2);
    bw_ring_destroy(&ring);
}

static void test_join_finds_the_first_frame_after_a_seq(void **state)
{
    (void)state;
    struct bw_ring *ring = new_ring(4096, 1, 50);
    uint64_t number;
    assert_false(bw_ring_join(ring, 0, 49, &number)); /* 50 may be missing */
    assert_true(bw_ring_join(ring, 0, 50, &number));
    assert_int_equal(number, 0);
    assert_true(bw_ring_join(ring, 0, 99, &number)); /* ahead of the ring */
    assert_int_equal(number, 0);
    bw_ring_release(ring, 0);

    for (uint64_t seq = 60; seq <= 100; seq += 10) /* 60 70 80 90 100 */
        append(ring, seq);
    assert_true(bw_ring_join(ring, 0, 50, &number));
    assert_int_equal(number, 0);
    assert_true(bw_ring_join(ring, 0, 69, &number));
    assert_int_equal(number, 1);
    assert_true(bw_ring_join(ring, 0, 70, &number));
    assert_int_equal(number, 2);
    assert_int_equal(ring->holds[0].number, 2);
    assert_true(bw_ring_join(ring, 0, 100, &number));
    assert_int_equal(number, 5);
    bw_ring_release(ring, 0);

    for (uint64_t seq = 110; seq <= 2000; seq += 10)
        append(ring, seq);
    uint64_t oldest = bw_frames_entry(&ring->frames, ring->tail)->prev;
    assert_true(oldest > 60);
    assert_false(bw_ring_join(ring, 0, oldest - 1, &number));
    assert_int_equal(ring->holds[0].number, BW_RING_NO_HOLD);
    assert_true(bw_ring_join(ring, 0, oldest, &number));
    assert_int_equal(number, ring->tail);
    bw_ring_destroy(&ring);
}

static void test_a_cut_leaves_every_reader_behind(void **state)
{
    (void)state;
    struct bw_ring *ring = new_ring(4096, 1, 0);
    append(ring, 1);
    uint64_t head = bw_ring_head(ring), number;
    bw_ring_cut(ring, 40);
    assert_false(bw_ring_hold(ring, 0, head)); /* even who had seen everything */
    assert_false(bw_ring_join(ring, 0, 39, &number));
    assert_true(bw_ring_join(ring, 0, 40, &number));
    assert_int_equal(number, bw_ring_head(ring));
    bw_ring_release(ring, 0);
    append(ring, 41);
    assert_true(bw_ring_join(ring, 0, 40, &number));
    check_frame(ring, number);
    bw_ring_destroy(&ring);
}

static void test_a_frame_too_large_cuts(void **state)
{
    (void)state;
    struct bw_ring *ring = new_ring(4096, 1, 0);
    char large[2100] = {0};
    uint64_t number;
    append(ring, 1);
    bw_ring_append(ring, 2, no_keys, (struct bw_str){large, sizeof large});
    assert_false(bw_ring_join(ring, 0, 1, &number));
    assert_true(bw_ring_join(ring, 0, 2, &number));
    bw_ring_release(ring, 0);
    append(ring, 3);
    assert_true(bw_ring_join(ring, 0, 2, &number));
    check_frame(ring, number);
    bw_ring_destroy(&ring);
}

static void test_find_end_tells_where_a_send_stopped(void **state)
{
    (void)state;
    struct bw_ring *ring = new_ring(8192, 1, 0);
    for (uint64_t seq = 1; seq <= 8; seq++)
        append(ring, seq);
    const struct bw_frames *f = &ring->frames;
    for (uint64_t n = 2; n < 8; n++) {
        uint64_t start = bw_frames_entry(f, n)->start;
        assert_int_equal(bw_frames_find_end(f, 2, 8, start), n);
        assert_int_equal(bw_frames_find_end(f, 2, 8, start + 1), n + 1);
    }
    assert_int_equal(bw_frames_find_end(f, 2, 8, bw_frames_entry(f, 8)->start), 8);
    bw_ring_destroy(&ring);
}

/* --- Two readers at different paces against a writer that never waits for them ------- */
enum { STORM = 60000 };

struct reader {
    struct bw_thread thread;
    struct bw_ring *ring;
    unsigned number;
    uint64_t read, behind;
    int pace_us;
    const char *failure;
};

static bool frame_is_whole(const struct bw_ring *ring, uint64_t number, uint64_t *seq)
{
    const struct bw_entry *entry = bw_frames_entry(&ring->frames, number);
    const char *bytes = bw_frames_at(&ring->frames, entry->start);
    size_t len = bw_frames_len(&ring->frames, number, number + 1);
    memcpy(seq, bytes, sizeof *seq);
    if (*seq != entry->seq || len != len_of(*seq))
        return false;
    for (size_t i = sizeof *seq; i < len; i++)
        if (bytes[i] != (char)('a' + (int)(*seq % 26)))
            return false;
    return true;
}

static void read_along(void *arg)
{
    struct reader *me = arg;
    struct bw_ring *ring = me->ring;
    uint64_t at = 0, last = 0, seq = 0;
    while (last < STORM && !me->failure) {
        uint64_t head = bw_ring_head(ring);
        if (!bw_ring_hold(ring, me->number, at)) {
            me->behind++;
            uint64_t tail = ring->tail;
            if (!bw_ring_hold(ring, me->number, tail))
                continue;
            at = tail;
            last = bw_frames_entry(&ring->frames, at)->prev;
            head = bw_ring_head(ring);
        }
        for (; at < head; at++, me->read++) {
            if (!frame_is_whole(ring, at, &seq))
                me->failure = "torn frame";
            else if (seq != last + 1)
                me->failure = "a frame is missing";
            last = seq;
        }
        bw_ring_release(ring, me->number);
        if (me->pace_us)
            usleep((useconds_t)me->pace_us);
    }
}

static void test_readers_never_see_a_torn_frame(void **state)
{
    (void)state;
    struct bw_ring *ring = new_ring(64 * 1024, 2, 0);
    struct reader readers[2] = {{.ring = ring, .number = 0},
                                {.ring = ring, .number = 1, .pace_us = 500}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(bw_thread_start(&readers[i].thread, "reader", read_along, &readers[i]), 0);
    for (uint64_t seq = 1; seq <= STORM; seq++)
        append(ring, seq);
    for (int i = 0; i < 2; i++) {
        bw_thread_join(&readers[i].thread);
        if (readers[i].failure)
            fail_msg("reader %d: %s", i, readers[i].failure);
        assert_true(readers[i].read > 0);
    }
    bw_ring_destroy(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_are_contiguous_across_the_end),
        cmocka_unit_test(test_hold_fails_once_the_frame_left),
        cmocka_unit_test(test_index_may_fill_before_the_bytes),
        cmocka_unit_test(test_join_finds_the_first_frame_after_a_seq),
        cmocka_unit_test(test_a_cut_leaves_every_reader_behind),
        cmocka_unit_test(test_a_frame_too_large_cuts),
        cmocka_unit_test(test_find_end_tells_where_a_send_stopped),
        cmocka_unit_test(test_readers_never_see_a_torn_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

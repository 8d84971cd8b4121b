/* What the command writes, on its way from the thread that passes it on to the one that tells the
 * bus. Bounded by dropping the oldest, because the command must never wait for the bus. */
#ifndef BW_RUN_FEED_H
#define BW_RUN_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum bw_stream { BW_STDOUT, BW_STDERR, BW_N_STREAMS };

struct bw_chunk {
    struct bw_chunk *next;
    enum bw_stream stream;
    int64_t wall_us;                 /* when the first of it came */
    uint64_t lost_lines, lost_bytes; /* dropped just before this, of any stream */
    size_t len, cap;
    char data[];
};

struct bw_feed;

int bw_feed_create(struct bw_feed **out, size_t max_bytes) BW_MUST_CHECK;
void bw_feed_destroy(struct bw_feed **feed);

/* The passing thread; waits for nothing but a lock held for moments. */
void bw_feed_push(struct bw_feed *feed, enum bw_stream stream, const char *data, size_t len);
/* No more will be pushed. */
void bw_feed_close(struct bw_feed *feed);
/* Any thread: makes bw_feed_take() return, now or when it is called next. */
void bw_feed_wake(struct bw_feed *feed);

/* The telling thread: everything there is, oldest first, to be freed with free(); waits for it up
 * to timeout_ms (-1: for ever). NULL: none came, or woken, or closed and empty. */
struct bw_chunk *bw_feed_take(struct bw_feed *feed, int timeout_ms);
/* Closed, and everything was taken. */
bool bw_feed_ended(struct bw_feed *feed);

#endif

/* A watch: what an HTTP request asks of the streams, when its connection comes to them. */
#ifndef BW_STREAM_WATCH_H
#define BW_STREAM_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/cursor.h"
#include "web/stream/feed.h"
#include "web/stream/filter.h"

struct bw_watch {
    bool is_long_poll;        /* else SSE */
    struct bw_feed *feed;     /* owned */
    struct bw_filter *filter; /* owned; NULL: everything */
    struct bw_cursor after;
    bool has_after, snapshot, conflate;
    /* of a long-poll: */
    uint32_t limit;  /* events in its answer, at most */
    uint32_t wait_s; /* for the first of them */
    uint32_t since_s;
    struct bw_buf headers; /* lines of the answer's head that are the HTTP server's to say */
};

void bw_watch_free(struct bw_watch **watch);

#endif

/* Sending frames of rings and pages to a connection: choosing, one system call, and what to do when
 * the kernel does not take all of it. The engine's thread. */
#ifndef BW_STREAM_SEND_H
#define BW_STREAM_SEND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "web/stream/filter.h"
#include "web/stream/frames.h"

struct bw_conn;
struct bw_shared;

enum {
    BW_SEND_BYTES = 256 * 1024, /* at most about so much to one, before the next has its turn */
    BW_RUNS_MAX = 64,
};

/* Where frames come from. */
struct bw_source {
    const struct bw_frames *frames;
    struct bw_shared *owner;        /* of the bytes; NULL: they are a ring's, which moves on */
    const struct bw_filter *filter; /* which to send; NULL: all */
    uint64_t after;                 /* only those beyond this seq */
};

/* Contiguous runs of chosen frames. */
struct bw_choice {
    struct iovec iov[BW_RUNS_MAX];
    uint64_t first[BW_RUNS_MAX]; /* number of each run's first frame */
    int n;
    size_t bytes;
    uint64_t end; /* where to go on: frames before it were chosen or are not wanted */
};

/* Of [from, to), until there are about BW_SEND_BYTES, or `limit` frames. */
void bw_choose(const struct bw_source *source, uint64_t from, uint64_t to, uint64_t limit,
               struct bw_choice *out);

/* Sends frames of [from, to), about as many as the socket takes, and returns where to go on. If the
 * connection can still send and that is not `to`, there is more. */
uint64_t bw_conn_send(struct bw_conn *conn, const struct bw_source *source, uint64_t from,
                      uint64_t to);
/* For who called send() with [from, to) himself: it returned `sent`, not all. Where to go on. */
uint64_t bw_conn_stopped(struct bw_conn *conn, const struct bw_source *source, uint64_t from,
                         uint64_t to, ssize_t sent);

#endif

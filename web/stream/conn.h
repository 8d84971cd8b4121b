/* A watcher's connection: its socket, what could not be sent yet, and its subscriptions.
 *
 * DESIGN. There is no queue. What is sent comes straight from a ring or a page, at frame
 * boundaries; when the kernel takes only a part, the remainder of the one frame that was cut is
 * kept (`rest`), and the connection is blocked until the socket has room. Our own replies go out at
 * once, or wait in `out`, which is bounded: a client that makes us talk and does not listen is
 * dropped. A blocked connection costs nothing: it is not looked at when events come.
 *
 * All functions: the engine's thread. A connection that died is freed at the end of the round. */
#ifndef BW_STREAM_CONN_H
#define BW_STREAM_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "web/stream/filter.h"
#include "web/stream/frames.h"
#include "web/stream/ws.h"

struct bw_engine;
struct bw_sub;

enum bw_conn_state {
    BW_CONN_OPEN,
    BW_CONN_CLOSING, /* our close frame is said; the client hangs up, or is hung up on */
    BW_CONN_DEAD,
};

struct bw_conn {
    struct bw_engine *engine;
    int fd;
    uint32_t index;    /* in engine->conns */
    uint32_t heard_s;  /* when bytes came last; while closing: when that began */
    uint32_t pinged_s; /* when it was asked whether it lives; 0: it was heard since */
    uint32_t idle_s;   /* since when it has no subscription */
    uint8_t state;     /* enum bw_conn_state */
    bool blocked;      /* rest or out is not empty; waiting for room in the socket */
    uint16_t n_subs;
    struct bw_sub *subs; /* linked by next */
    struct bw_sub *turn; /* the one that is catching up: one page at a time */

    struct bw_shared *rest_of; /* keeps rest alive */
    const char *rest;
    size_t rest_len;
    struct bw_buf out;

    struct bw_ws ws;
    int64_t said_us;  /* until when what the client said is paid for; see is_talkative() */
    uint64_t address; /* whose it is; 0: not counted by address */
    struct bw_conn *next_dead;
};

/* Takes fd, which is non-blocking from now on, and says "connected". */
int bw_conn_create(struct bw_engine *engine, int fd, uint64_t address) BW_MUST_CHECK;
void bw_conn_destroy(struct bw_conn *conn);

/* What epoll says of its socket. */
void bw_conn_ready(struct bw_conn *conn, uint32_t events);
/* Once a second: pings, and closes who is silent or idle. */
void bw_conn_tick(struct bw_conn *conn);

/* Sends one of our own frames, now or after what is waiting. */
void bw_conn_say(struct bw_conn *conn, struct bw_str frame);
/* The same with what was made in the engine's scratch buffer, which is empty again then. */
void bw_conn_say_scratch(struct bw_conn *conn);
/* Says goodbye, and waits a little for the client to hang up. reason NULL: the usual one. */
void bw_conn_close(struct bw_conn *conn, int status, const char *reason);
/* No more of it. */
void bw_conn_kill(struct bw_conn *conn);

/* Nothing is sent from rings and pages until the socket has room, and rest and out have left. */
void bw_conn_block(struct bw_conn *conn);

static inline bool bw_conn_can_send(const struct bw_conn *conn)
{
    return conn->state == BW_CONN_OPEN && !conn->blocked;
}

/* Where frames come from. */
struct bw_source {
    const struct bw_frames *frames;
    struct bw_shared *owner;        /* of the bytes; NULL: they are a ring's, which moves on */
    const struct bw_filter *filter; /* which to send; NULL: all */
    uint64_t after;                 /* only those beyond this seq */
};

/* Sends frames of [from, to), about as many as the socket takes, and returns where to go on. If the
 * connection can still send and that is not `to`, there is more. */
uint64_t bw_conn_send(struct bw_conn *conn, const struct bw_source *source, uint64_t from,
                      uint64_t to);
/* For who called send() with [from, to) himself: it returned `sent`, not all. Where to go on. */
uint64_t bw_conn_stopped(struct bw_conn *conn, const struct bw_source *source, uint64_t from,
                         uint64_t to, ssize_t sent);

enum {
    BW_SEND_BYTES = 256 * 1024
}; /* at most about so much to one, before the next has its turn */

#endif

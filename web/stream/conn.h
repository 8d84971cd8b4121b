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

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "web/stream/transport.h"
#include "web/stream/watch.h"
#include "web/stream/ws.h"

struct bw_engine;
struct bw_sub;

enum bw_conn_state {
    BW_CONN_OPEN,
    BW_CONN_CLOSING, /* our last word is said; the client hangs up, or is hung up on */
    BW_CONN_DEAD,
};

struct bw_conn {
    struct bw_engine *engine;
    const struct bw_transport *transport;
    int fd;
    uint32_t index;    /* in engine->conns */
    uint32_t heard_s;  /* when bytes came last; while closing: when that began */
    uint32_t pinged_s; /* when it was asked whether it lives; 0: it was heard since */
    uint32_t moved_s;  /* when its socket took bytes last */
    uint32_t idle_s;   /* since when it has no subscription */
    uint8_t state;     /* enum bw_conn_state */
    bool blocked;      /* rest or out is not empty; waiting for room in the socket */
    bool half_closed;  /* the client says no more, but may listen */
    uint16_t n_subs;
    struct bw_sub *subs; /* linked by next */
    struct bw_sub *turn; /* the one that is catching up: one page at a time */

    struct bw_shared *rest_of; /* keeps rest alive */
    const char *rest;
    size_t rest_len;
    struct bw_buf out;

    struct bw_watch *watch; /* what it came with; NULL: a WebSocket */
    struct bw_ws ws;
    int64_t said_us;  /* until when what the client said is paid for; see is_talkative() */
    uint64_t acked;   /* bytes that its side had taken when that was asked last */
    uint64_t address; /* whose it is; 0: not counted by address */
    struct bw_conn *next_dead;
};

/* Who comes to an engine. */
struct bw_arrival {
    int fd;
    uint64_t address;
    struct bw_watch *watch; /* NULL: a WebSocket */
    unsigned window_bits;   /* of a WebSocket, see bw_stream_adopt_websocket() */
};

/* Takes fd, which is non-blocking from now on, and the watch, and lets its transport begin. */
int bw_conn_create(struct bw_engine *engine, const struct bw_arrival *arrival) BW_MUST_CHECK;
void bw_conn_destroy(struct bw_conn *conn);

/* What epoll says of its socket. */
void bw_conn_ready(struct bw_conn *conn, uint32_t events);
/* Once a second. */
void bw_conn_tick(struct bw_conn *conn);

/* Sends one of our own frames, now or after what is waiting. */
void bw_conn_say(struct bw_conn *conn, struct bw_str frame);
/* The same with what was made in the engine's scratch buffer, which is empty again then. */
void bw_conn_say_scratch(struct bw_conn *conn);
/* Says what is in the scratch buffer, of any length, to one that is not blocked, as the last of it.
 * Its subscriptions stay until it is destroyed, but get nothing more. */
void bw_conn_finish(struct bw_conn *conn);
/* Says goodbye, and waits a little for the client to hang up. reason NULL: the usual one. */
void bw_conn_close(struct bw_conn *conn, int status, const char *reason);
/* No more of it. */
void bw_conn_kill(struct bw_conn *conn);

/* Whether bytes wait for it in the kernel and its side has taken some since this was asked last: it
 * is slow, but it reads. */
bool bw_conn_is_reading(struct bw_conn *conn);

/* Nothing is sent from rings and pages until the socket has room, and rest and out have left. */
void bw_conn_block(struct bw_conn *conn);

static inline bool bw_conn_can_send(const struct bw_conn *conn)
{
    return conn->state == BW_CONN_OPEN && !conn->blocked;
}

#endif

/* A stream thread: an epoll set and the connections in it.
 *
 * DESIGN. Everything below belongs to one thread, so nothing is locked. It sleeps in epoll_wait and
 * wakes for: a bell (rings have news: one ring per run of events, however many), its inbox (new
 * connections, jobs that come home), sockets (bytes from a client; room again for one that was
 * blocked) and once a second for heartbeats. After each round it delivers every ring that has news.
 * Connections that end are freed only at the end of a round, so a pointer taken in it stays good.
 */
#ifndef BW_STREAM_ENGINE_H
#define BW_STREAM_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mailbox.h"
#include "base/thread.h"
#include "web/stream/bell.h"
#include "web/stream/door.h"
#include "web/stream/fdset.h"
#include "web/stream/hub.h"
#include "web/stream/job.h"
#include "web/stream/stream.h"
#include "web/stream/ws.h"

struct bw_arrival;
struct bw_conn;
struct bw_view;

enum { BW_INPUT_BYTES = 16 * 1024 }; /* read from a socket at once */

struct bw_engine {
    unsigned number; /* also its reader's number in the rings */
    struct bw_hub *hub;
    struct bw_bell *bell;      /* rung by the bridge */
    struct bw_mailbox *inbox;  /* struct bw_letter */
    struct bw_mail *mail;      /* taken from it and not yet read */
    struct bw_mailbox *replay; /* struct bw_job */
    struct bw_fdset *owned;    /* descriptors of all engines */
    struct bw_door *door;      /* through which connections leave */
    struct bw_tally *by_topic; /* subscriptions, by the hash of their topic */
    struct bw_stream_options options;
    int epoll;
    struct bw_thread thread;

    struct bw_conn **conns; /* n_conns of them, in no order */
    uint32_t n_conns, cap_conns;
    struct bw_conn *dead; /* to be freed at the end of the round */
    struct bw_view *views;
    struct bw_ws_pool pool;
    struct bw_buf scratch; /* a frame being made */
    char *input;           /* what a client just sent */
    uint32_t now_s;        /* of the monotonic clock */
    uint64_t dice;         /* of bw_drain_retry_ms() */

    _Atomic int64_t drain_by_us; /* when the last connection is sent away; 0: not draining */
    _Atomic uint32_t load;       /* connections, those on their way included. Any thread */
};

/* Borrows all but the options. *engine is zeroed by the caller, who sets the members that are
 * borrowed first; see stream.c. */
int bw_engine_start(struct bw_engine *engine) BW_MUST_CHECK;
/* Says goodbye (1001) to every connection and joins. No job may be under way any more. */
void bw_engine_stop(struct bw_engine *engine);

/* Any thread. 0: the engine owns fd, the watch, and the place that the
 * address has. */
int bw_engine_adopt(struct bw_engine *engine, const struct bw_arrival *who) BW_MUST_CHECK;

#endif

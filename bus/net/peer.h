/* A connection on a byte stream; for peer.c, receive.c and send.c.
 *
 * DESIGN. It has two halves. The receiving half belongs to nng's thread while a read is under way
 * and while what was read is divided into requests. When it cannot go on, because no request is
 * free or because the connection has ended, it halts: it gives itself to bw-serve, which goes on
 * with it when requests have become free. The sending half is bw-serve's: answers that become ready
 * while a write is under way wait for the next one, and all go into that. So neither half has a
 * lock.
 *
 * A connection is freed when its receiving half has ended, nothing is being sent, and all its
 * requests have come back. */
#ifndef BW_NET_PEER_H
#define BW_NET_PEER_H

#include "net/inside.h"

/* Why the receiving half was given away. */
enum bw_halt { BW_HALT_NEW, BW_HALT_NO_REQUEST, BW_HALT_ENDED };

struct peer {
    struct bw_server *server;
    nng_stream *stream;
    enum bw_sp_framing framing;
    struct bw_link link; /* on the server's list */

    /* The receiving half. */
    nng_aio *recv;
    struct bw_serve_task halted;
    enum bw_halt halt;
    atomic_bool halting; /* `halted` is on its way to bw-serve */
    bool greeted;
    struct bw_buf in;
    size_t in_at;         /* bytes of it that have become requests */
    size_t reading_bytes; /* its part of the server's: a large request is on its way */
    int64_t request_due_us;
    bool dropping; /* the request on its way; of it, to come or to be passed over: */
    uint64_t drop_bytes;
    size_t dropped_route_bytes;
    char dropped_route[BW_SP_ROUTE_BYTES_MAX];
    uint64_t n_received; /* requests */

    /* The sending half. */
    nng_aio *send;
    struct bw_serve_task sent;
    struct bw_request *ready, **ready_last; /* to be answered */
    struct bw_request *leaving;             /* whose answers are in out */
    struct bw_buf out;
    size_t out_at;       /* bytes of it that are sent */
    uint64_t n_answered; /* requests that have come back */
    int64_t send_due_us;
    bool sending;
    bool closed;                    /* the stream is */
    bool ended;                     /* the receiving half will not go on */
    struct bw_link waiting, unsent; /* on the server's lists of that name, or on none */
};

/* --- receive.c --- */

/* Gives the receiving half to bw-serve. The caller may not touch it any more. */
void bw_peer_halt(struct peer *p, enum bw_halt why);
/* Who has the receiving half. Hands on the requests that have come, and receives more. False: it
 * cannot, there is no request free; nothing else happened. */
bool bw_peer_go_on(struct peer *p, bool first_in_line);
/* A request that waits for work again. */
void bw_request_put_back(struct bw_server *server, struct bw_request *request);
void bw_peer_on_received(void *peer);

/* --- send.c; bw-serve --- */

void bw_peer_greet(struct peer *p);
/* Nobody will hear these answers. */
void bw_peer_drop_ready(struct peer *p);
void bw_peer_run_sent(struct bw_serve_task *task);
void bw_peer_on_sent(void *peer); /* nng's thread */

/* --- peer.c; bw-serve --- */

/* Hangs up. May be called twice. */
void bw_peer_close(struct peer *p);
void bw_peer_free_if_done(struct peer *p);
/* Those that wait go on, in their order, as long as there are requests. */
void bw_peers_resume(struct bw_server *server);

#endif

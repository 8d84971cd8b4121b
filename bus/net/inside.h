/* What the files of the server share; not for others. */
#ifndef BW_NET_INSIDE_H
#define BW_NET_INSIDE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <nng/nng.h>

#include "base/thread.h"
#include "net/list.h"
#include "net/serve.h"
#include "net/sp.h"

enum { OUT_KEPT_BYTES = 256 << 10 /* of what is sent; larger buffers are given back after use */ };

struct bw_server {
    struct bw_serve_options options;
    struct bw_serve_handler handler;
    struct bw_mailbox *box; /* tasks */
    struct bw_thread thread;
    struct rep *rep; /* NULL: nobody listens on inproc:// */
    struct listener *listeners;

    /* Of the byte streams. */
    char *requests;              /* all of them, in one block */
    struct bw_mailbox *free;     /* those that wait for work */
    atomic_size_t reading_bytes; /* of buffers for requests that come */
    atomic_bool wanted; /* connections wait for a request: whoever comes now waits behind them */

    /* The thread's own. */
    struct bw_link peers;   /* all of them */
    struct bw_link waiting; /* for a request, the longest first */
    struct bw_link unsent;  /* have answers, and nothing under way */
    unsigned n_sending;
    bool draining, stopping;
    int64_t stop_due_us; /* if stopping: when the last answers must have been taken */
};

/* Any thread. */
void bw_server_post(struct bw_server *server, struct bw_serve_task *task);
/* An answer that could not be made, or that nobody took. */
void bw_server_count_lost(void);

/* n requests in one block; NULL without memory. */
char *bw_requests_open(struct bw_server *server, uint32_t n);
void bw_requests_close(struct bw_server *server, char *requests, uint32_t n);
struct bw_request *bw_request_at(const struct bw_server *server, char *requests, uint32_t i);

/* --- rep.c: inproc:// through nng's REP socket --- */

struct rep;

/* Creates it with the first call. */
int bw_rep_listen(struct bw_server *server, const char *endpoint,
                  struct bw_fault *fault) BW_MUST_CHECK;
void bw_rep_drain(struct rep *rep);
/* Waits until the answers are sent. After the thread has ended. */
void bw_rep_stop(struct rep **rep);

/* --- listener.c: who dials to a byte stream --- */

int bw_listener_open(struct bw_server *server, const char *endpoint, struct nng_tls_config *tls,
                     struct bw_fault *fault) BW_MUST_CHECK;
/* Accepts no more; when it returns, nobody is being accepted. */
void bw_listeners_stop(struct bw_server *server);
void bw_listeners_close(struct bw_server *server);

/* --- peer.c, send.c: a connection on a byte stream --- */

/* Any thread. Owns the stream from now on, also when it fails. */
int bw_peer_open(struct bw_server *server, enum bw_sp_framing framing,
                 nng_stream *stream) BW_MUST_CHECK;
/* A request is ready to be answered. The thread. */
void bw_peer_answer(struct bw_serve_task *task);
/* Sends what has become ready since the last call. The thread. */
void bw_peers_flush(struct bw_server *server);
/* Receives no more. The thread. */
void bw_peers_drain(struct bw_server *server);
/* After the thread has ended. */
void bw_peers_close(struct bw_server *server);

#endif

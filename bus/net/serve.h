/* Serving requests to whoever dials with an nng REQ socket. What is asked, and what is answered,
 * the handler knows.
 *
 * DESIGN. nng's own REP socket reads and writes every message alone, and hands each over between
 * its threads several times. Only inproc:// is served by it (rep.c). On ipc://, tcp:// and
 * tls+tcp:// the server speaks nng's protocol itself, on nng's byte streams (peer.c): one read
 * takes all requests that have come, one write gives all answers that are ready. Who dials cannot
 * tell.
 *
 * Requests are received on nng's threads, and answered, by everybody, through one mailbox. The
 * thread behind it, bw-serve, makes the answers and sends them; so who finishes a hundred requests
 * at once, as the writer does, hands over a list. A byte stream's requests are received in their
 * order.
 *
 * Bounds. A request is one of a fixed number from its arrival until its answer was sent. When none
 * is left nothing is received, and clients feel back-pressure. While a request of more than 64 KiB
 * comes, its buffer grows with what has come of it, never with what was announced. All such buffers
 * together have a bound: what would pass it is read to its end, dropped, and answered as such; and
 * who holds a part of it for too long is disconnected. A client that does not take an
 * answer in time is disconnected, so that it does not keep its requests from others. */
#ifndef BW_NET_SERVE_H
#define BW_NET_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mailbox.h"
#include "base/str.h"
#include "tls/tls.h"

struct bw_server;

/* A piece of work for the thread bw-serve. */
struct bw_serve_task {
    struct bw_mail mail; /* first */
    void (*run)(struct bw_serve_task *task);
};

/* The first member of the handler's own struct for a request. */
struct bw_request {
    struct bw_serve_task task; /* first */
    struct bw_str body;        /* what is asked, until the answer is made */
    bool was_dropped;          /* there was no room for what is asked: body is empty */
    /* The rest is the server's own. */
    struct bw_server *server;
    void *from; /* connection or context */
    struct bw_buf message;
    struct bw_str route;
    struct bw_request *next;
};

struct bw_serve_handler {
    void *ctx;
    size_t request_bytes; /* sizeof its own struct, which the server allocates zeroed */
    /* Once for each; fini also after a failed init. */
    int (*init)(void *ctx, struct bw_request *request);
    void (*fini)(struct bw_request *request);
    /* One has arrived: bw_serve_answer() must be called for it, once. nng's threads and bw-serve,
     * several at a time, but of a byte stream only one; must not block. */
    void (*received)(struct bw_request *request);
    /* Appends the answer, and forgets the request. The answer is thrown away if its client has
     * gone. The thread bw-serve. */
    void (*answer)(struct bw_request *request, struct bw_buf *out);
};

struct bw_serve_options {
    uint32_t requests;           /* under way at once; as many again over inproc:// */
    size_t request_bytes_max;    /* who sends a larger one is disconnected */
    size_t reading_bytes_max;    /* of requests that have come in part; see above */
    uint32_t request_timeout_ms; /* who takes longer to send a large one is disconnected */
    uint32_t answer_timeout_ms; /* who takes nothing for so long, or six times as long has not taken
                                   all of a write, is disconnected */
};

int bw_serve_start(const struct bw_serve_options *options, const struct bw_serve_handler *handler,
                   struct bw_server **out, struct bw_fault *fault) BW_MUST_CHECK;
/* May be called several times, for several addresses. tls: for tls+tcp://. */
int bw_serve_listen(struct bw_server *server, const char *endpoint, struct nng_tls_config *tls,
                    struct bw_fault *fault) BW_MUST_CHECK;
/* Receives no more; when it returns, received() is not called any more. */
void bw_serve_drain(struct bw_server *server);
/* After bw_serve_drain(), and when bw_serve_answer() was called for every request: waits until the
 * answers are sent, answer_timeout_ms at most, closes and frees. Sets *server to NULL. */
void bw_serve_stop(struct bw_server **server);

/* Any thread, also from inside received(); never blocks. The request is ready to be answered. */
void bw_serve_answer(struct bw_request *request);
/* The same for several at once, linked by task.mail.next: their answers leave together. */
void bw_serve_answer_all(struct bw_request *first);

#endif

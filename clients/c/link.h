/* The connection for requests, and one request over it.
 *
 * DESIGN. A link is one nng REQ socket with one dialer (dialer.h), which connects in the background
 * and again whenever the connection breaks. nng's own resending is off: a request that was under
 * way when the connection broke comes back as BW_EAGAIN, and its owner decides. Any thread may use
 * a link; a call belongs to one thread at a time, except for bw_call_cancel(). */
#ifndef BW_CLIENT_LINK_H
#define BW_CLIENT_LINK_H

#include <nng/nng.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "dialer.h"

enum {
    BW_MESSAGE_BYTES_MAX = 32 << 20, /* larger than anything a bus sends */
};

struct bw_link {
    nng_socket socket;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* connected, lost, or a call was cancelled */
    struct bw_dialer dialer;
    void (*on_change)(void *arg);
    void *arg;
};

int bw_link_open(struct bw_link *link) BW_MUST_CHECK;
/* Begins to connect, to the requests' endpoint of a base URL. on_change is called on threads of
 * nng, one at a time, whenever the link was connected or lost; it must not block or use the link.
 * BW_EINVAL: the URL. */
int bw_link_dial(struct bw_link *link, const char *base_url, struct nng_tls_config *tls,
                 void (*on_change)(void *arg), void *arg) BW_MUST_CHECK;
/* on_change is not called any more once this has returned. */
void bw_link_mute(struct bw_link *link);
/* Every call must have been closed. */
void bw_link_close(struct bw_link *link);
/* Takes no lock. */
bool bw_link_is_up(struct bw_link *link);

/* nng's error as ours. */
int bw_nng_error(int rv);
/* A message that holds a copy of these bytes. NULL: out of memory. */
nng_msg *bw_nng_message(struct bw_str head, struct bw_str body);

struct bw_call {
    struct bw_link *link;
    nng_ctx ctx;
    nng_aio *aio;
    bool cancelled;
};

int bw_call_open(struct bw_call *call, struct bw_link *link) BW_MUST_CHECK;
void bw_call_close(struct bw_call *call);

/* Sends and waits for the answer, which the caller frees. Waits for a connection first.
 * repeat: a request that was lost with its connection is sent again.
 *   BW_EUNAVAILABLE  no connection until the deadline: the bus has not seen the request
 *   BW_ETIMEDOUT     sent, but no answer until the deadline, or lost and not repeated
 *   BW_ECLOSED       cancelled
 *   BW_ENOMEM */
int bw_call_run(struct bw_call *call, struct bw_str request, int64_t deadline_us, bool repeat,
                nng_msg **answer) BW_MUST_CHECK;
/* A pause that a cancel ends: BW_ECLOSED then. */
int bw_call_pause(struct bw_call *call, int32_t ms) BW_MUST_CHECK;
/* Any thread: whatever the call is doing or will do ends with BW_ECLOSED. */
void bw_call_cancel(struct bw_call *call);

#endif

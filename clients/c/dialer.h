/* Dialling until it is told to stop.
 *
 * DESIGN. nng's dialer connects in the background, and again when a connection is lost. But when
 * the other side hangs up between connect and handshake, writing its half fails with EPIPE, which
 * nng takes for its own socket being closed: that dialer never tries again (nng 1.5). It happens
 * when a bus is killed at that moment, or behind a proxy whose bus is away. So a tick looks for
 * dialers that have been without a connection for longer than any pause, and replaces them. One
 * that is only slow would never finish that way: each that is replaced in vain doubles the patience
 * with the next, from 4 s to about a minute.
 *
 * And a connection that broke while it was made may keep nng from ever closing the socket (1.5): a
 * bus that hung, came back and went away just then. Whoever closes is not held for that. */
#ifndef BW_CLIENT_DIALER_H
#define BW_CLIENT_DIALER_H

#include <nng/nng.h>
#include <stdatomic.h>

#include "base/err.h"
#include "tls/tls.h"
#include "wire/url.h"

struct bw_dialer {
    nng_socket socket;          /* closed with it */
    struct nng_tls_config *tls; /* borrowed; for tls+tcp:// */
    char url[BW_URL_MAX];
    nng_dialer dialer;
    nng_aio *tick;
    atomic_int pipe;      /* nng's id of the connection; 0: there is none */
    nng_duration tick_ms; /* between two looks; tests have less patience, before they dial */
    int ticks_alone;      /* without a connection; the tick's own, as is the next */
    int patience;         /* that many such ticks in a row are too many */
    nng_pipe_cb on_change;
    void *arg;
};

/* For a socket that has no other dialer. on_change is called on threads of nng when a connection
 * has come (NNG_PIPE_EV_ADD_POST) or gone. */
int bw_dialer_open(struct bw_dialer *dialer, nng_socket socket, nng_pipe_cb on_change,
                   void *arg) BW_MUST_CHECK;
/* Begins to connect to an endpoint of a base URL, with tls if it is tls+tcp://. BW_EINVAL: the URL.
 */
int bw_dialer_dial(struct bw_dialer *dialer, const char *base_url, enum bw_endpoint endpoint,
                   struct nng_tls_config *tls) BW_MUST_CHECK;
/* Closes the socket, too. Where nng cannot do that, it stays behind with a thread, and on_change is
 * not called for it any more. */
void bw_dialer_close(struct bw_dialer *dialer);

#endif

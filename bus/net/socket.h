/* What all of the bus's nng sockets need: nng's errors as ours, and listening. */
#ifndef BW_NET_SOCKET_H
#define BW_NET_SOCKET_H

#include <nng/nng.h>

#include "base/err.h"
#include "tls/tls.h"

/* Fills *fault with "what: nng's words" and returns the BW_E… nearest to nng's error. */
int bw_nng_fault(struct bw_fault *fault, int rv, const char *what);

/* That listening on the endpoint failed; the fault, on the setting "bus", says what to do. */
int bw_nng_listen_fault(struct bw_fault *fault, int rv, const char *endpoint);

/* Listens on an endpoint, with tls if it is tls+tcp://; if that fails, the fault is
 * bw_nng_listen_fault()'s. */
int bw_nng_listen(nng_socket socket, const char *endpoint, struct nng_tls_config *tls,
                  nng_listener *out, struct bw_fault *fault) BW_MUST_CHECK;

#endif

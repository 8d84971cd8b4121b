/* The addresses on which an nng socket listens, kept open.
 *
 * DESIGN. nng 1.5 gives up a listener without a word when whoever dials hangs up while nng greets
 * it: further connections are greeted, but the socket never gets them. So a thread, bw-listening,
 * dials each address of its own every second and sees whether the socket gets a connection from
 * that. Where it does not, the address is closed and listened on again; its connections are cut by
 * that, and dial again; nng does not give back the few KiB of those that it never let in. It has
 * nothing to tell on inproc://, where nobody greets, nor on tls+tcp://, where it would need a
 * client's certificate. */
#ifndef BW_NET_LISTENING_H
#define BW_NET_LISTENING_H

#include <nng/nng.h>

#include "base/err.h"
#include "tls/tls.h"

struct bw_listening;

/* Borrows the socket until bw_listening_close(), which comes before nng_close(). */
int bw_listening_open(nng_socket socket, struct bw_listening **out,
                      struct bw_fault *fault) BW_MUST_CHECK;
void bw_listening_close(struct bw_listening **listening);

/* Listens on one more endpoint, with tls if it is tls+tcp://. If that fails, the fault is
 * bw_nng_listen_fault()'s. From one thread at a time. */
int bw_listening_add(struct bw_listening *listening, const char *endpoint,
                     struct nng_tls_config *tls, struct bw_fault *fault) BW_MUST_CHECK;

#endif

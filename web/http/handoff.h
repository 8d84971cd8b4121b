/* The hand-off: a connection whose WebSocket handshake is done, or whose request is answered over a
 * long time, leaves civetweb, which would keep a thread for it, and goes to the streams.
 *
 * DESIGN. A request leaves from its handler, in one call: the place and the descriptor as below;
 * as civetweb has nothing to write any more, one placeholder whose other end is closed serves all
 * of them (`dead_end`); then the taker gets `mine`. If it does not want it, the connection is put
 * back, and civetweb answers. A WebSocket takes four callbacks, because civetweb does its
 * handshake. All of it happens on the one worker that serves the connection, in four callbacks:
 *   connect  before the handshake: everything that can fail. A page of an origin that may not is
 *            refused (origin.h). Takes a place from the sink, finds the
 *            descriptor, makes `mine` (a dup of it), and puts one end of a socket pair under
 *            civetweb's number. Else answers 429 or 503. From here on nothing that civetweb writes
 *            reaches the client by itself, nor does its shutdown().
 *   ready    civetweb has written its answer to the handshake into the pair: it is sent on to the
 *            client, with the line of the extension that we agreed on and that civetweb does not
 *            know. The pair's other end is closed: civetweb reads end-of-file.
 *   data     civetweb had read more than the handshake, and part of it was a whole frame: a client
 *            that does not wait for the handshake breaks RFC 6455. It is closed with 1002.
 *   close    civetweb is off the connection: the sink gets `mine`. */
#ifndef BW_HTTP_HANDOFF_H
#define BW_HTTP_HANDOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "web/http/message.h"
#include "web/http/origin.h"
#include "web/http/peer.h"

struct bw_deadlines;
struct mg_connection;
struct mg_context;

/* Who takes the connections. Called on any worker, several at once. */
struct bw_handoff_sink {
    void *ctx;
    /* Takes a place for a connection from this address (peer.h). Else *fault says why not:
     * BW_ETOOMANY is the address's own doing. */
    int (*enter)(void *ctx, uint64_t address, struct bw_fault *fault);
    /* Gives the place back: the connection did not get so far. */
    void (*leave)(void *ctx, uint64_t address);
    /* Whether it owns this descriptor: such are not looked at when searching. */
    bool (*owns_fd)(void *ctx, int fd);
    /* 0: the sink owns fd and the place. Negative: the caller still does. window_bits: the
     * client's, when permessage-deflate was agreed on (extension.h); else 0. */
    int (*adopt)(void *ctx, int fd, uint64_t address, unsigned window_bits);
};

/* One connection on its way out. */
struct bw_handoff;

/* What the callbacks work with. */
struct bw_handoff_desk {
    struct bw_handoff_sink sink;
    struct bw_deadlines *deadlines; /* of requests that stay */
    struct bw_proxies proxies;
    struct bw_origins origins;
    bool deflates; /* permessage-deflate is agreed to */
    int dead_end;  /* reads the end, and takes nothing */
};

/* The desk's own descriptor; the other members are the caller's. BW_EIO: there are too many. */
int bw_handoff_open(struct bw_handoff_desk *desk) BW_MUST_CHECK;
/* When the context is stopped. */
void bw_handoff_close(struct bw_handoff_desk *desk);

/* Installs the callbacks for a path. The desk is borrowed until the context is stopped. */
void bw_handoff_install(struct mg_context *context, const char *path,
                        const struct bw_handoff_desk *desk);

/* Gives the connection of a request that was not answered yet to the taker. 0: it is gone, and
 * civetweb will find that out by itself. Else *fault says why not, and it is to be answered. */
int bw_handoff_request(const struct mg_connection *conn, const struct bw_handoff_desk *desk,
                       const struct bw_http_taker *taker, struct bw_str headers,
                       struct bw_fault *fault) BW_MUST_CHECK;

/* For the server's connection_close callback: gives up a hand-off that did not get to its end
 * (the handshake could not be written). NULL is harmless. */
void bw_handoff_abandon(const struct mg_connection *conn);

#endif

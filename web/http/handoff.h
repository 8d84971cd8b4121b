/* The hand-off: a connection whose WebSocket handshake is done leaves civetweb, which would keep a
 * thread for it, and goes to the streams.
 *
 * DESIGN. All of it happens on the one worker that serves the connection, in four callbacks:
 *   connect  before the handshake: everything that can fail. Finds the descriptor, makes `mine` (a
 *            dup of it) and a placeholder (a socket whose other end is closed). Else answers 503.
 *   ready    the handshake is written: dup3 puts the placeholder under civetweb's number. From here
 *            on civetweb reads end-of-file there, and its shutdown() cannot reach the client.
 *   data     civetweb had read more than the handshake, and part of it was a whole frame: a client
 *            that does not wait for the handshake breaks RFC 6455. It is closed with 1002.
 *   close    civetweb is off the connection: the sink gets `mine`. */
#ifndef BW_HTTP_HANDOFF_H
#define BW_HTTP_HANDOFF_H

#include <stdbool.h>

#include "base/err.h"

struct mg_connection;
struct mg_context;

/* Who takes the connections. Called on any worker, several at once. */
struct bw_handoff_sink {
    void *ctx;
    /* Whether a further connection would be taken now. */
    bool (*has_room)(void *ctx);
    /* Whether it owns this descriptor: such are not looked at when searching. */
    bool (*owns_fd)(void *ctx, int fd);
    /* 0: the sink owns fd. Negative: the caller still does. */
    int (*adopt)(void *ctx, int fd);
};

/* One connection on its way out. */
struct bw_handoff;

/* Installs the callbacks for a path. The sink is borrowed until the context is stopped. */
void bw_handoff_install(struct mg_context *context, const char *path,
                        const struct bw_handoff_sink *sink);

/* For the server's connection_close callback: gives up a hand-off that did not get to its end
 * (the handshake could not be written). NULL is harmless. */
void bw_handoff_abandon(const struct mg_connection *conn);

#endif

/* The HTTP server: civetweb listens, reads requests and gives each to one of its workers; what is
 * done with them is the route table's. A finished WebSocket handshake leaves civetweb altogether.
 *
 * DESIGN. A worker serves one connection at a time: it waits for the request's head (10 s), reads
 * the body, calls the handler, writes the answer and keeps the connection for at most a second
 * more, unless half of the workers have one: else sixteen idle pages would keep all others out for
 * that second. Nothing else may hold a worker, so what waits longer than one question to the bus
 * leaves by the hand-off. civetweb's own file serving, CGI, CORS and error pages are never reached:
 * every request is answered in its begin_request callback, or is a WebSocket handshake. */
#ifndef BW_HTTP_SERVER_H
#define BW_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "web/http/handoff.h"
#include "web/http/route.h"

struct bw_http_options {
    const char *listen;         /* ADDRESS:PORT or PORT; IPv4 only */
    unsigned threads;           /* workers, 1 to 1024 */
    size_t body_bytes_max;      /* of a request */
    unsigned request_timeout_s; /* for its body and a long answer together; 0: 60 */
    const struct bw_route *routes;
    size_t n_routes;
    void *ctx;                   /* handed to every handler */
    const char *websocket_path;  /* where a GET with Upgrade: websocket becomes one */
    struct bw_handoff_sink sink; /* who gets these connections */
    bool deflate;                /* agree to permessage-deflate */
    const char *proxies;         /* whose X-Forwarded-For is believed, see peer.h */
    const char *origins;         /* of pages from elsewhere that are served, see origin.h */
};

struct bw_http_server;

/* Borrows what options points to until stop, except `listen`, `proxies` and `origins`. BW_EINVAL:
 * one of these is wrong; BW_EIO: cannot listen there. */
int bw_http_server_start(const struct bw_http_options *options, struct bw_http_server **out,
                         struct bw_fault *fault) BW_MUST_CHECK;
/* Ends the requests under way and joins the workers. Sets *server to NULL. */
void bw_http_server_stop(struct bw_http_server **server);
unsigned bw_http_server_port(const struct bw_http_server *server);

#endif

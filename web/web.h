/* The web half: HTTP, the page, the REST interface and the live streams, all as clients of a bus.
 */
#ifndef BW_WEB_WEB_H
#define BW_WEB_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tls/tls.h"
#include "web/stream/stream.h"

/* Zero means the default. Strings are borrowed for the duration of bw_web_start(). */
struct bw_web_options {
    const char *listen;  /* "127.0.0.1:8080"; "8080" is every address; port 0: any free one */
    const char *proxies; /* whose X-Forwarded-For is believed: "127.0.0.0/8, 10.0.0.7" */
    const char *origins; /* of pages from elsewhere that are served: "https://app.example.com" */
    bool deflate;        /* compress what pages get, if they can take it */
    const char *bus_url; /* the bus's base URL: inproc:// in one process, else ipc:// or tcp:// */
    struct bw_tls_files tls;    /* if it is tls+tcp:// */
    unsigned http_threads;      /* requests worked on at once; default 16 */
    unsigned request_timeout_s; /* for a request's body and a long answer; default 60 */
    size_t body_bytes_max;      /* largest request body; default 16 MiB */
    uint32_t bus_timeout_ms;    /* wait for the bus to answer one request; default 10 000 */
    struct bw_stream_options stream;
};

struct bw_web;

/* Listens, and answers from then on; does not wait for the bus (/readyz tells when it is there).
 * BW_EINVAL: the listening address or the bus URL; BW_EIO: cannot listen there. *fault names the
 * setting ("http", "bus") and says what to do. */
int bw_web_start(const struct bw_web_options *options, struct bw_web **out,
                 struct bw_fault *fault) BW_MUST_CHECK;
/* Before stopping: from now on /readyz is 503 and live connections are refused; those that there
 * are get what is committed, and are sent away with 1012 and a hint when to come back. Returns when
 * all are gone, or after timeout_s. REST goes on. */
void bw_web_drain(struct bw_web *web, unsigned timeout_s);
/* Takes no new connection, ends the requests under way, closes the streams with 1001, joins every
 * thread. Sets *web to NULL. */
void bw_web_stop(struct bw_web **web);

/* The port listened on: tells which one it is when 0 was asked for. */
unsigned bw_web_port(const struct bw_web *web);

#endif

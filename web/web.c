/* The web half, wired together: a handle on the bus, the streams, REST on top of both, and the HTTP
 * server that gives requests to the one and connections to the other. Stops in the other order. */
#include "web/web.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/diag.h"
#include "web/http/server.h"
#include "web/rest/ask.h"
#include "web/routes.h"

enum {
    HTTP_THREADS = 16,
    BODY_BYTES_MAX = 16 << 20,
    BUS_TIMEOUT_MS = 10000,
    CONNECTIONS_MAX = 100000,
    /* Descriptors that are not watchers': each worker has its connection and, during a hand-off,
     * two more; nng, SQLite, libraries and logs take the rest. */
    FDS_PER_WORKER = 3,
    FDS_OF_OTHERS = 256,
};

struct bw_web {
    struct bellwire *bus;
    struct bw_stream *stream;
    struct bw_http_server *http;
    struct bw_rest rest;
    struct bw_fresh fresh;
};

/* --- What rest and http ask of the streams --- */

static bool streams_are_live(void *streams)
{
    return bw_stream_is_live(streams);
}

static bool streams_are_draining(void *streams)
{
    return bw_stream_is_draining(streams);
}

static unsigned count_watchers(void *streams)
{
    return bw_stream_connections(streams);
}

static unsigned count_subscriptions(void *streams, struct bw_str topic)
{
    return bw_stream_subscriptions(streams, topic);
}

static int enter(void *ctx, uint64_t address, struct bw_fault *fault)
{
    return bw_stream_enter(((const struct bw_web *)ctx)->stream, address, fault);
}

static void leave(void *ctx, uint64_t address)
{
    bw_stream_leave(((const struct bw_web *)ctx)->stream, address);
}

static bool owns_fd(void *ctx, int fd)
{
    return bw_stream_owns_fd(((const struct bw_web *)ctx)->stream, fd);
}

static int adopt(void *ctx, int fd, uint64_t address, unsigned window_bits)
{
    return bw_stream_adopt_websocket(((const struct bw_web *)ctx)->stream, fd, address,
                                     window_bits);
}

/* --- Starting and stopping --- */

/* Never more watchers than there are descriptors for: with none left, civetweb could not even
 * accept those whom it is to refuse, and would spin. */
static unsigned affordable_connections(unsigned wanted, unsigned http_threads)
{
    struct rlimit limit;
    unsigned most = wanted ? wanted : CONNECTIONS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return most;
    rlim_t kept = FDS_OF_OTHERS + (rlim_t)FDS_PER_WORKER * http_threads;
    rlim_t left = limit.rlim_cur > kept ? limit.rlim_cur - kept : 1;
    if (left < most && wanted)
        diag_info("WEB-CONNECTIONS-LIMITED",
                  "wanted=%u possible=%u text=raise the limit of open files", wanted,
                  (unsigned)left);
    return left < most ? (unsigned)left : most;
}

static int start_http(struct bw_web *web, const struct bw_web_options *o, unsigned threads,
                      struct bw_fault *fault)
{
    const struct bw_http_options options = {
        .listen = o->listen,
        .threads = threads,
        .body_bytes_max = o->body_bytes_max ? o->body_bytes_max : BODY_BYTES_MAX,
        .request_timeout_s = o->request_timeout_s,
        .routes = bw_routes,
        .n_routes = bw_n_routes,
        .ctx = &web->rest,
        .websocket_path = BW_WEBSOCKET_PATH,
        .sink = {.ctx = web, .enter = enter, .leave = leave, .owns_fd = owns_fd, .adopt = adopt},
        .proxies = o->proxies,
        .origins = o->origins,
        .deflate = o->deflate,
    };
    return bw_http_server_start(&options, &web->http, fault);
}

static int start(struct bw_web *web, const struct bw_web_options *o, struct bw_fault *fault)
{
    const unsigned threads = o->http_threads ? o->http_threads : HTTP_THREADS;
    const uint32_t timeout_ms = o->bus_timeout_ms ? o->bus_timeout_ms : BUS_TIMEOUT_MS;
    const struct bellwire_options bus = {
        .timeout_ms = timeout_ms,
        .tls_cert = o->tls.cert,
        .tls_key = o->tls.key,
        .tls_ca = o->tls.ca,
    };
    struct bw_stream_options stream = o->stream;
    stream.max_connections = affordable_connections(stream.max_connections, threads);
    int err = bellwire_connect(o->bus_url, &bus, &web->bus);
    if (err)
        return bw_fault(fault, err, "bus", "\"%s\": %s", o->bus_url, bellwire_strerror(err));
    err = bw_stream_start(&stream, web->bus, &web->stream);
    if (err)
        return bw_fault(fault, err, "", "the streams cannot start: %s", bw_err_text(err));
    web->rest = (struct bw_rest){.bus = web->bus,
                                 .timeout_ms = timeout_ms,
                                 .fresh = &web->fresh,
                                 .streams_are_live = streams_are_live,
                                 .streams_are_draining = streams_are_draining,
                                 .watchers = count_watchers,
                                 .subscriptions = count_subscriptions,
                                 .streams = web->stream};
    return start_http(web, o, threads, fault);
}

int bw_web_start(const struct bw_web_options *options, struct bw_web **out, struct bw_fault *fault)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    bw_fresh_open(&(*out)->fresh);
    int err = start(*out, options, fault);
    if (err)
        bw_web_stop(out);
    return err;
}

/* How far the journal is; 0 if the bus does not say in time. */
static uint64_t ask_head(const struct bw_web *web, uint32_t timeout_ms)
{
    struct bw_rest patient = web->rest;
    struct bw_rpc_request question = {.op = BW_RPC_STATS};
    struct bw_asked asked;
    struct bw_fault fault = {0};
    patient.timeout_ms = timeout_ms;
    if (bw_rest_ask(&patient, &question, &asked, &fault) != 0)
        return 0;
    uint64_t head = asked.head;
    bw_asked_free(&asked);
    return head;
}

void bw_web_drain(struct bw_web *web, unsigned timeout_s)
{
    int64_t begun_us = bw_clock_mono_us();
    uint32_t timeout_ms = timeout_s * 1000;
    bw_stream_close_door(web->stream);
    if (timeout_ms == 0 || bw_stream_connections(web->stream) == 0)
        return;
    uint64_t head = ask_head(web, timeout_ms / 2);
    uint32_t spent_ms = (uint32_t)((bw_clock_mono_us() - begun_us) / 1000);
    bw_stream_drain(web->stream, head, spent_ms < timeout_ms ? timeout_ms - spent_ms : 0);
}

void bw_web_stop(struct bw_web **web)
{
    struct bw_web *w = *web;
    *web = NULL;
    if (!w)
        return;
    bw_http_server_stop(&w->http);
    bw_stream_stop(&w->stream);
    bellwire_close(&w->bus);
    bw_fresh_close(&w->fresh);
    free(w);
}

unsigned bw_web_port(const struct bw_web *web)
{
    return bw_http_server_port(web->http);
}

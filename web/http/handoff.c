/* The hand-off of a connection from civetweb to the streams; see the header for its order. */
#include "web/http/handoff.h"

#include <civetweb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/metrics.h"
#include "web/http/exchange.h"
#include "web/http/socket.h"

BW_COUNTER(handoffs, "bellwire_http_handoffs_total", "Connections handed to the streams.");
BW_COUNTER(refused, "bellwire_http_handoffs_refused_total",
           "WebSocket handshakes refused because there was no room.");

enum { CLOSE_PROTOCOL_ERROR = 1002, CLOSE_TRY_AGAIN_LATER = 1013 };

struct bw_handoff {
    const struct bw_handoff_sink *sink;
    uint64_t address; /* has a place with the sink, if has_place */
    bool has_place;
    int fd;          /* civetweb's number for the connection */
    int mine;        /* the same connection, for the sink; -1 once it is gone */
    int placeholder; /* what fd becomes; -1 once it did */
    bool pipelined;  /* the client sent frames before it had our answer */
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void destroy(struct bw_handoff **handoff)
{
    struct bw_handoff *h = *handoff;
    *handoff = NULL;
    if (!h)
        return;
    if (h->has_place)
        h->sink->leave(h->sink->ctx, h->address);
    close_fd(&h->mine);
    close_fd(&h->placeholder);
    free(h);
}

/* A socket that reads as ended. */
static int make_placeholder(int *out)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return BW_EIO;
    close(pair[1]);
    *out = pair[0];
    return 0;
}

static uint64_t address_of(const struct mg_connection *conn, const struct bw_proxies *proxies)
{
    const struct mg_request_info *info = mg_get_request_info(conn);
    struct bw_str forwarded_for = {NULL, 0};
    for (int i = 0; i < info->num_headers; i++)
        if (strcasecmp(info->http_headers[i].name, "X-Forwarded-For") == 0)
            forwarded_for = bw_str(info->http_headers[i].value); /* the last one */
    return bw_peer_of(proxies, bw_str(info->remote_addr), forwarded_for);
}

static int try_to_prepare(const struct mg_connection *conn, const struct bw_handoff_desk *desk,
                          struct bw_handoff **out, struct bw_fault *fault)
{
    const struct bw_handoff_sink *sink = &desk->sink;
    struct bw_socket_ends ends;
    struct bw_handoff *h = malloc(sizeof *h);
    if (!h)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    *h = (struct bw_handoff){.sink = sink, .fd = -1, .mine = -1, .placeholder = -1};
    h->address = address_of(conn, &desk->proxies);
    int err = sink->enter(sink->ctx, h->address, fault);
    if (err)
        goto out;
    h->has_place = true;
    err = bw_socket_ends_of(conn, &ends);
    if (err)
        goto out;
    h->fd = bw_socket_find(&ends, sink->owns_fd, sink->ctx);
    if (h->fd < 0) {
        err = h->fd;
        goto out;
    }
    h->mine = fcntl(h->fd, F_DUPFD_CLOEXEC, 0);
    err = h->mine < 0 ? BW_EIO : make_placeholder(&h->placeholder);
out:
    if (err)
        destroy(&h);
    *out = h;
    return err;
}

static void refuse(int err, struct bw_fault *fault)
{
    bw_metric_add(&refused, 1);
    if (fault->err != 0)
        return;
    if (err != BW_ENOTFOUND) /* not found: the client has left */
        diag_warn("HTTP-HANDOFF-FAILED", "error=%s errno=%d", bw_err_code(err), errno);
    bw_fault(fault, BW_EBUSY, "", "no room for a further live connection; try again later");
}

/* All that comes before the connection is touched. */
static int prepare(const struct mg_connection *conn, const struct bw_handoff_desk *desk,
                   struct bw_handoff **out, struct bw_fault *fault)
{
    int err = try_to_prepare(conn, desk, out, fault);
    if (err)
        refuse(err, fault);
    return err;
}

/* Before the handshake. 0: go on with it. */
static int on_connect(const struct mg_connection *conn, void *arg)
{
    struct bw_handoff *h = NULL;
    struct bw_fault fault = {0};
    if (prepare(conn, arg, &h, &fault) == 0) {
        mg_set_user_connection_data(conn, h);
        return 0;
    }
    /* civetweb lets nobody write here, by const; but nothing was written yet, and this thread is
     * the only one that does. */
    bw_http_refuse((struct mg_connection *)(uintptr_t)conn, bw_http_status_of(fault.err), &fault);
    return 1;
}

/* The handshake is written. */
static void on_ready(struct mg_connection *conn, void *arg)
{
    (void)arg;
    struct bw_handoff *h = mg_get_user_connection_data(conn);
    if (dup3(h->placeholder, h->fd, O_CLOEXEC) < 0) {
        diag_error("HTTP-HANDOFF-FAILED", "error=dup3 errno=%d", errno);
        shutdown(h->fd, SHUT_RDWR);
        close_fd(&h->mine);
    }
    close_fd(&h->placeholder);
}

/* A frame that came before our answer went. 0: leave the reading loop. */
static int on_data(struct mg_connection *conn, int bits, char *data, size_t len, void *arg)
{
    (void)bits, (void)data, (void)len, (void)arg;
    struct bw_handoff *h = mg_get_user_connection_data(conn);
    h->pipelined = true;
    return 0;
}

/* Tells the client why, if its socket takes it at once. */
static void send_close(int fd, unsigned code)
{
    const unsigned char frame[] = {0x88, 2, (unsigned char)(code >> 8), (unsigned char)code};
    if (send(fd, frame, sizeof frame, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return; /* it is gone, or will see the connection end */
}

/* civetweb has done with the connection. */
static void on_close(const struct mg_connection *conn, void *arg)
{
    struct bw_handoff *h = mg_get_user_connection_data(conn);
    (void)arg;
    mg_set_user_connection_data(conn, NULL);
    if (h->mine >= 0 && h->pipelined) {
        send_close(h->mine, CLOSE_PROTOCOL_ERROR);
    } else if (h->mine >= 0) {
        if (h->sink->adopt(h->sink->ctx, h->mine, h->address) == 0) {
            h->mine = -1;
            h->has_place = false;
            bw_metric_add(&handoffs, 1);
        } else {
            bw_metric_add(&refused, 1);
            send_close(h->mine, CLOSE_TRY_AGAIN_LATER);
        }
    }
    destroy(&h);
}

void bw_handoff_install(struct mg_context *context, const char *path,
                        const struct bw_handoff_desk *desk)
{
    /* None of the subprotocols a client offers is ours: without this list civetweb would agree to
     * the last one. */
    static struct mg_websocket_subprotocols none = {0, NULL};
    mg_set_websocket_handler_with_subprotocols(context, path, &none, on_connect, on_ready, on_data,
                                               on_close, (void *)(uintptr_t)desk);
}

int bw_handoff_request(const struct mg_connection *conn, const struct bw_handoff_desk *desk,
                       const struct bw_http_taker *taker, struct bw_str headers,
                       struct bw_fault *fault)
{
    struct bw_handoff *h = NULL;
    int err = prepare(conn, desk, &h, fault);
    if (err)
        return err;
    if (dup3(h->placeholder, h->fd, O_CLOEXEC) < 0)
        err = BW_EIO;
    else if ((err = taker->take(taker->arg, h->mine, h->address, headers)) != 0)
        dup3(h->mine, h->fd, O_CLOEXEC); /* back; that it worked once means that it can */
    if (err == 0) {
        h->mine = -1;
        h->has_place = false;
        bw_metric_add(&handoffs, 1);
    } else {
        refuse(err, fault);
    }
    destroy(&h);
    return err;
}

void bw_handoff_abandon(const struct mg_connection *conn)
{
    struct bw_handoff *h = mg_get_user_connection_data(conn);
    destroy(&h);
}

/* The hand-off of a connection from civetweb to the streams; see the header for its order. */
#include "web/http/handoff.h"

#include <civetweb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/metrics.h"
#include "web/http/exchange.h"
#include "web/http/extension.h"
#include "web/http/socket.h"

BW_COUNTER(handoffs, "bellwire_http_handoffs_total", "Connections handed to the streams.");
BW_COUNTER(refused, "bellwire_http_handoffs_refused_total",
           "WebSocket handshakes refused because there was no room.");

enum { CLOSE_PROTOCOL_ERROR = 1002, CLOSE_TRY_AGAIN_LATER = 1013, ANSWER_MAX = 4096 };

struct bw_handoff {
    const struct bw_handoff_sink *sink;
    uint64_t address; /* has a place with the sink, if has_place */
    bool has_place;
    bool pipelined; /* the client sent frames before it had our answer */
    int fd;         /* civetweb's number for the connection */
    int mine;       /* the same connection, for the sink; -1 once it is gone */
    int caught;     /* the placeholder's other end: what civetweb wrote; -1 once it was sent on */
    unsigned window_bits; /* of the client, for permessage-deflate; 0: not agreed on */
    char extension[BW_EXTENSION_LINE_MAX]; /* our line in the answer to the handshake */
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
    close_fd(&h->caught);
    free(h);
}

static int open_pair(int pair[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 ? 0 : BW_EIO;
}

static int put_under(int number, int fd)
{
    return dup3(fd, number, O_CLOEXEC) < 0 ? BW_EIO : 0;
}

/* Puts a placeholder under civetweb's number, and catches what civetweb writes. */
static int catch_what_is_written(struct bw_handoff *h)
{
    int pair[2];
    if (open_pair(pair) != 0)
        return BW_EIO;
    int err = put_under(h->fd, pair[0]);
    close(pair[0]);
    h->caught = pair[1];
    return err;
}

int bw_handoff_open(struct bw_handoff_desk *desk)
{
    int pair[2];
    desk->dead_end = -1;
    if (open_pair(pair) != 0)
        return BW_EIO;
    close(pair[1]);
    desk->dead_end = pair[0];
    return 0;
}

void bw_handoff_close(struct bw_handoff_desk *desk)
{
    close_fd(&desk->dead_end);
}

/* Sends on what civetweb wrote, with a further line in its head. From then on civetweb reads the
 * end. Without room in the client's socket, for these few bytes, the connection is given up. */
static void send_on(struct bw_handoff *h, const char *line)
{
    char answer[ANSWER_MAX];
    ssize_t n = recv(h->caught, answer, sizeof answer - strlen(line), MSG_DONTWAIT);
    close_fd(&h->caught);
    if (n >= 2) { /* before the empty line */
        memmove(answer + n - 2 + strlen(line), answer + n - 2, 2);
        memcpy(answer + n - 2, line, strlen(line));
        n += (ssize_t)strlen(line);
    }
    if (n <= 0 || send(h->mine, answer, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) != n) {
        shutdown(h->mine, SHUT_RDWR);
        close_fd(&h->mine);
    }
}

/* The client's offers may stand in several lines. */
static void choose_extension(const struct mg_connection *conn, struct bw_handoff *h)
{
    const struct mg_request_info *info = mg_get_request_info(conn);
    for (int i = 0; i < info->num_headers && h->window_bits == 0; i++)
        if (strcasecmp(info->http_headers[i].name, "Sec-WebSocket-Extensions") == 0)
            h->window_bits = bw_extension_choose(bw_str(info->http_headers[i].value), h->extension);
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
                          bool catches, struct bw_handoff **out, struct bw_fault *fault)
{
    const struct bw_handoff_sink *sink = &desk->sink;
    struct bw_socket_ends ends;
    struct bw_handoff *h = malloc(sizeof *h);
    if (!h)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    *h = (struct bw_handoff){.sink = sink, .fd = -1, .mine = -1, .caught = -1};
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
    err = h->mine < 0 ? BW_EIO
          : catches   ? catch_what_is_written(h)
                      : put_under(h->fd, desk->dead_end);
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

/* Everything that can fail; from here on civetweb has the placeholder. catches: it still writes. */
static int prepare(const struct mg_connection *conn, const struct bw_handoff_desk *desk,
                   bool catches, struct bw_handoff **out, struct bw_fault *fault)
{
    int err = try_to_prepare(conn, desk, catches, out, fault);
    if (err)
        refuse(err, fault);
    return err;
}

/* civetweb lets nobody write in `connect`, by const; but nothing was written yet, and this thread
 * is the only one that does. */
static int refuse_handshake(const struct mg_connection *conn, int status, struct bw_fault *fault)
{
    bw_http_refuse((struct mg_connection *)(uintptr_t)conn, status, fault);
    return 1;
}

/* Before the handshake. 0: go on with it. */
static int on_connect(const struct mg_connection *conn, void *arg)
{
    const struct bw_handoff_desk *desk = arg;
    struct bw_handoff *h = NULL;
    struct bw_fault fault = {0};
    struct bw_str origin = bw_str(mg_get_header(conn, "Origin"));
    struct bw_str host = bw_str(mg_get_header(conn, "Host"));
    if (!bw_origin_may_connect(&desk->origins, origin, host)) {
        bw_fault(&fault, BW_EINVAL, "Origin",
                 "pages of this origin may not connect to \"%.*s\"; the setting `origins` lists "
                 "those that may, and a proxy must pass Host on",
                 BW_STR_ARG(host));
        return refuse_handshake(conn, 403, &fault);
    }
    if (prepare(conn, desk, true, &h, &fault) == 0) {
        if (desk->deflates)
            choose_extension(conn, h);
        mg_set_user_connection_data(conn, h);
        return 0;
    }
    return refuse_handshake(conn, bw_http_status_of(fault.err), &fault);
}

/* The handshake is written. */
static void on_ready(struct mg_connection *conn, void *arg)
{
    (void)arg;
    struct bw_handoff *h = mg_get_user_connection_data(conn);
    send_on(h, h->extension);
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
        if (h->sink->adopt(h->sink->ctx, h->mine, h->address, h->window_bits) == 0) {
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
    int err = prepare(conn, desk, false, &h, fault);
    if (err)
        return err;
    err = taker->take(taker->arg, h->mine, h->address, headers);
    if (err != 0)
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
    if (h && h->mine >= 0 && h->caught >= 0)
        send_on(h, ""); /* civetweb found something wrong after all */
    destroy(&h);
}

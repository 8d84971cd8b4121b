/* Starting and stopping civetweb, and what it calls back. */
#include "web/http/server.h"

#include <civetweb.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/diag.h"
#include "web/http/deadline.h"
#include "web/http/exchange.h"
#include "web/http/socket.h"

#define HEAD_BYTES_MAX  "32768"
#define HEAD_TIMEOUT_MS "10000" /* for a request's whole head, and for each pause within a body */
#define KEEP_ALIVE_MS   "1000"  /* an idle connection holds a worker */

/* When thousands come back at once, a connection for which there is no room here is tried again by
 * its kernel after 1, 3 and 7 s. The first is cut down to net.core.somaxconn; the second is of
 * those that are accepted and wait for a worker, and costs a hundred bytes for each place. */
#define LISTEN_BACKLOG   "16384"
#define ACCEPTED_BACKLOG "8192"

enum { REQUEST_TIMEOUT_S = 60 };

struct bw_http_server {
    struct bw_http_options options;
    struct bw_handoff_desk desk;
    struct mg_context *context;
    char first_message[160]; /* what civetweb said while it was starting */
    bool started;            /* set before there are threads to read it */
    atomic_uint n_held;      /* workers that have a connection, be it an idle one */
};

/* Whether this worker has a connection. A connection that we close civetweb closes once more. */
static _Thread_local bool holds;

static struct bw_http_server *server_of(const struct mg_connection *conn)
{
    return mg_get_user_context_data(conn);
}

static int on_connection(const struct mg_connection *conn, void **data)
{
    (void)data;
    holds = true;
    atomic_fetch_add(&server_of(conn)->n_held, 1);
    return 0;
}

static void on_closed(const struct mg_connection *conn)
{
    if (holds)
        atomic_fetch_sub(&server_of(conn)->n_held, 1);
    holds = false;
}

static int on_request(struct mg_connection *conn)
{
    struct bw_http_server *s = server_of(conn);
    bool crowded = atomic_load(&s->n_held) > s->options.threads / 2;
    return bw_http_exchange(conn, &s->options, &s->desk, crowded);
}

/* What civetweb would have written an error page for: heads it cannot read, and handshakes. It has
 * one message for all that may be wrong with a head. */
static int on_error(struct mg_connection *conn, int status, const char *message)
{
    struct bw_fault fault = {0};
    if (strcmp(message, "Malformed message") == 0)
        bw_fault(&fault, BW_EINVAL, "",
                 "the request's head is not HTTP, or larger than " HEAD_BYTES_MAX
                 " bytes, or did not come whole within " HEAD_TIMEOUT_MS " ms");
    else if (status == 411) /* civetweb's answer to one that it cannot read */
        bw_fault(&fault, BW_EINVAL, "Content-Length", "not a number of bytes");
    else if (status == 426)
        bw_fault(&fault, BW_EVERSION, "Sec-WebSocket-Version", "only version 13 is spoken here");
    else
        bw_fault(&fault,
                 status == 505  ? BW_EVERSION
                 : status < 500 ? BW_EINVAL
                                : BW_EINTERNAL,
                 "", "%s", message);
    bw_http_refuse(conn, status == 411 ? 400 : status, &fault);
    return 0;
}

static int on_message(const struct mg_connection *conn, const char *message)
{
    struct bw_http_server *s = server_of(conn);
    if (s && !s->started && !s->first_message[0])
        snprintf(s->first_message, sizeof s->first_message, "%s", message);
    else
        diag_warn("HTTP-SERVER", "message=%s", message);
    return 1;
}

/* The context is there and no thread of it runs yet. */
static void on_context(const struct mg_context *context)
{
    struct bw_http_server *s = mg_get_user_data(context);
    bw_handoff_install((struct mg_context *)(uintptr_t)context, s->options.websocket_path,
                       &s->desk);
    s->started = true;
}

/* ADDRESS:PORT, :PORT or PORT, as civetweb wants it; it would also take lists and TLS suffixes. */
static int listen_address(const char *text, char *out, size_t size, struct bw_fault *fault)
{
    const char *colon = strrchr(text, ':');
    const char *port = colon ? colon + 1 : text;
    size_t digits = strspn(port, "0123456789");
    if (digits == 0 || port[digits] || digits > 5 || atoi(port) > 65535 || strchr(text, ','))
        return bw_fault(fault, BW_EINVAL, "http",
                        "\"%s\" is not ADDRESS:PORT or PORT (such as 127.0.0.1:8080)", text);
    if (text[0] == '[')
        return bw_fault(fault, BW_EINVAL, "http",
                        "IPv6 is not spoken here; listen on IPv4 and put a proxy in front");
    size_t skip = colon == text ? 1 : 0;
    const char *any = colon == text || !colon ? "0.0.0.0:" : "";
    if ((size_t)snprintf(out, size, "%s%s", any, text + skip) >= size)
        return bw_fault(fault, BW_EINVAL, "http", "the address is too long");
    return 0;
}

static int start(struct bw_http_server *s, struct bw_fault *fault)
{
    char listen[300], threads[16];
    int err = listen_address(s->options.listen, listen, sizeof listen, fault);
    if (err)
        return err;
    snprintf(threads, sizeof threads, "%u", s->options.threads);
    const char *settings[] = {
        "listening_ports",
        listen,
        "num_threads",
        threads,
        "max_request_size",
        HEAD_BYTES_MAX,
        "request_timeout_ms",
        HEAD_TIMEOUT_MS,
        "enable_keep_alive",
        "yes",
        "keep_alive_timeout_ms",
        KEEP_ALIVE_MS,
        "listen_backlog",
        LISTEN_BACKLOG,
        "connection_queue",
        ACCEPTED_BACKLOG,
        "tcp_nodelay",
        "1",
        "decode_url",
        "no", /* ours to do, and to find errors in */
        "enable_auth_domain_check",
        "no", /* also makes the link of a request name the local address, see socket.c */
        NULL,
    };
    const struct mg_callbacks callbacks = {.init_connection = on_connection,
                                           .begin_request = on_request,
                                           .http_error = on_error,
                                           .log_message = on_message,
                                           .init_context = on_context,
                                           .connection_close = bw_handoff_abandon,
                                           .connection_closed = on_closed};
    s->context = mg_start(&callbacks, s, settings);
    if (!s->context)
        return bw_fault(fault, BW_EIO, "http", "cannot listen on %s: %s", s->options.listen,
                        s->first_message);
    return 0;
}

int bw_http_server_start(const struct bw_http_options *options, struct bw_http_server **out,
                         struct bw_fault *fault)
{
    struct bw_http_server *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    s->options = *options;
    s->desk.sink = options->sink;
    s->desk.deflates = options->deflate;
    int err = bw_proxies_parse(options->proxies, &s->desk.proxies, fault);
    if (err == 0)
        err = bw_origins_parse(options->origins, &s->desk.origins, fault);
    unsigned timeout_s = options->request_timeout_s;
    if (err == 0 && bw_deadlines_start(&s->desk.deadlines, options->threads,
                                       timeout_s ? timeout_s : REQUEST_TIMEOUT_S))
        err = bw_fault(fault, BW_ENOMEM, "", "out of memory");
    if (bw_handoff_open(&s->desk) != 0 && err == 0)
        err = bw_fault(fault, BW_EIO, "http", "no descriptor is left");
    if (err == 0)
        err = start(s, fault);
    s->options.listen = s->options.proxies = s->options.origins =
        NULL; /* were borrowed for this call only */
    if (err) {
        bw_deadlines_stop(&s->desk.deadlines);
        bw_handoff_close(&s->desk);
        free(s);
    } else {
        *out = s;
    }
    return err;
}

void bw_http_server_stop(struct bw_http_server **server)
{
    struct bw_http_server *s = *server;
    *server = NULL;
    if (!s)
        return;
    /* civetweb looks at its stop flag every 2 s, or when a connection comes. A listening socket
     * that is shut down wakes it at once. */
    int listener = bw_socket_find_listener(bw_http_server_port(s));
    if (listener >= 0)
        shutdown(listener, SHUT_RD);
    mg_stop(s->context);
    bw_deadlines_stop(&s->desk.deadlines);
    bw_handoff_close(&s->desk);
    free(s);
}

unsigned bw_http_server_port(const struct bw_http_server *server)
{
    struct mg_server_port ports[1];
    return mg_get_server_ports(server->context, 1, ports) == 1 ? (unsigned)ports[0].port : 0;
}

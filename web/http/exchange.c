/* One request and its answer over a civetweb connection: what civetweb leaves open is checked here,
 * the body is read within its bound, and the answer goes out in one write.
 *
 * A request is framed by Content-Length or by chunks, never by both: who guesses differently from a
 * proxy in front of it lets a client smuggle requests. After such a request, and whenever a body is
 * left unread, the connection ends, because what follows on it cannot be told apart. */
#include "web/http/exchange.h"

#include <civetweb.h>
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/metrics.h"
#include "base/uuid.h"
#include "web/http/deadline.h"
#include "web/http/encoding.h"

BW_COUNTER(requests, "bellwire_http_requests_total", "HTTP requests answered.");
BW_COUNTER(client_errors, "bellwire_http_client_errors_total", "HTTP requests answered with 4xx.");
BW_COUNTER(server_errors, "bellwire_http_server_errors_total", "HTTP requests answered with 5xx.");

enum {
    READ_CHUNK = 16 * 1024,
    DRAIN_MAX = 16 << 20, /* of a refused body, so that its sender gets to read the answer */
    REQUEST_ID_MAX = 64,
    AT_ONCE = 16 * 1024, /* so much of an answer the kernel takes whether the client reads or not */
    JOIN_MAX = 64 * 1024 /* larger bodies are not copied behind their head */
};

#define CSP                                                                                        \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "                   \
    "frame-ancestors 'none'"

/* How a request's body is framed, and what became of it. */
struct body {
    bool chunked;
    long long length; /* Content-Length; 0 without one */
    bool expects;     /* the client waits for 100 Continue before it sends */
    bool unread;      /* some of it may still come */
    bool broken;      /* its end cannot be found */
};

static bool has_token(struct bw_str list, const char *token)
{
    size_t len = strlen(token);
    for (size_t i = 0; i + len <= list.len; i++)
        if (strncasecmp(list.ptr + i, token, len) == 0 &&
            (i == 0 || list.ptr[i - 1] == ',' || list.ptr[i - 1] == ' ') &&
            (i + len == list.len || list.ptr[i + len] == ',' || list.ptr[i + len] == ' '))
            return true;
    return false;
}

static size_t count_header(const struct bw_http_request *request, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < request->n_headers; i++)
        n += request->headers[i].name.len == strlen(name) &&
             strncasecmp(request->headers[i].name.ptr, name, strlen(name)) == 0;
    return n;
}

static int check_framing(const struct bw_http_request *request, struct body *body,
                         struct bw_fault *fault)
{
    struct bw_str length = bw_http_header(request, "Content-Length");
    body->chunked = bw_http_header(request, "Transfer-Encoding").ptr != NULL;
    body->expects = has_token(bw_http_header(request, "Expect"), "100-continue");
    body->broken = true;
    if (body->chunked && length.ptr)
        return bw_fault(fault, BW_EINVAL, "Content-Length",
                        "stands beside Transfer-Encoding; send one of them");
    if (count_header(request, "Content-Length") > 1 ||
        count_header(request, "Transfer-Encoding") > 1)
        return bw_fault(fault, BW_EINVAL, "Content-Length", "the body's framing is given twice");
    if (length.ptr) {
        for (size_t i = 0; i < length.len; i++)
            if (!isdigit((unsigned char)length.ptr[i]))
                length.len = 0;
        if (length.len == 0 || length.len > 18)
            return bw_fault(fault, BW_EINVAL, "Content-Length", "not a number of bytes");
        body->length = strtoll(length.ptr, NULL, 10);
    }
    body->broken = false;
    body->unread = body->chunked || body->length > 0;
    return 0;
}

static int read_body(struct mg_connection *conn, struct body *body, size_t max, struct bw_buf *out,
                     struct bw_fault *fault)
{
    if (body->length > 0 && (unsigned long long)body->length > max)
        goto too_big;
    if (body->expects)
        mg_printf(conn, "HTTP/1.1 100 Continue\r\n\r\n");
    body->expects = false;
    for (;;) {
        size_t want = READ_CHUNK;
        if (!body->chunked && (size_t)body->length - out->len < want)
            want = (size_t)body->length - out->len;
        if (want == 0)
            break;
        char *at = bw_buf_reserve(out, want);
        if (!at)
            return bw_fault(fault, BW_ENOMEM, "", "out of memory");
        int n = mg_read(conn, at, want);
        if (n < 0 || (n == 0 && !body->chunked)) {
            body->broken = true;
            return bw_fault(fault, BW_EINVAL, "", "the body ended early, or is not framed rightly");
        }
        if (n == 0)
            break;
        out->len += (size_t)n;
        if (out->len > max)
            goto too_big;
    }
    body->unread = false;
    return 0;
too_big:
    return bw_fault(fault, BW_ETOOBIG, "", "the body is larger than %zu bytes", max);
}

/* Reads on until a refused body is over, so that its sender is not cut off before it reads why.
 * False: there is still more of it. */
static bool drain(struct mg_connection *conn)
{
    char scratch[4096];
    for (size_t got = 0; got < DRAIN_MAX;) {
        int n = mg_read(conn, scratch, sizeof scratch);
        if (n < 0)
            return false;
        if (n == 0)
            return true;
        got += (size_t)n;
    }
    return false;
}

/* The same rule as civetweb's, which goes by the request and does not look at our answer. */
static bool keeps_alive(const struct mg_connection *conn)
{
    const char *connection = mg_get_header(conn, "Connection");
    const char *version = mg_get_request_info(conn)->http_version;
    if (connection)
        return has_token(bw_str(connection), "keep-alive");
    return version && strcmp(version, "1.1") == 0;
}

/* The client's own id for the request if it is presentable, else a new one. */
static void request_id(const struct mg_connection *conn, char out[REQUEST_ID_MAX + 1])
{
    const char *given = mg_get_header(conn, "X-Request-Id");
    size_t len = given ? strlen(given) : 0;
    bool good = len > 0 && len <= REQUEST_ID_MAX;
    for (size_t i = 0; good && i < len; i++)
        good = isalnum((unsigned char)given[i]) || strchr("._-", given[i]);
    if (good)
        memcpy(out, given, len + 1);
    else
        bw_uuid7(out);
}

/* An answer's body, as it will be sent. */
struct payload {
    struct bw_str bytes;
    bool varies; /* with what the client accepts */
    bool is_gzip;
    struct bw_buf memory;
};

static struct payload make_payload(const struct mg_connection *conn,
                                   const struct bw_http_answer *answer)
{
    struct payload p = {.bytes = bw_buf_str(&answer->body)};
    if (answer->fixed)
        p.bytes = (struct bw_str){answer->fixed, answer->fixed_len};
    p.varies = answer->fixed_gzip || bw_gzip_is_worth(answer->content_type, p.bytes.len);
    if (!p.varies || !bw_gzip_is_accepted(bw_str(mg_get_header(conn, "Accept-Encoding"))))
        return p;
    p.is_gzip = answer->fixed_gzip || bw_gzip(p.bytes, &p.memory);
    if (answer->fixed_gzip)
        p.bytes = (struct bw_str){answer->fixed_gzip, answer->fixed_gzip_len};
    else if (p.is_gzip)
        p.bytes = bw_buf_str(&p.memory);
    return p;
}

/* The lines that do not depend on the body. */
static void put_headers(struct bw_buf *out, const struct mg_connection *conn,
                        const struct bw_http_answer *answer, bool keep)
{
    char date[64], id[REQUEST_ID_MAX + 1];
    time_t now = time(NULL);
    struct tm tm;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
    request_id(conn, id);
    bw_buf_printf(out,
                  "Date: %s\r\nCache-Control: %s\r\nX-Content-Type-Options: nosniff\r\n"
                  "Referrer-Policy: no-referrer\r\nContent-Security-Policy: " CSP "\r\n"
                  "X-Request-Id: %s\r\nConnection: %s\r\n",
                  date, answer->cache ? answer->cache : "no-store", id,
                  keep ? "keep-alive" : "close");
    bw_buf_puts(out, bw_buf_str(&answer->headers));
}

static void put_head(struct bw_buf *out, const struct mg_connection *conn,
                     const struct bw_http_answer *answer, const struct payload *payload, bool keep)
{
    bw_buf_printf(out, "HTTP/1.1 %d %s\r\n", answer->status, bw_http_reason(answer->status));
    if (answer->content_type)
        bw_buf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", answer->content_type,
                      payload->bytes.len);
    if (payload->is_gzip)
        bw_buf_puts(out, BW_STR("Content-Encoding: gzip\r\n"));
    if (payload->varies)
        bw_buf_puts(out, BW_STR("Vary: Accept-Encoding\r\n"));
    put_headers(out, conn, answer, keep);
    bw_buf_puts(out, BW_STR("\r\n"));
}

static void send_answer(struct mg_connection *conn, struct bw_http_answer *answer, bool keep)
{
    const char *method = mg_get_request_info(conn)->request_method;
    struct bw_buf out = {0};
    struct bw_fault fault = {0};
    if (answer->body.failed || answer->headers.failed) {
        bw_buf_reset(&answer->headers);
        bw_fault(&fault, BW_ENOMEM, "", "out of memory");
        bw_http_fault(answer, &fault);
    }
    struct payload payload = make_payload(conn, answer);
    const struct bw_str body = payload.bytes;
    put_head(&out, conn, answer, &payload, keep);
    bool is_head = method && strcmp(method, "HEAD") == 0;
    bool with_body = answer->content_type && body.len > 0 && !is_head;
    if (with_body && body.len <= JOIN_MAX)
        bw_buf_puts(&out, body);
    if (!out.failed && mg_write(conn, out.data, out.len) == (int)out.len && with_body &&
        body.len > JOIN_MAX)
        mg_write(conn, body.ptr, body.len);
    bw_buf_free(&out);
    bw_buf_free(&payload.memory);
    bw_metric_add(&requests, 1);
    if (answer->status >= 400)
        bw_metric_add(answer->status < 500 ? &client_errors : &server_errors, 1);
}

void bw_http_refuse(struct mg_connection *conn, int status, const struct bw_fault *fault)
{
    struct bw_http_answer answer = {0};
    bw_http_problem(&answer, status, fault);
    send_answer(conn, &answer, false);
    bw_http_answer_free(&answer);
}

/* Whether it asks to become a WebSocket in the way that civetweb will see as one. What is wrong
 * with the handshake beyond that, civetweb says. */
static bool is_websocket(const struct bw_http_request *request, const char *version)
{
    return request->method == BW_HTTP_GET && strcmp(version, "1.1") == 0 &&
           has_token(bw_http_header(request, "Connection"), "upgrade") &&
           has_token(bw_http_header(request, "Upgrade"), "websocket");
}

static void answer_late(const struct bw_deadlines *deadlines, struct bw_http_answer *answer)
{
    struct bw_fault fault = {0};
    bw_fault(&fault, BW_ETIMEDOUT, "", "the body did not come whole within %u s",
             bw_deadlines_timeout_s(deadlines));
    bw_http_problem(answer, 408, &fault);
}

/* Routes the request, reads its body, and has it answered. */
static void answer_request(struct mg_connection *conn, const struct bw_http_options *options,
                           const struct bw_handoff_desk *desk, struct bw_http_request *request,
                           struct body *body, struct bw_deadline *deadline,
                           struct bw_http_answer *answer)
{
    struct bw_fault fault = {0};
    struct bw_buf content = {0};
    if (request->n_headers >= MG_MAX_HEADERS) {
        body->broken = true; /* civetweb leaves out what is beyond, Content-Length perhaps */
        bw_fault(&fault, BW_ETOOBIG, "", "more than %d header lines", MG_MAX_HEADERS - 1);
        bw_http_problem(answer, 431, &fault);
        return;
    }
    if (check_framing(request, body, &fault)) {
        bw_http_fault(answer, &fault);
        return;
    }
    const char *query = mg_get_request_info(conn)->query_string;
    const struct bw_route *route =
        bw_route_find(options->routes, options->n_routes, request, bw_str(query), answer);
    if (!route)
        return;
    if (route->body && body->unread)
        bw_deadline_begin(deadline, desk->deadlines, conn, &desk->sink);
    if (route->body && read_body(conn, body, options->body_bytes_max, &content, &fault)) {
        if (bw_deadline_has_passed(deadline))
            answer_late(desk->deadlines, answer);
        else
            bw_http_fault(answer, &fault);
    } else {
        request->body = bw_buf_str(&content);
        route->handle(options->ctx, request, answer);
    }
    bw_buf_free(&content);
}

/* Whether the connection has left, with the one who will answer. */
static bool leaves(const struct mg_connection *conn, const struct bw_handoff_desk *desk,
                   const struct bw_http_request *request, struct bw_http_answer *answer)
{
    struct bw_buf headers = {0};
    struct bw_fault fault = {0};
    if (!answer->taker.arg || request->method == BW_HTTP_HEAD)
        return false;
    put_headers(&headers, conn, answer, false);
    int err = headers.failed
                  ? bw_fault(&fault, BW_ENOMEM, "", "out of memory")
                  : bw_handoff_request(conn, desk, &answer->taker, bw_buf_str(&headers), &fault);
    bw_buf_free(&headers);
    if (err == 0)
        answer->taker.arg = NULL;
    else
        bw_http_fault(answer, &fault);
    return err == 0;
}

int bw_http_exchange(struct mg_connection *conn, const struct bw_http_options *options,
                     const struct bw_handoff_desk *desk, bool crowded)
{
    const struct mg_request_info *info = mg_get_request_info(conn);
    struct bw_http_header headers[MG_MAX_HEADERS];
    struct bw_http_request request = {.method = bw_http_method_parse(bw_str(info->request_method)),
                                      .path = bw_str(info->local_uri_raw),
                                      .headers = headers,
                                      .n_headers = (size_t)info->num_headers};
    for (size_t i = 0; i < request.n_headers; i++)
        headers[i] = (struct bw_http_header){bw_str(info->http_headers[i].name),
                                             bw_str(info->http_headers[i].value)};
    if (bw_str_is(request.path, options->websocket_path) && request.n_headers < MG_MAX_HEADERS &&
        is_websocket(&request, info->http_version))
        return 0;

    struct bw_http_answer answer = {0};
    struct body body = {0};
    struct bw_deadline deadline = {0};
    answer_request(conn, options, desk, &request, &body, &deadline, &answer);
    bw_origin_allow(&desk->origins, bw_http_header(&request, "Origin"),
                    request.method == BW_HTTP_OPTIONS, &answer.headers);
    /* Who waits for 100 Continue and is refused may send the body or not: no telling. */
    bool cut = body.broken || (body.unread && body.expects);
    bool drains = body.unread && !cut;
    bool keeps = keeps_alive(conn);
    if (drains || answer.fixed_len + answer.body.len > AT_ONCE)
        bw_deadline_begin(&deadline, desk->deadlines, conn, &desk->sink);
    if (leaves(conn, desk, &request, &answer))
        bw_metric_add(&requests, 1);
    else
        send_answer(conn, &answer, keeps && !body.unread && !cut && !crowded);
    int status = answer.status;
    bw_http_answer_free(&answer);
    bw_http_request_free(&request);
    if (drains)
        drain(conn);
    bw_deadline_end(&deadline);
    if (cut || drains || (keeps && crowded))
        mg_close_connection(conn);
    return status;
}

/* Requests and answers: headers, reasons, and problems as RFC 9457 describes them. */
#include "web/http/message.h"

#include <stdarg.h>
#include <stdlib.h>
#include <strings.h>

#include "wire/json.h"

static const char *const method_names[BW_HTTP_N_METHODS] = {
    [BW_HTTP_GET] = "GET",        [BW_HTTP_HEAD] = "HEAD",   [BW_HTTP_POST] = "POST",
    [BW_HTTP_PUT] = "PUT",        [BW_HTTP_PATCH] = "PATCH", [BW_HTTP_DELETE] = "DELETE",
    [BW_HTTP_OPTIONS] = "OPTIONS"};

const char *bw_http_method_name(enum bw_http_method method)
{
    return method < BW_HTTP_N_METHODS ? method_names[method] : "?";
}

enum bw_http_method bw_http_method_parse(struct bw_str name)
{
    enum bw_http_method m = BW_HTTP_GET;
    while (m < BW_HTTP_N_METHODS && !bw_str_is(name, method_names[m]))
        m++;
    return m;
}

void bw_http_request_free(struct bw_http_request *request)
{
    bw_query_free(&request->query);
    free(request->memory);
    request->memory = NULL;
}

struct bw_str bw_http_header(const struct bw_http_request *request, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct bw_http_header *h = &request->headers[i];
        if (h->name.len == len && strncasecmp(h->name.ptr, name, len) == 0)
            return h->value;
    }
    return (struct bw_str){NULL, 0};
}

struct bw_str bw_http_media_type(const struct bw_http_request *request)
{
    struct bw_str type = bw_http_header(request, "Content-Type");
    const char *semicolon = type.len ? memchr(type.ptr, ';', type.len) : NULL;
    if (semicolon)
        type.len = (size_t)(semicolon - type.ptr);
    while (type.len && (type.ptr[type.len - 1] == ' ' || type.ptr[type.len - 1] == '\t'))
        type.len--;
    return type;
}

void bw_http_answer_free(struct bw_http_answer *answer)
{
    bw_buf_free(&answer->body);
    bw_buf_free(&answer->headers);
    if (answer->taker.arg)
        answer->taker.drop(answer->taker.arg);
    answer->taker.arg = NULL;
}

void bw_http_answer_json(struct bw_http_answer *answer, int status)
{
    answer->status = status;
    answer->content_type = "application/json";
}

void bw_http_answer_header(struct bw_http_answer *answer, const char *name, const char *fmt, ...)
{
    char value[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    bw_buf_printf(&answer->headers, "%s: %s\r\n", name, value);
}

const char *bw_http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {207, "Multi-Status"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return status < 500 ? "Bad Request" : "Internal Server Error";
}

int bw_http_status_of(int err)
{
    switch (err) {
    case BW_EINVAL:
        return 400;
    case BW_ENOTFOUND:
        return 404;
    case BW_ECONFLICT:
    case BW_EEXIST:
        return 409;
    case BW_ETOOBIG:
        return 413;
    case BW_ETOOMANY:
        return 429;
    case BW_EUNSUPPORTED:
        return 501;
    case BW_EPROTO:
    case BW_EVERSION:
        return 502;
    case BW_EBUSY:
    case BW_ECLOSED:
    case BW_EUNAVAILABLE:
        return 503;
    case BW_ETIMEDOUT:
        return 504;
    case BW_ENOSPC:
        return 507;
    default:
        return 500;
    }
}

void bw_http_problem(struct bw_http_answer *answer, int status, const struct bw_fault *fault)
{
    struct bw_buf *b = &answer->body;
    bw_buf_reset(b);
    answer->status = status;
    answer->content_type = "application/problem+json";
    answer->fixed = NULL;
    bw_buf_printf(b, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\"",
                  bw_http_reason(status), status, bw_err_code(fault->err));
    bw_buf_puts(b, BW_STR(",\"detail\":"));
    bw_json_string(b, bw_str(fault->message[0] ? fault->message : bw_err_text(fault->err)));
    if (fault->field[0]) {
        bw_buf_puts(b, BW_STR(",\"field\":"));
        bw_json_string(b, bw_str(fault->field));
    }
    bw_buf_putc(b, '}');
    if (status == 503 || status == 429)
        bw_http_answer_header(answer, "Retry-After", status == 503 ? "1" : "10");
}

void bw_http_fault(struct bw_http_answer *answer, const struct bw_fault *fault)
{
    bw_http_problem(answer, bw_http_status_of(fault->err), fault);
}

/* Origins: reading the list, comparing, and the headers of CORS. */
#include "web/http/origin.h"

#include <stdio.h>
#include <strings.h>

#define METHODS "GET, HEAD, POST, PUT, PATCH, DELETE"
/* What clients send beyond what every page may; CloudEvents in binary form name each attribute. */
#define SENT                                                                                       \
    "Authorization, Content-Type, If-None-Match, Last-Event-ID, X-Request-Id, ce-id, ce-source, "  \
    "ce-specversion, ce-subject, ce-time, ce-type"
#define TOLD              "ETag, Retry-After, X-Request-Id"
#define ASK_AGAIN_AFTER_S "600"

/* The parts of SCHEME://HOST[:PORT]. */
struct origin {
    struct bw_str scheme, host, port;
};

static bool same_word(struct bw_str a, struct bw_str b)
{
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

/* HOST[:PORT], where HOST may be an IPv6 address in brackets. */
static void split_host(struct bw_str text, struct bw_str *host, struct bw_str *port)
{
    const char *colon = text.len ? memrchr(text.ptr, ':', text.len) : NULL;
    *host = text;
    *port = (struct bw_str){NULL, 0};
    if (!colon || text.ptr[text.len - 1] == ']')
        return;
    host->len = (size_t)(colon - text.ptr);
    *port = (struct bw_str){colon + 1, text.len - host->len - 1};
}

static bool split(struct bw_str text, struct origin *out)
{
    const char *mark = text.len ? memmem(text.ptr, text.len, "://", 3) : NULL;
    if (!mark)
        return false;
    out->scheme = (struct bw_str){text.ptr, (size_t)(mark - text.ptr)};
    split_host((struct bw_str){mark + 3, text.len - out->scheme.len - 3}, &out->host, &out->port);
    return out->scheme.len > 0 && out->host.len > 0;
}

int bw_origins_parse(const char *text, struct bw_origins *out, struct bw_fault *fault)
{
    struct bw_str rest = bw_str(text);
    *out = (struct bw_origins){.list = ""};
    if (rest.len > BW_ORIGINS_LEN_MAX)
        return bw_fault(fault, BW_ETOOBIG, "origins", "more than %d bytes", BW_ORIGINS_LEN_MAX);
    snprintf(out->list, sizeof out->list, "%s", text ? text : "");
    while (rest.len) {
        struct origin parts;
        struct bw_str one = bw_str_take(&rest, ',');
        if (one.len && !bw_str_is(one, "*") &&
            (!split(one, &parts) || memchr(parts.host.ptr, '/', one.len - parts.scheme.len - 3)))
            return bw_fault(fault, BW_EINVAL, "origins",
                            "\"%.*s\" is not an origin (such as https://app.example.com) or *",
                            BW_STR_ARG(one));
    }
    return 0;
}

static bool is_listed(const struct bw_origins *origins, struct bw_str origin)
{
    struct bw_str rest = bw_str(origins->list);
    while (rest.len) {
        struct bw_str one = bw_str_take(&rest, ',');
        if (bw_str_is(one, "*") || (one.len && same_word(one, origin)))
            return true;
    }
    return false;
}

static bool is_own(struct bw_str origin, struct bw_str host_header)
{
    struct origin from;
    struct bw_str host, port;
    if (!split(origin, &from))
        return false; /* "null": of a file, or a page that is locked up */
    split_host(host_header, &host, &port);
    if (!same_word(from.host, host))
        return false;
    if (!from.port.len)
        from.port = same_word(from.scheme, BW_STR("https")) ? BW_STR("443") : BW_STR("80");
    return !port.len || bw_str_eq(from.port, port);
}

bool bw_origin_may_connect(const struct bw_origins *origins, struct bw_str origin,
                           struct bw_str host)
{
    return !origin.ptr || is_own(origin, host) || is_listed(origins, origin);
}

void bw_origin_allow(const struct bw_origins *origins, struct bw_str origin, bool is_options,
                     struct bw_buf *headers)
{
    if (!origins->list[0])
        return;
    bw_buf_puts(headers, BW_STR("Vary: Origin\r\n"));
    if (!origin.ptr || !is_listed(origins, origin))
        return;
    bw_buf_printf(
        headers, "Access-Control-Allow-Origin: %.*s\r\nAccess-Control-Expose-Headers: " TOLD "\r\n",
        BW_STR_ARG(origin));
    if (is_options)
        bw_buf_puts(headers, BW_STR("Access-Control-Allow-Methods: " METHODS
                                    "\r\nAccess-Control-Allow-Headers: " SENT
                                    "\r\nAccess-Control-Max-Age: " ASK_AGAIN_AFTER_S "\r\n"));
}

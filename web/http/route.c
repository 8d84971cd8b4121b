/* Finding a route: first by path, then by method, then by what the route takes. */
#include "web/http/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* The segment at the front of *path, without its slash; moves *path behind it. */
static struct bw_str take_segment(struct bw_str *path)
{
    struct bw_str s = {path->ptr + 1, path->len - 1};
    const char *slash = memchr(s.ptr, '/', s.len);
    if (slash)
        s.len = (size_t)(slash - s.ptr);
    path->ptr += s.len + 1;
    path->len -= s.len + 1;
    return s;
}

/* args gets the segments in the places of {…}, still encoded. */
static bool matches(const char *pattern, struct bw_str path, struct bw_str args[BW_HTTP_ARGS_MAX])
{
    struct bw_str rest = bw_str(pattern);
    size_t n = 0;
    while (rest.len && path.len && path.ptr[0] == '/') {
        struct bw_str want = take_segment(&rest), have = take_segment(&path);
        if (want.len && want.ptr[0] == '{') {
            if (have.len == 0 || n == BW_HTTP_ARGS_MAX)
                return false;
            args[n++] = have;
        } else if (!bw_str_eq(want, have)) {
            return false;
        }
    }
    return rest.len == 0 && path.len == 0;
}

/* Copies and decodes what `matches` found. */
static int decode_args(struct bw_http_request *request, struct bw_fault *fault)
{
    size_t total = 1;
    for (size_t i = 0; i < BW_HTTP_ARGS_MAX; i++)
        total += request->args[i].len;
    char *at = request->memory = malloc(total);
    if (!at)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    for (size_t i = 0; i < BW_HTTP_ARGS_MAX && request->args[i].len; i++) {
        struct bw_str *arg = &request->args[i];
        memcpy(at, arg->ptr, arg->len);
        arg->ptr = at;
        if (bw_percent_decode(at, &arg->len, false) != 0)
            return bw_fault(
                fault, BW_EINVAL, "",
                "the path is not percent-encoded UTF-8 (%% takes two hex digits; no NUL)");
        at += arg->len;
    }
    return 0;
}

/* "Allow: GET, HEAD, POST, OPTIONS" for a path. */
static void put_allow(struct bw_http_answer *answer, const struct bw_route *routes, size_t n,
                      const char *pattern)
{
    char allow[96] = "";
    size_t len = 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(routes[i].pattern, pattern) == 0)
            len += (size_t)snprintf(allow + len, sizeof allow - len, "%s%s, ",
                                    bw_http_method_name(routes[i].method),
                                    routes[i].method == BW_HTTP_GET ? ", HEAD" : "");
    bw_http_answer_header(answer, "Allow", "%sOPTIONS", allow);
}

static bool takes_type(const char *types, struct bw_str type)
{
    for (const char *t = types; *t;) {
        size_t len = strcspn(t, " ");
        if (len == type.len && strncasecmp(t, type.ptr, len) == 0)
            return true;
        t += len + (t[len] == ' ');
    }
    return false;
}

/* Without a type there is no body. A page of another site must name one, so that its browser asks
 * first whether it may. */
static struct bw_str type_of_body(const struct bw_http_request *request)
{
    struct bw_str type = bw_http_media_type(request);
    bool foreign = bw_str_is(bw_http_header(request, "Sec-Fetch-Site"), "cross-site");
    return type.len || foreign ? type : BW_STR("none");
}

const struct bw_route *bw_route_find(const struct bw_route *routes, size_t n,
                                     struct bw_http_request *request, struct bw_str query_text,
                                     struct bw_http_answer *answer)
{
    struct bw_fault fault = {0};
    enum bw_http_method method = request->method == BW_HTTP_HEAD ? BW_HTTP_GET : request->method;
    const struct bw_route *route = NULL;
    const char *pattern = NULL; /* the first one of this path, whatever its methods */
    for (size_t i = 0; i < n && !route; i++) {
        memset(request->args, 0, sizeof request->args);
        if (!matches(routes[i].pattern, request->path, request->args))
            continue;
        pattern = pattern ? pattern : routes[i].pattern;
        route = routes[i].method == method ? &routes[i] : NULL;
    }
    if (!pattern) {
        bw_fault(&fault, BW_ENOTFOUND, "", "nothing is served at this path; see /openapi.json");
        bw_http_fault(answer, &fault);
        return NULL;
    }
    if (request->method == BW_HTTP_OPTIONS) {
        answer->status = 204;
        put_allow(answer, routes, n, pattern);
        return NULL;
    }
    if (!route) {
        bw_fault(&fault, BW_EUNSUPPORTED, "", "this path does not take that method; see Allow");
        bw_http_problem(answer, 405, &fault);
        put_allow(answer, routes, n, pattern);
        return NULL;
    }
    if (route->body && !takes_type(route->body, type_of_body(request))) {
        bw_fault(&fault, BW_EUNSUPPORTED, "Content-Type", "send one of: %s", route->body);
        bw_http_problem(answer, 415, &fault);
        return NULL;
    }
    if (decode_args(request, &fault) || bw_query_parse(query_text, &request->query, &fault) ||
        bw_query_check(&request->query, route->query, &fault)) {
        bw_http_fault(answer, &fault);
        return NULL;
    }
    return route;
}

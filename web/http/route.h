/* The route table: which handler answers which method and path, and what it takes. */
#ifndef BW_HTTP_ROUTE_H
#define BW_HTTP_ROUTE_H

#include <stddef.h>

#include "web/http/message.h"

/* Fills *answer. Runs on a worker of the HTTP server; may wait for the bus. */
typedef void bw_http_handler(void *ctx, const struct bw_http_request *request,
                             struct bw_http_answer *answer);

struct bw_route {
    enum bw_http_method method; /* GET also answers HEAD */
    const char *pattern;        /* "/api/v1/tasks/{id}": {…} stands for one segment */
    bw_http_handler *handle;
    const char *query; /* names of the query parameters it knows, separated by spaces; NULL: none;
                          "*": any */
    const char *body;  /* media types it takes, separated by spaces, "none" among them if there need
                          not be a body; NULL: it takes no body */
};

/* Finds the route of a request whose method, path and headers are set, with `query_text` behind the
 * path, and fills request->args and request->query. NULL: *answer says why not (400, 404, 405,
 * 415), or is the answer to OPTIONS. Free the request in either case. */
const struct bw_route *bw_route_find(const struct bw_route *routes, size_t n,
                                     struct bw_http_request *request, struct bw_str query_text,
                                     struct bw_http_answer *answer);

#endif

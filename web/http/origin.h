/* Pages from elsewhere: which of them may use this server from a browser.
 *
 * A browser says from where a page came in the header Origin. It keeps answers from a page of
 * another origin unless the answer allows it (CORS), but it lets any page open a WebSocket: so that
 * is refused here. Programs that are no browsers send no Origin, and are not asked. */
#ifndef BW_HTTP_ORIGIN_H
#define BW_HTTP_ORIGIN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { BW_ORIGINS_LEN_MAX = 2000 };

struct bw_origins {
    char list[BW_ORIGINS_LEN_MAX + 1]; /* "" is none but our own */
};

/* From a list such as "https://app.example.com, http://localhost:3000", or "*"; NULL is "". */
int bw_origins_parse(const char *text, struct bw_origins *out,
                     struct bw_fault *fault) BW_MUST_CHECK;

/* Whether a page of this origin may open a WebSocket to the host it named: it came from there, or
 * is in the list. A Host without a port is what some proxies leave of it. */
bool bw_origin_may_connect(const struct bw_origins *origins, struct bw_str origin,
                           struct bw_str host);

/* Appends the header lines that let the browser give the answer to a page of this origin, if it is
 * in the list; for an OPTIONS request also what it may send. */
void bw_origin_allow(const struct bw_origins *origins, struct bw_str origin, bool is_options,
                     struct bw_buf *headers);

#endif

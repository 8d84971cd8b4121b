/* Compressing an answer's body, for clients that say they can read it. */
#ifndef BW_HTTP_ENCODING_H
#define BW_HTTP_ENCODING_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

enum {
    BW_GZIP_BYTES_MIN = 2048,    /* smaller bodies go in a packet or two anyway */
    BW_GZIP_BYTES_MAX = 8 << 20, /* larger ones would hold a worker for too long */
};

/* Whether bodies of this type and size are worth it; their answers say "Vary: Accept-Encoding". */
bool bw_gzip_is_worth(const char *content_type, size_t len);
/* Whether an Accept-Encoding takes gzip, and prefers it to the body as it is. */
bool bw_gzip_is_accepted(struct bw_str accept_encoding);
/* Appends the body, compressed. False: it did not get smaller, or there is no memory; *out is as it
 * was. */
bool bw_gzip(struct bw_str body, struct bw_buf *out);

#endif

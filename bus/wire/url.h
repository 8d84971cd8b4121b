/* The bus's base URL, and the three endpoints that are derived from it. */
#ifndef BW_WIRE_URL_H
#define BW_WIRE_URL_H

#include <stddef.h>

#include "base/err.h"

enum bw_endpoint {
    BW_ENDPOINT_REQ, /* REP: requests and their answers */
    BW_ENDPOINT_PUB, /* PUB: what was committed, and the heartbeat */
    BW_ENDPOINT_IN,  /* SUB: fire-and-forget producers dial it with PUB */
};

enum {
    BW_URL_MAX = 256,      /* room for any endpoint, its NUL included */
    BW_PORT_DEFAULT = 7700 /* of tcp:// and tls+tcp:// without a port */
};

/* The forms of a base URL, for messages about a bad one. */
#define BW_URL_FORMS "ipc://PATH, inproc://NAME, tcp://HOST[:PORT], tls+tcp://HOST[:PORT]"

/* ipc:// and inproc:// endpoints are the base with .req, .pub or .in behind it; tcp:// and
 * tls+tcp:// ones are the base's port and the two after it. Writes the endpoint and a NUL to
 * out[size]. BW_EINVAL: not one of BW_URL_FORMS, or a port outside 1 to 65533. BW_ETOOBIG: longer
 * than a socket name may be (an ipc path has 107 bytes), or than out. */
int bw_bus_url(const char *base, enum bw_endpoint which, char *out, size_t size) BW_MUST_CHECK;

#endif

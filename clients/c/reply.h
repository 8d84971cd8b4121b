/* An answer to a query. */
#ifndef BW_CLIENT_REPLY_H
#define BW_CLIENT_REPLY_H

#include <msgpack.h>
#include <nng/nng.h>

#include "base/buf.h"
#include "base/err.h"

struct bellwire_reply {
    nng_msg *msg;
    msgpack_zone zone;
    msgpack_object root; /* borrows from both */
    struct bw_fault fault;
    struct bw_buf json; /* made when asked for */
};

/* Takes the message, also when it fails. *out is set when the bus answered, be it with an error,
 * which is returned then. BW_EPROTO: not an answer. */
int bw_reply_create(nng_msg *msg, struct bellwire_reply **out) BW_MUST_CHECK;

/* Appends the answer as JSON; see bellwire_reply_json(). */
void bw_reply_json(struct bw_buf *out, const msgpack_object *root);

#endif

/* A request's body, decoded: JSON and msgpack become the same objects. */
#ifndef BW_REST_BODY_H
#define BW_REST_BODY_H

#include <msgpack.h>

#include "web/http/message.h"

/* Owns what the object borrows from. */
struct bw_body {
    struct bw_buf bytes;
    msgpack_zone zone;
    msgpack_object root;
};

/* Decodes by the media type: application/msgpack and application/x-msgpack are msgpack, anything
 * else is JSON. BW_EINVAL: *fault says where (for JSON by line and column). Free it either way. */
int bw_body_decode(const struct bw_http_request *request, struct bw_body *out,
                   struct bw_fault *fault) BW_MUST_CHECK;
void bw_body_free(struct bw_body *body);

/* Refuses a member of an object of JSON that is not one of the `known`, which have spaces between
 * them: what was misspelt must not be taken for not given. `prefix` stands before the field. */
int bw_body_check_members(const msgpack_object *map, const char *prefix, const char *known,
                          struct bw_fault *fault) BW_MUST_CHECK;

enum { BW_BODY_ID_TEXT = 24 };

/* An id as a string. Producers write ids as numbers; on the bus they are strings: a whole number is
 * written to `text`. Empty if it is neither string nor whole number. */
struct bw_str bw_body_id(const msgpack_object *id, char text[BW_BODY_ID_TEXT]);

#endif

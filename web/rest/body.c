/* A request's body, decoded. */
#include "web/rest/body.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/event.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/utf8.h"

/* What is taken out of a body goes to the bus a few levels further in. */
enum { DEPTH_MAX = BW_RPC_DEPTH_MAX - 4 };

static bool is_msgpack(struct bw_str media_type)
{
    return bw_str_is(media_type, "application/msgpack") ||
           bw_str_is(media_type, "application/x-msgpack");
}

int bw_body_decode(const struct bw_http_request *request, struct bw_body *out,
                   struct bw_fault *fault)
{
    int err = 0;
    *out = (struct bw_body){.root = {.type = MSGPACK_OBJECT_NIL}};
    msgpack_zone_init(&out->zone, MSGPACK_ZONE_CHUNK_SIZE);
    struct bw_str bytes = request->body;
    if (bytes.len == 0)
        return bw_fault(fault, BW_EINVAL, "", "the body is empty");
    if (!is_msgpack(bw_http_media_type(request))) {
        err = bw_json_to_msgpack(request->body, &out->bytes, fault);
        bytes = bw_buf_str(&out->bytes);
    }
    if (!err)
        err = bw_mp_unpack(bytes, DEPTH_MAX, &out->zone, &out->root, fault);
    if (err == BW_EPROTO) /* on the bus that is the peer's fault; here it is the input's */
        err = fault->err = BW_EINVAL;
    return err;
}

void bw_body_free(struct bw_body *body)
{
    msgpack_zone_destroy(&body->zone);
    bw_buf_free(&body->bytes);
}

int bw_body_check_members(const msgpack_object *map, const char *prefix, const char *known,
                          struct bw_fault *fault)
{
    char field[sizeof fault->field];
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        struct bw_str name = bw_mp_as_str(&map->via.map.ptr[i].key);
        if (bw_str_is_word_of(name, known))
            continue;
        snprintf(field, sizeof field, "%s%.*s", prefix, BW_STR_ARG(bw_utf8_cut(name, 32)));
        return bw_fault(fault, BW_EINVAL, field, "unknown member; known here: %s", known);
    }
    return 0;
}

struct bw_str bw_body_id(const msgpack_object *id, char text[BW_BODY_ID_TEXT])
{
    if (bw_mp_is_nil(id))
        return (struct bw_str){NULL, 0};
    if (id->type == MSGPACK_OBJECT_STR)
        return bw_mp_as_str(id);
    text[0] = '\0';
    if (id->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        snprintf(text, BW_BODY_ID_TEXT, "%" PRIu64, id->via.u64);
    else if (id->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        snprintf(text, BW_BODY_ID_TEXT, "%" PRId64, id->via.i64);
    return bw_str(text);
}

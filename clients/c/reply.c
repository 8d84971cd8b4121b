/* Answers, and how they look as JSON. */
#include "reply.h"

#include <stdlib.h>

#include "bellwire.h"
#include "wire/mp.h"
#include "wire/rpc.h"

int bw_reply_create(nng_msg *msg, struct bellwire_reply **out)
{
    struct bellwire_reply *r = calloc(1, sizeof *r);
    int err = BW_ENOMEM;
    *out = NULL;
    if (!r) {
        nng_msg_free(msg);
        return BW_ENOMEM;
    }
    r->msg = msg;
    msgpack_zone_init(&r->zone, MSGPACK_ZONE_CHUNK_SIZE);
    struct bw_str bytes = {nng_msg_body(msg), nng_msg_len(msg)};
    err = bw_mp_unpack(bytes, BW_RPC_DEPTH_MAX, &r->zone, &r->root, &r->fault);
    if (!err && r->root.type != MSGPACK_OBJECT_MAP)
        err = BW_EPROTO;
    if (err) {
        bellwire_reply_free(&r);
        return err;
    }
    *out = r;
    return bw_rpc_reply_check(&r->root, &r->fault);
}

void bellwire_reply_free(struct bellwire_reply **reply)
{
    struct bellwire_reply *r = *reply;
    *reply = NULL;
    if (!r)
        return;
    msgpack_zone_destroy(&r->zone);
    nng_msg_free(r->msg);
    bw_buf_free(&r->json);
    free(r);
}

const void *bellwire_reply_msgpack(const struct bellwire_reply *reply, size_t *len)
{
    *len = nng_msg_len(reply->msg);
    return nng_msg_body(reply->msg);
}

const char *bellwire_reply_message(const struct bellwire_reply *reply)
{
    return reply->fault.message;
}

const char *bellwire_reply_field(const struct bellwire_reply *reply)
{
    return reply->fault.field;
}

const char *bellwire_reply_json(struct bellwire_reply *reply)
{
    if (reply->json.len == 0) {
        bw_reply_json(&reply->json, &reply->root);
        bw_buf_putc(&reply->json, 0);
    }
    if (!reply->json.failed)
        return reply->json.data;
    bw_buf_free(&reply->json);
    return NULL;
}

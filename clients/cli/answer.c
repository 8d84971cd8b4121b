/* Opening answers: unpacking, and telling what is wrong. */
#include "answer.h"

#include "wire/mp.h"
#include "wire/rpc.h"

int bw_answer_open(struct bw_answer *a, const struct bw_cli *cli, int err,
                   struct bellwire_reply *reply)
{
    uint64_t epoch = 0;
    size_t len;
    if (err) {
        int status = bw_cli_request_failed(cli, err, reply);
        bellwire_reply_free(&reply);
        return status;
    }
    *a = (struct bw_answer){.reply = reply};
    const char *bytes = bellwire_reply_msgpack(reply, &len);
    msgpack_zone_init(&a->zone, 8192);
    err = bw_mp_unpack((struct bw_str){bytes, len}, BW_RPC_DEPTH_MAX, &a->zone, &a->root, NULL);
    if (err) {
        bw_answer_close(a);
        return bw_cli_request_failed(cli, err, NULL);
    }
    bw_mp_get_u64(&a->root, "epoch", &epoch, NULL);
    bw_mp_get_u64(&a->root, "head", &a->head, NULL);
    a->epoch = (uint32_t)epoch;
    return 0;
}

void bw_answer_close(struct bw_answer *a)
{
    msgpack_zone_destroy(&a->zone);
    bellwire_reply_free(&a->reply);
}

msgpack_object_array bw_answer_list(const struct bw_answer *a, const char *key)
{
    const msgpack_object *list = bw_mp_get(&a->root, key);
    if (list && list->type == MSGPACK_OBJECT_ARRAY)
        return list->via.array;
    return (msgpack_object_array){0};
}

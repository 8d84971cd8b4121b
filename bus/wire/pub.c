/* Messages of the bus to its subscribers. */
#include "wire/pub.h"

#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/topic.h"

/* A map whose last member is still to be written. */
static msgpack_packer *begin(msgpack_packer *pk, struct bw_buf *out, struct bw_str topic,
                             uint32_t members, uint32_t epoch)
{
    bw_buf_puts(out, topic);
    bw_buf_putc(out, 0);
    bw_mp_packer(pk, out);
    msgpack_pack_map(pk, members);
    bw_mp_cstr(pk, "v");
    msgpack_pack_int(pk, BW_RPC_VERSION);
    bw_mp_cstr(pk, "epoch");
    msgpack_pack_uint32(pk, epoch);
    return pk;
}

void bw_pub_begin(struct bw_buf *out, struct bw_str topic, uint32_t epoch, uint64_t prev,
                  uint32_t n)
{
    msgpack_packer pk;
    begin(&pk, out, topic, 4, epoch);
    bw_mp_cstr(&pk, "prev");
    msgpack_pack_uint64(&pk, prev);
    bw_mp_cstr(&pk, "events");
    msgpack_pack_array(&pk, n);
}

void bw_pub_head_begin(struct bw_buf *out, uint32_t epoch, uint64_t head, uint32_t n)
{
    msgpack_packer pk;
    begin(&pk, out, BW_STR(BW_TOPIC_HEAD), head ? 4 : 3, epoch);
    if (head) {
        bw_mp_cstr(&pk, "head");
        msgpack_pack_uint64(&pk, head);
    }
    bw_mp_cstr(&pk, "heads");
    msgpack_pack_map(&pk, n);
}

static bool heads_are_valid(const msgpack_object *heads)
{
    if (!heads || heads->type != MSGPACK_OBJECT_MAP)
        return false;
    for (uint32_t i = 0; i < heads->via.map.size; i++) {
        const msgpack_object_kv *kv = &heads->via.map.ptr[i];
        if (kv->key.type != MSGPACK_OBJECT_STR || !bw_topic_valid(bw_mp_as_str(&kv->key)) ||
            kv->val.type != MSGPACK_OBJECT_POSITIVE_INTEGER)
            return false;
    }
    return true;
}

int bw_pub_decode(struct bw_str message, msgpack_zone *zone, struct bw_pub *out)
{
    msgpack_object map;
    struct bw_fault fault = {0};
    struct bw_pub pub = {0};
    uint64_t version = 0, epoch = 0;
    const char *end = message.len ? memchr(message.ptr, 0, message.len) : NULL;
    if (!end)
        return BW_EPROTO;
    pub.topic = (struct bw_str){message.ptr, (size_t)(end - message.ptr)};
    struct bw_str rest = {end + 1, message.len - pub.topic.len - 1};
    int err = bw_mp_unpack(rest, BW_RPC_DEPTH_MAX, zone, &map, NULL);
    if (err)
        return err;
    if (!bw_mp_get_u64(&map, "v", &version, &fault))
        return BW_EPROTO;
    if (version != BW_RPC_VERSION)
        return BW_EVERSION;
    if (!bw_mp_get_u64(&map, "epoch", &epoch, &fault) || epoch > UINT32_MAX)
        return BW_EPROTO;
    pub.epoch = (uint32_t)epoch;
    if (bw_str_is(pub.topic, BW_TOPIC_HEAD)) {
        pub.heads = bw_mp_get(&map, "heads");
        bw_mp_get_u64(&map, "head", &pub.head, &fault);
        if (fault.err || !heads_are_valid(pub.heads))
            return BW_EPROTO;
    } else {
        pub.events = bw_mp_get(&map, "events");
        if (!bw_topic_valid(pub.topic) || !bw_mp_get_u64(&map, "prev", &pub.prev, &fault) ||
            !pub.events || pub.events->type != MSGPACK_OBJECT_ARRAY)
            return BW_EPROTO;
    }
    *out = pub;
    return 0;
}

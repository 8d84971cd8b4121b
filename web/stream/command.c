/* A watcher's messages: subscribe, unsubscribe, ping. */
#include "web/stream/command.h"

#include <string.h>

#include "wire/json.h"
#include "wire/mp.h"

enum { DEPTH_MAX = 32, WORD_MAX = 32 };

static int parse_kind(const msgpack_object *map, struct bw_command *out, struct bw_fault *fault)
{
    struct bw_str type = {0};
    bw_mp_get_str(map, "type", WORD_MAX, &type, fault);
    if (fault->err != 0)
        return fault->err;
    if (bw_str_is(type, "subscribe"))
        out->kind = BW_COMMAND_SUBSCRIBE;
    else if (bw_str_is(type, "unsubscribe"))
        out->kind = BW_COMMAND_UNSUBSCRIBE;
    else if (bw_str_is(type, "ping"))
        out->kind = BW_COMMAND_PING;
    else
        return bw_fault(fault, BW_EINVAL, "type", "expected subscribe, unsubscribe or ping");
    return 0;
}

static int parse_topic(const msgpack_object *map, struct bw_command *out, struct bw_fault *fault)
{
    struct bw_str topic = {0};
    bw_mp_get_str(map, "topic", BW_TOPIC_MAX, &topic, fault);
    if (fault->err != 0)
        return fault->err;
    if (!bw_topic_valid(topic))
        return bw_fault(fault, BW_EINVAL, "topic",
                        "expected 1 to %d characters of A-Z a-z 0-9 . _ -", BW_TOPIC_MAX);
    memcpy(out->topic, topic.ptr, topic.len);
    return 0;
}

static int parse_after(const msgpack_object *map, struct bw_command *out, struct bw_fault *fault)
{
    struct bw_str after;
    out->has_after = bw_mp_get_str(map, "after", BW_CURSOR_LEN, &after, fault);
    if (fault->err != 0)
        return fault->err;
    return out->has_after ? bw_cursor_parse(after, "after", &out->after, fault) : 0;
}

static int parse_catchup(const msgpack_object *map, struct bw_command *out, struct bw_fault *fault)
{
    struct bw_str word;
    bool said = bw_mp_get_str(map, "catchup", WORD_MAX, &word, fault);
    if (fault->err != 0)
        return fault->err;
    out->conflate = said && bw_str_is(word, "conflate");
    if (said && !out->conflate && !bw_str_is(word, "replay"))
        return bw_fault(fault, BW_EINVAL, "catchup", "expected replay or conflate");
    if (out->conflate && strcmp(out->topic, BW_TOPIC_SYSTEM) != 0)
        return bw_fault(fault, BW_EUNSUPPORTED, "catchup",
                        "conflate is for topic system: other topics have no rows");
    return 0;
}

static int parse_snapshot(const msgpack_object *map, struct bw_command *out, struct bw_fault *fault)
{
    bw_mp_get_bool(map, "snapshot", &out->snapshot, fault);
    if (fault->err != 0)
        return fault->err;
    if (out->snapshot && strcmp(out->topic, BW_TOPIC_SYSTEM) != 0)
        return bw_fault(fault, BW_EUNSUPPORTED, "snapshot",
                        "a snapshot is for topic system: other topics have no rows");
    return 0;
}

static int parse_subscribe(const msgpack_object *map, struct bw_command *out,
                           struct bw_fault *fault)
{
    int err = parse_after(map, out, fault);
    if (err == 0)
        err = parse_catchup(map, out, fault);
    if (err == 0)
        err = parse_snapshot(map, out, fault);
    const msgpack_object *filter = err == 0 ? bw_mp_get(map, "filter") : NULL;
    if (filter && filter->type != MSGPACK_OBJECT_NIL)
        err = bw_filter_create(&out->filter, filter, fault);
    return err;
}

int bw_command_parse(struct bw_str text, struct bw_command *out, struct bw_fault *fault)
{
    struct bw_buf packed = {0};
    msgpack_zone zone;
    msgpack_object map;
    *out = (struct bw_command){0};
    *fault = (struct bw_fault){0};
    int err = bw_json_to_msgpack(text, &packed, fault);
    if (err != 0)
        goto out;
    if (!msgpack_zone_init(&zone, MSGPACK_ZONE_CHUNK_SIZE)) {
        err = bw_fault(fault, BW_ENOMEM, "", "out of memory");
        goto out;
    }
    err = bw_mp_unpack(bw_buf_str(&packed), DEPTH_MAX, &zone, &map, fault);
    if (err == 0 && map.type != MSGPACK_OBJECT_MAP)
        err = bw_fault(fault, BW_EINVAL, "", "expected an object with a type");
    if (err == 0)
        err = parse_kind(&map, out, fault);
    if (err == 0 && out->kind != BW_COMMAND_PING)
        err = parse_topic(&map, out, fault);
    if (err == 0 && out->kind == BW_COMMAND_SUBSCRIBE)
        err = parse_subscribe(&map, out, fault);
    msgpack_zone_destroy(&zone);
out:
    bw_buf_free(&packed);
    return err;
}

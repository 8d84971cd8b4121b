/* Reading an event: what producers send, and what the journal stored. */
#include "wire/event.h"

#include <stdio.h>

#include "base/clock.h"
#include "wire/alias.h"
#include "wire/mp.h"
#include "wire/topic.h"
#include "wire/utf8.h"

/* nil counts as not there. */
static int take_str(const msgpack_object *v, const char *field, struct bw_str *out,
                    struct bw_fault *fault)
{
    if (bw_mp_is_nil(v))
        return 0;
    if (v->type != MSGPACK_OBJECT_STR)
        return bw_fault(fault, BW_EINVAL, field, "must be a string");
    *out = bw_mp_as_str(v);
    return 0;
}

static int take_text(const msgpack_object *v, const char *field, struct bw_str *out,
                     struct bw_fault *fault)
{
    int err = take_str(v, field, out, fault);
    if (!err && !bw_utf8_valid(*out))
        err = bw_fault(fault, BW_EINVAL, field, "is not valid UTF-8");
    return err;
}

/* Names and ids appear in headers, in logs and in lines of event streams. */
static int take_line(const msgpack_object *v, const char *field, size_t max, struct bw_str *out,
                     struct bw_fault *fault)
{
    int err = take_str(v, field, out, fault);
    if (err)
        return err;
    if (out->len > max)
        return bw_fault(fault, BW_EINVAL, field, "has %zu bytes; at most %zu are allowed", out->len,
                        max);
    if (!bw_utf8_is_line(*out))
        return bw_fault(fault, BW_EINVAL, field, "must be valid UTF-8 without control characters");
    return 0;
}

static int take_time(const msgpack_object *v, const char *field, int64_t *out,
                     struct bw_fault *fault)
{
    if (bw_mp_is_nil(v))
        return 0;
    if (v->type != MSGPACK_OBJECT_STR || bw_time_parse(bw_mp_as_str(v), out) != 0)
        return bw_fault(fault, BW_EINVAL, field,
                        "must be an RFC 3339 time such as 2026-01-20T10:30:00.123456Z");
    return 0;
}

static int take_seq(const msgpack_object *v, const char *field, uint64_t *out,
                    struct bw_fault *fault)
{
    if (bw_mp_is_nil(v))
        return 0;
    if (v->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return bw_fault(fault, BW_EINVAL, field, "must be a whole number, 0 or more");
    *out = v->via.u64;
    return 0;
}

static int take_data(const msgpack_object *v, const msgpack_object **out, struct bw_fault *fault)
{
    if (bw_mp_is_nil(v))
        return 0;
    if (v->type != MSGPACK_OBJECT_MAP)
        return bw_fault(fault, BW_EINVAL, "data", "must be a map");
    *out = v;
    return 0;
}

static int take_member(struct bw_event *e, struct bw_str key, const msgpack_object *v,
                       struct bw_fault *fault)
{
    switch (key.len) {
    case 2:
        if (memcmp(key.ptr, "id", 2) == 0)
            return take_line(v, "id", BW_EVENT_ID_MAX, &e->id, fault);
        return 0;
    case 3:
        if (memcmp(key.ptr, "seq", 3) == 0)
            return take_seq(v, "seq", &e->seq, fault);
        return 0;
    case 4:
        if (memcmp(key.ptr, "data", 4) == 0)
            return take_data(v, &e->data, fault);
        if (memcmp(key.ptr, "prev", 4) == 0)
            return take_seq(v, "prev", &e->prev, fault);
        return 0;
    case 5:
        if (memcmp(key.ptr, "topic", 5) == 0)
            return take_line(v, "topic", BW_TOPIC_MAX, &e->topic, fault);
        return 0;
    case 6:
        if (memcmp(key.ptr, "source", 6) == 0)
            return take_line(v, "source", BW_EVENT_SOURCE_MAX, &e->source, fault);
        return 0;
    case 7:
        if (memcmp(key.ptr, "message", 7) == 0)
            return take_text(v, "message", &e->message, fault);
        return 0;
    case 9:
        if (memcmp(key.ptr, "timestamp", 9) == 0)
            return take_time(v, "timestamp", &e->timestamp_us, fault);
        return 0;
    case 10:
        if (memcmp(key.ptr, "event_type", 10) == 0)
            return take_line(v, "event_type", BW_EVENT_TYPE_MAX, &e->event_type, fault);
        return 0;
    case 11:
        if (memcmp(key.ptr, "received_at", 11) == 0)
            return take_time(v, "received_at", &e->received_at_us, fault);
        return 0;
    default:
        return 0;
    }
}

/* The type's and the topic's defaults and aliases. Other systems' names count only where their
 * events belong: a user's own topic may use the word "active" for whatever it likes. */
static int settle_type(struct bw_event *e, struct bw_fault *fault)
{
    if (e->event_type.len == 0)
        return bw_fault(fault, BW_EINVAL, "event_type", "is required, for example TASK_UPDATED");
    const struct bw_alias *alias = NULL;
    if (bw_event_kind(e->event_type) == BW_OTHER_EVENT)
        alias = bw_alias_of_type(e->event_type);
    struct bw_str type = alias ? bw_str(bw_event_kind_name(alias->kind)) : e->event_type;
    struct bw_str topic = bw_topic_of_type(type);
    if (e->topic.len == 0)
        e->topic = topic;
    if (alias && bw_str_eq(e->topic, topic)) {
        e->alias = alias;
        e->event_type = type;
    }
    if (e->topic.len == 0)
        return bw_fault(fault, BW_EINVAL, "topic",
                        "is required: only task, log, command and heartbeat events have one of "
                        "their own");
    if (!bw_topic_valid(e->topic))
        return bw_fault(fault, BW_EINVAL, "topic",
                        "may hold letters, digits, dots, dashes and underscores only");
    return 0;
}

/* NUL is left out because not every JSON reader takes it in a key. NULL or what is wrong. */
static const char *check_key(const msgpack_object *key)
{
    if (key->type != MSGPACK_OBJECT_STR)
        return "has a key that is not a string";
    struct bw_str s = bw_mp_as_str(key);
    if (!bw_utf8_valid(s) || (s.len > 0 && memchr(s.ptr, 0, s.len)))
        return "has a key that is not UTF-8, or holds a NUL";
    return NULL;
}

/* NULL or what is wrong. */
static const char *check_value(const msgpack_object *o, int depth)
{
    const char *wrong = NULL;
    switch (o->type) {
    case MSGPACK_OBJECT_STR:
        return bw_utf8_valid(bw_mp_as_str(o)) ? NULL : "is not valid UTF-8";
    case MSGPACK_OBJECT_ARRAY:
        if (depth == BW_EVENT_DEPTH_MAX)
            return "is nested too deeply";
        for (uint32_t i = 0; i < o->via.array.size && !wrong; i++)
            wrong = check_value(&o->via.array.ptr[i], depth + 1);
        return wrong;
    case MSGPACK_OBJECT_MAP:
        if (depth == BW_EVENT_DEPTH_MAX)
            return "is nested too deeply";
        for (uint32_t i = 0; i < o->via.map.size && !wrong; i++) {
            const msgpack_object_kv *kv = &o->via.map.ptr[i];
            wrong = check_key(&kv->key);
            if (!wrong)
                wrong = check_value(&kv->val, depth + 1);
        }
        return wrong;
    default:
        return NULL;
    }
}

/* Checks data member by member, so that a fault can say which it is. */
static int check_data(const msgpack_object *data, struct bw_fault *fault)
{
    for (uint32_t i = 0; i < data->via.map.size; i++) {
        const msgpack_object_kv *kv = &data->via.map.ptr[i];
        const char *wrong = check_key(&kv->key);
        if (wrong)
            return bw_fault(fault, BW_EINVAL, "data", "%s", wrong);
        wrong = check_value(&kv->val, 1);
        if (wrong) {
            char field[64];
            struct bw_str key = bw_utf8_cut(bw_mp_as_str(&kv->key), sizeof field - sizeof "data.");
            snprintf(field, sizeof field, "data.%.*s", BW_STR_ARG(key));
            return bw_fault(fault, BW_EINVAL, field, "%s", wrong);
        }
    }
    return 0;
}

/* Where data may name the task, in order. */
struct id_keys {
    const char *key[2];
};

static struct id_keys id_keys(enum bw_event_kind kind, struct bw_str topic)
{
    bool id_first = bw_event_id_comes_first(kind, bw_str_is(topic, BW_TOPIC_SYSTEM));
    return id_first ? (struct id_keys){{"id", "task_id"}} : (struct id_keys){{"task_id", "id"}};
}

struct bw_str bw_event_task(const msgpack_object *data, enum bw_event_kind kind,
                            struct bw_str topic)
{
    const struct id_keys keys = id_keys(kind, topic);
    for (int i = 0; i < 2 && data; i++) {
        const msgpack_object *id = bw_mp_get(data, keys.key[i]);
        struct bw_str out = {0};
        struct bw_fault ignored;
        if (!bw_mp_is_nil(id) && take_line(id, "", BW_TASK_ID_MAX, &out, &ignored) == 0 &&
            out.len > 0)
            return out;
    }
    return (struct bw_str){0};
}

/* Strict where the bus depends on it; elsewhere the ids may be anything. */
static int settle_task(struct bw_event *e, struct bw_fault *fault)
{
    enum bw_event_kind kind = bw_event_kind(e->event_type);
    bool folds = bw_event_kind_folds(kind) && bw_str_is(e->topic, BW_TOPIC_SYSTEM);
    const struct id_keys keys = id_keys(kind, e->topic);
    if (!folds && kind != BW_TASK_LOG) {
        e->task_id = bw_event_task(e->data, kind, e->topic);
        return 0;
    }
    for (int i = 0; i < 2 && e->data; i++) {
        const msgpack_object *id = bw_mp_get(e->data, keys.key[i]);
        int err =
            bw_mp_is_nil(id) ? 0 : take_line(id, "data.id", BW_TASK_ID_MAX, &e->task_id, fault);
        if (err || e->task_id.len > 0)
            return err;
    }
    return bw_fault(fault, BW_EINVAL, "data.id", "is required: the id of the task");
}

int bw_event_decode(const msgpack_object *map, struct bw_event *out, struct bw_fault *fault)
{
    struct bw_event e = {0};
    int err = 0;
    if (map->type != MSGPACK_OBJECT_MAP)
        return bw_fault(fault, BW_EINVAL, "", "an event must be a map");
    for (uint32_t i = 0; i < map->via.map.size && !err; i++) {
        const msgpack_object_kv *kv = &map->via.map.ptr[i];
        if (kv->key.type == MSGPACK_OBJECT_STR)
            err = take_member(&e, bw_mp_as_str(&kv->key), &kv->val, fault);
    }
    if (!err)
        err = settle_type(&e, fault);
    if (!err && e.data)
        err = check_data(e.data, fault);
    if (!err)
        err = settle_task(&e, fault);
    if (!err)
        *out = e;
    return err;
}

/* Checking and encoding of an event.
 *
 * The payload is never decoded: it is walked once to see that it is what it claims to be, and
 * copied as it is. */
#include "event_pack.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "task_ids.h"
#include "wire/alias.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/utf8.h"

/* Escapes and spaces make JSON longer than the msgpack it becomes. */
enum { JSON_BYTES_MAX = 8 * BW_EVENT_BYTES_MAX };

/* A name or an id; NULL stays empty. */
static int take_line(const char *text, const char *field, size_t max, struct bw_str *out,
                     struct bw_fault *fault)
{
    *out = bw_str(text ? text : "");
    if (out->len > max)
        return bw_fault(fault, BW_EINVAL, field, "has %zu bytes; at most %zu are allowed", out->len,
                        max);
    if (!bw_utf8_is_line(*out))
        return bw_fault(fault, BW_EINVAL, field,
                        "must be UTF-8 without control characters, in one line");
    return 0;
}

static int take_strings(struct bw_event *e, const struct bellwire_event *from,
                        const char *default_source, struct bw_fault *fault)
{
    int err;
    if ((err =
             take_line(from->event_type, "event_type", BW_EVENT_TYPE_MAX, &e->event_type, fault)) ||
        (err = take_line(from->topic, "topic", BW_TOPIC_MAX, &e->topic, fault)) ||
        (err = take_line(from->id, "id", BW_EVENT_ID_MAX, &e->id, fault)) ||
        (err = take_line(from->source ? from->source : default_source, "source",
                         BW_EVENT_SOURCE_MAX, &e->source, fault)))
        return err;
    if (e->event_type.len == 0)
        return bw_fault(fault, BW_EINVAL, "event_type", "is required, for example TASK_UPDATED");
    if (e->topic.len > 0 && !bw_topic_valid(e->topic))
        return bw_fault(fault, BW_EINVAL, "topic",
                        "may hold letters, digits, dots, dashes and underscores only");
    e->message = bw_str(from->message ? from->message : "");
    if (!bw_utf8_valid(e->message))
        return bw_fault(fault, BW_EINVAL, "message", "is not valid UTF-8");
    return 0;
}

/* What the bus will take it for: another system's name counts where its events belong. */
static enum bw_event_kind kind_of(const struct bw_event *e)
{
    enum bw_event_kind kind = bw_event_kind(e->event_type);
    const struct bw_alias *alias = kind == BW_OTHER_EVENT ? bw_alias_of_type(e->event_type) : NULL;
    if (!alias)
        return kind;
    struct bw_str topic = bw_topic_of_type(bw_str(bw_event_kind_name(alias->kind)));
    return e->topic.len == 0 || bw_str_eq(e->topic, topic) ? alias->kind : kind;
}

/* Whether data.id or data.task_id names a task: then it has to be a string. In a user's own events
 * they may be whatever the user likes. */
static bool names_task(enum bw_event_kind kind)
{
    return bw_event_kind_folds(kind) || kind == BW_TASK_LOG || kind == BW_TASK_COMMAND;
}

static bool is_integer(const struct bw_scan_value *v)
{
    return v->type == BW_SCAN_UINT || v->type == BW_SCAN_INT;
}

/* Walks the payload. *numbered: a task's id in it is a whole number. */
static int check_data(struct bw_str data, bool task, struct bw_task_ids *ids, bool *numbered,
                      struct bw_fault *fault)
{
    struct bw_scan s = bw_scan_begin(data);
    struct bw_scan_value head, key, v;
    *numbered = false;
    *ids = (struct bw_task_ids){0};
    if (!bw_scan_value(&s, &head) || head.type != BW_SCAN_MAP)
        return bw_fault(fault, BW_EINVAL, "data", "must be a map");
    for (uint64_t i = 0; i < head.u && bw_scan_value(&s, &key); i++) {
        if (key.type != BW_SCAN_STR)
            return bw_fault(fault, BW_EINVAL, "data", "has a key that is not a string");
        struct bw_scan value = s;
        bw_scan_skip(&s, BW_EVENT_DEPTH_MAX - 1);
        if (task && bw_task_ids_is_key(key.s) && bw_scan_value(&value, &v)) {
            bw_task_ids_note(ids, key.s, &v);
            *numbered = *numbered || is_integer(&v);
        }
    }
    if (s.failed || s.at != s.end)
        return bw_fault(fault, BW_EINVAL, "data", "is not one msgpack map of at most %d levels",
                        BW_EVENT_DEPTH_MAX);
    return 0;
}

/* Copies the checked payload to `out` with the task's id as a string. */
static void spell_ids(struct bw_str data, struct bw_buf *out)
{
    struct bw_scan s = bw_scan_begin(data);
    msgpack_packer pk;
    bw_mp_packer(&pk, out);
    uint32_t n = bw_scan_map(&s);
    msgpack_pack_map(&pk, n);
    while (n-- > 0) {
        struct bw_scan_value v;
        struct bw_str key = bw_scan_str(&s);
        struct bw_scan peek = s;
        struct bw_str value = bw_scan_skip(&s, BW_EVENT_DEPTH_MAX - 1);
        bw_mp_str(&pk, key);
        if (bw_task_ids_is_key(key) && bw_scan_value(&peek, &v) && is_integer(&v)) {
            char digits[24];
            if (v.type == BW_SCAN_UINT)
                snprintf(digits, sizeof digits, "%" PRIu64, v.u);
            else
                snprintf(digits, sizeof digits, "%" PRId64, v.i);
            bw_mp_cstr(&pk, digits);
        } else {
            bw_buf_puts(out, value);
        }
    }
}

/* The payload as msgpack, however it was given. */
static int load_data(struct bw_pack *p, const struct bellwire_event *from, struct bw_fault *fault)
{
    if (from->data_json && from->data_msgpack)
        return bw_fault(fault, BW_EINVAL, "data",
                        "was given both as JSON and as msgpack; give one of them");
    if (from->data_msgpack)
        p->data = (struct bw_str){from->data_msgpack, from->data_msgpack_len};
    if (!from->data_json)
        return 0;
    struct bw_str json = bw_str(from->data_json);
    if (json.len > JSON_BYTES_MAX)
        return bw_fault(fault, BW_ETOOBIG, "data", "has %zu bytes of JSON; at most %d are allowed",
                        json.len, JSON_BYTES_MAX);
    int err = bw_json_to_msgpack(json, &p->own, fault);
    if (err && fault && fault->field[0] == 0)
        snprintf(fault->field, sizeof fault->field, "data");
    p->data = bw_buf_str(&p->own);
    return err;
}

static int take_data(struct bw_pack *p, const struct bellwire_event *from, struct bw_fault *fault)
{
    enum bw_event_kind kind = kind_of(&p->event);
    struct bw_task_ids ids;
    bool numbered;
    int err = load_data(p, from, fault);
    if (err || !p->data.ptr)
        return err;
    err = check_data(p->data, names_task(kind), &ids, &numbered, fault);
    if (!err && numbered) {
        struct bw_buf spelled = {0};
        spell_ids(p->data, &spelled);
        bw_buf_free(&p->own);
        p->own = spelled;
        p->data = bw_buf_str(&p->own);
        err = spelled.failed ? bw_fault(fault, BW_ENOMEM, "data", "out of memory")
                             : check_data(p->data, true, &ids, &numbered, fault);
    }
    if (!err)
        p->task_id = bw_task_ids_choose(&ids, kind, p->event.topic);
    return err;
}

int bw_pack_begin(struct bw_pack *p, const struct bellwire_event *from, const char *default_source,
                  struct bw_fault *fault)
{
    p->event = (struct bw_event){.timestamp_us = from->timestamp_us};
    p->data = p->task_id = (struct bw_str){0};
    p->own = (struct bw_buf){0};
    int err = take_strings(&p->event, from, default_source, fault);
    if (!err)
        err = take_data(p, from, fault);
    if (!err && bw_pack_bytes_max(p) > BW_EVENT_BYTES_MAX)
        err =
            bw_fault(fault, BW_ETOOBIG, "", "the event has about %zu bytes; at most %d are allowed",
                     bw_pack_bytes_max(p), BW_EVENT_BYTES_MAX);
    if (err) {
        bw_pack_end(p);
        return err;
    }
    if (p->event.id.len == 0) {
        bw_uuid7(p->uuid);
        p->event.id = (struct bw_str){p->uuid, BW_UUID_LEN};
    }
    if (p->event.timestamp_us == 0)
        p->event.timestamp_us = bw_clock_wall_us();
    return 0;
}

void bw_pack_end(struct bw_pack *p)
{
    bw_buf_free(&p->own);
}

struct bw_str bw_pack_key(const struct bw_pack *p)
{
    return p->task_id.len > 0 ? p->task_id : p->event.topic;
}

size_t bw_pack_bytes_max(const struct bw_pack *p)
{
    enum { KEYS_AND_HEADS = 160 }; /* seven keys, their values' heads, the timestamp, an own id */
    const struct bw_event *e = &p->event;
    return KEYS_AND_HEADS + e->id.len + e->topic.len + e->event_type.len + e->message.len +
           e->source.len + p->data.len;
}

static void put_unless_empty(struct bw_mp_map *m, const char *key, struct bw_str value)
{
    if (value.len > 0)
        bw_mp_put_str(m, key, value);
}

void bw_pack_encode(const struct bw_pack *p, struct bw_buf *out)
{
    const struct bw_event *e = &p->event;
    struct bw_mp_map m;
    bw_mp_map_begin(&m, out);
    bw_mp_put_str(&m, "id", e->id); /* bw_pack_id() expects it first */
    put_unless_empty(&m, "topic", e->topic);
    bw_mp_put_str(&m, "event_type", e->event_type);
    put_unless_empty(&m, "message", e->message);
    put_unless_empty(&m, "source", e->source);
    bw_mp_put_time(&m, "timestamp", e->timestamp_us);
    if (p->data.len > 0) {
        bw_mp_key(&m, "data");
        bw_buf_puts(out, p->data);
    }
    bw_mp_map_end(&m);
}

struct bw_str bw_pack_id(struct bw_str encoded)
{
    struct bw_scan s = bw_scan_begin(encoded);
    bw_scan_map(&s);
    bw_scan_str(&s);
    return bw_scan_str(&s);
}

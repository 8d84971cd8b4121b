/* Writing an event: once, in the form in which it is stored, published and replayed. */
#include "wire/event.h"

#include "base/clock.h"
#include "wire/alias.h"
#include "wire/event_type.h"
#include "wire/mp.h"
#include "wire/task.h"
#include "wire/topic.h"

/* What is said of the task that an event is about. */
enum about {
    ABOUT_WHOSE, /* who may see it */
    ABOUT_STATE, /* and its state */
    ABOUT_ALL,   /* and whether this is the note of a command, which no producer can write */
};

static enum about about(const struct bw_event *e)
{
    enum bw_event_kind kind = bw_event_kind(e->event_type);
    if (!bw_event_kind_folds(kind) || !bw_str_is(e->topic, BW_TOPIC_SYSTEM))
        return ABOUT_WHOSE;
    return kind == BW_TASK_UPDATED ? ABOUT_ALL : ABOUT_STATE;
}

/* The members of data that the row knows better than the producer. */
static bool is_of_row(const msgpack_object *key, const struct bw_task *row, enum about about)
{
    static const struct bw_str names[] = {
        BW_STR("id"),          BW_STR("status"),     BW_STR("progress"), BW_STR("attempt"),
        BW_STR("rate"),        BW_STR("eta_s"),      BW_STR("owner"),    BW_STR("resource"),
        BW_STR("retry_count"), BW_STR("updated_at"), BW_STR("command"),  BW_STR("command_at"),
    };
    if (key->type != MSGPACK_OBJECT_STR)
        return false;
    if (about == ABOUT_WHOSE)
        return (row->owner.len > 0 && bw_str_is(bw_mp_as_str(key), "owner")) ||
               (row->resource.len > 0 && bw_str_is(bw_mp_as_str(key), "resource"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (bw_str_eq(bw_mp_as_str(key), names[i]))
            return true;
    return about == ABOUT_ALL && bw_str_is(bw_mp_as_str(key), "command_id");
}

static inline void put_nil(struct bw_mp_map *m, const char *key)
{
    bw_mp_key(m, key);
    msgpack_pack_nil(&m->pk);
}

static inline void put_number_or_nil(struct bw_mp_map *m, const char *key, double v)
{
    if (v >= 0)
        bw_mp_put_number(m, key, v);
    else
        put_nil(m, key);
}

/* Only where there is one, and where it ended: most events have nothing to say of it. */
static inline void put_command(struct bw_mp_map *m, const struct bw_task *row)
{
    if (row->command) {
        bw_mp_put_cstr(m, "command", bw_action_name(row->command));
        bw_mp_put_time(m, "command_at", row->command_at_us);
        if (row->command_news == BW_COMMAND_NOTED)
            bw_mp_put_str(m, "command_id", row->command_id);
    } else if (row->command_news == BW_COMMAND_ENDED) {
        put_nil(m, "command");
        put_nil(m, "command_at");
    }
}

static void put_state(struct bw_mp_map *m, const struct bw_task *row)
{
    bw_mp_put_str(m, "id", row->id);
    bw_mp_put_cstr(m, "status", bw_status_name(row->status));
    bw_mp_put_number(m, "progress", row->progress);
    bw_mp_put_u64(m, "attempt", row->attempt);
    bw_mp_put_u64(m, "retry_count", row->attempt - 1);
    put_number_or_nil(m, "rate", row->rate);
    put_number_or_nil(m, "eta_s", row->eta_s);
    bw_mp_put_time(m, "updated_at", row->updated_at_us);
    put_command(m, row);
}

static void put_whose(struct bw_mp_map *m, const struct bw_task *row)
{
    if (row->owner.len > 0)
        bw_mp_put_str(m, "owner", row->owner);
    if (row->resource.len > 0)
        bw_mp_put_str(m, "resource", row->resource);
}

static void put_data(struct bw_mp_map *event, struct bw_buf *out, const msgpack_object *data,
                     const struct bw_task *row, enum about about)
{
    struct bw_mp_map m;
    bw_mp_key(event, "data");
    if (!row) {
        msgpack_pack_object(&event->pk, *data);
        return;
    }
    bw_mp_map_begin(&m, out);
    if (about != ABOUT_WHOSE)
        put_state(&m, row);
    put_whose(&m, row);
    for (uint32_t i = 0; data && i < data->via.map.size; i++) {
        const msgpack_object_kv *kv = &data->via.map.ptr[i];
        if (is_of_row(&kv->key, row, about))
            continue;
        bw_mp_object(&m.pk, &kv->key);
        bw_mp_object(&m.pk, &kv->val);
        m.n++;
    }
    bw_mp_map_end(&m);
}

static inline void put_known_str(struct bw_mp_map *m, const char *key, struct bw_str s)
{
    if (s.len > 0)
        bw_mp_put_str(m, key, s);
}

/* Without a row to say it, what another system's name implies lives in that name only. */
static struct bw_str type_to_write(const struct bw_event *e, const struct bw_task *row)
{
    bool implies = e->alias && (e->alias->status || e->alias->is_retry);
    return implies && !row ? bw_str(e->alias->name) : e->event_type;
}

void bw_event_encode(struct bw_buf *out, const struct bw_event *e, const struct bw_task *row)
{
    struct bw_mp_map m;
    bw_mp_map_begin(&m, out);
    put_known_str(&m, "id", e->id);
    put_known_str(&m, "topic", e->topic);
    bw_mp_put_str(&m, "event_type", type_to_write(e, row));
    put_known_str(&m, "message", e->message);
    if (e->data || row)
        put_data(&m, out, e->data, row, about(e));
    put_known_str(&m, "source", e->source);
    if (e->timestamp_us != 0)
        bw_mp_put_time(&m, "timestamp", e->timestamp_us);
    if (e->seq != 0) {
        if (e->received_at_us != 0)
            bw_mp_put_time(&m, "received_at", e->received_at_us);
        bw_mp_put_u64(&m, "seq", e->seq);
        bw_mp_put_u64(&m, "prev", e->prev);
    }
    bw_mp_map_end(&m);
}

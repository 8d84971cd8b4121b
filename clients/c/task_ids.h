/* Which task an event is about: read from a payload that is walked in place, as
 * wire/event_decode.c reads it from one that was unpacked. */
#ifndef BW_CLIENT_TASK_IDS_H
#define BW_CLIENT_TASK_IDS_H

#include "wire/event.h"
#include "wire/event_type.h"
#include "wire/scan.h"
#include "wire/topic.h"
#include "wire/utf8.h"

struct bw_task_ids {
    struct bw_str id,
        task_id; /* data.id and data.task_id, where they are strings that can be one */
};

static inline bool bw_task_ids_is_key(struct bw_str key)
{
    return bw_str_is(key, "id") || bw_str_is(key, "task_id");
}

/* Notes the value of such a key; of a key that is there twice, the last counts. */
static inline void bw_task_ids_note(struct bw_task_ids *ids, struct bw_str key,
                                    const struct bw_scan_value *v)
{
    bool fits = v->type == BW_SCAN_STR && v->s.len <= BW_TASK_ID_MAX && bw_utf8_is_line(v->s);
    struct bw_str value = fits ? v->s : (struct bw_str){"", 0};
    if (bw_str_is(key, "id"))
        ids->id = value;
    else
        ids->task_id = value;
}

/* A topic that is still to be derived is empty. */
static inline struct bw_str bw_task_ids_choose(const struct bw_task_ids *ids,
                                               enum bw_event_kind kind, struct bw_str topic)
{
    bool on_system = topic.len == 0 || bw_str_is(topic, BW_TOPIC_SYSTEM);
    bool id_first = bw_event_id_comes_first(kind, on_system);
    struct bw_str first = id_first ? ids->id : ids->task_id;
    return first.len > 0 ? first : id_first ? ids->task_id : ids->id;
}

#endif

/* An event: what a producer says once, and what everybody downstream reads. */
#ifndef BW_WIRE_EVENT_H
#define BW_WIRE_EVENT_H

#include <stdint.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/event_type.h"

enum {
    BW_EVENT_ID_MAX = 128,
    BW_EVENT_TYPE_MAX = 64,
    BW_EVENT_SOURCE_MAX = 256,
    BW_TASK_ID_MAX = 128,
    BW_EVENT_BYTES_MAX = 256 * 1024, /* default limit of one encoded event */
    BW_EVENT_DEPTH_MAX = 16,         /* levels of nesting inside data */
    BW_BATCH_EVENTS_MAX = 1000,      /* events in one publish request */
};

/* The source of what the bus itself says. */
#define BW_SOURCE_BUS "bus"

struct bw_alias;
struct bw_task;

/* Everything is borrowed from whatever the event was decoded from. */
struct bw_event {
    struct bw_str id, topic, event_type, message, source;
    struct bw_str task_id;        /* data.id or data.task_id; may be empty but for task events */
    const msgpack_object *data;   /* a map, or NULL for none */
    const struct bw_alias *alias; /* the other system's name that event_type was; mostly NULL */
    int64_t timestamp_us;         /* when it was emitted; 0 if the producer did not say */
    int64_t received_at_us;       /* set by the bus, as are seq and prev */
    uint64_t seq, prev;
};

/* Decodes and validates one event map. Unknown keys are ignored. Celery's and BullMQ's event type
 * names become ours on the topics where those events belong (wire/alias.h). A missing topic is
 * derived from the type. What may be missing: id, source, message, data (but task events need
 * data.id), timestamp. All strings are checked to be UTF-8 and within their bounds. Numbers as
 * data.id are not accepted here: JSON and the clients turn them into strings. On error *fault names
 * the field. */
int bw_event_decode(const msgpack_object *map, struct bw_event *out,
                    struct bw_fault *fault) BW_MUST_CHECK;

/* The task that an event is about, by its data (NULL: none); nothing if it names none. */
struct bw_str bw_event_task(const msgpack_object *data, enum bw_event_kind kind,
                            struct bw_str topic);

/* Appends the event as a msgpack map. With `row` (the task as it is after this event), data also
 * gets, replacing what the producer said of them: id status progress attempt retry_count, rate and
 * eta_s (nil while unknown, so that a page stops showing them), updated_at, and owner and resource
 * where the task has them; and command and command_at, while the task has one and (nil) where this
 * event ended it. These bytes are what is stored, published and replayed; they are never
 * encoded again. seq, prev and received_at are written when seq is not 0. */
void bw_event_encode(struct bw_buf *out, const struct bw_event *event, const struct bw_task *row);

/* Appends the event as it appears in JSON, without the enclosing frame's own members:
 * "topic":…,"event_type":…,"message":…,"data":{…},"source":…,"timestamp":…,"cursor":…,"id":… */
void bw_event_json(struct bw_buf *out, const struct bw_event *event, uint32_t epoch);

#endif

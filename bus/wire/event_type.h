/* The event types that mean something to the bus itself. */
#ifndef BW_WIRE_EVENT_TYPE_H
#define BW_WIRE_EVENT_TYPE_H

#include <stdbool.h>

#include "base/str.h"

enum bw_event_kind {
    BW_TASK_CREATED,
    BW_TASK_UPDATED,
    BW_TASK_STATUS_CHANGED,
    BW_TASK_COMPLETED,
    BW_TASK_FAILED,
    BW_TASK_DELETED,
    BW_TASK_COMMAND_UNANSWERED,
    BW_TASK_COMMAND_REFUSED,
    BW_TASK_LOG,
    BW_TASK_COMMAND,
    BW_WORKER_HEARTBEAT,
    BW_OTHER_EVENT, /* any other: carried untouched */
};

enum { BW_N_EVENT_KINDS = BW_OTHER_EVENT };

enum bw_event_kind bw_event_kind(struct bw_str event_type);
/* NULL for BW_OTHER_EVENT. */
const char *bw_event_kind_name(enum bw_event_kind kind);

/* Whether events of this kind, on topic `system`, change the task table. */
static inline int bw_event_kind_folds(enum bw_event_kind kind)
{
    return kind <= BW_TASK_COMMAND_REFUSED;
}

/* Whether an event's data names its task by `id`, and by `task_id` only where that is nothing: a
 * task's own events do. Elsewhere `id` may be the event's or the line's, and it is the other way
 * round. */
static inline bool bw_event_id_comes_first(enum bw_event_kind kind, bool on_system)
{
    return bw_event_kind_folds(kind) && on_system;
}

#endif

/* What other systems call our events and states. Celery and BullMQ are understood as they are. */
#ifndef BW_WIRE_ALIAS_H
#define BW_WIRE_ALIAS_H

#include <stdbool.h>

#include "base/str.h"
#include "wire/event_type.h"
#include "wire/task.h"

struct bw_alias {
    const char *name;
    enum bw_event_kind kind; /* what it means here */
    const char *status;      /* and the data.status it implies when none is given; may be NULL */
    bool is_retry;           /* and that it begins the next attempt unless one is given */
};

/* Static; NULL if the event type is no other system's. */
const struct bw_alias *bw_alias_of_type(struct bw_str event_type);
/* Another system's word for a status; case does not matter. False if unknown. */
bool bw_alias_of_status(struct bw_str word, enum bw_status *out);

#endif

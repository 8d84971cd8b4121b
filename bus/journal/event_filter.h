/* Whether an event is one of those asked for. */
#ifndef BW_JOURNAL_EVENT_FILTER_H
#define BW_JOURNAL_EVENT_FILTER_H

#include <stdbool.h>

#include "wire/rpc.h"

/* Looks into an encoded event. by_lane: it comes from a lane of a task asked for. Clears the zone.
 * BW_EIO: it is no event. */
int bw_event_filter_pass(const struct bw_rpc_request *q, bool by_lane, msgpack_zone *zone,
                         struct bw_str body, bool *wanted) BW_MUST_CHECK;

#endif

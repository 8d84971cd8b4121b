/* Topic names: `[A-Za-z0-9._-]`, 1 to 128 characters. */
#ifndef BW_WIRE_TOPIC_H
#define BW_WIRE_TOPIC_H

#include <stdbool.h>

#include "base/str.h"

enum { BW_TOPIC_MAX = 128 };

#define BW_TOPIC_SYSTEM  "system"  /* tasks: the only topic whose events change the task table */
#define BW_TOPIC_LOGS    "logs"    /* what tasks say */
#define BW_TOPIC_CONTROL "control" /* commands to workers */
#define BW_TOPIC_WORKERS "workers" /* heartbeats */
#define BW_TOPIC_HEAD    "$head"   /* the bus's own heartbeat; no producer can use this name */

bool bw_topic_valid(struct bw_str name);
/* The topic an event type belongs to when its producer named none; empty if there is no such rule.
 */
struct bw_str bw_topic_of_type(struct bw_str event_type);

#endif

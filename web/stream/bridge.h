/* The bridge: every event of the bus, rendered once as JSON if somebody watches its topic, and as a
 * ready frame into the ring of every feed that has the topic. */
#ifndef BW_STREAM_BRIDGE_H
#define BW_STREAM_BRIDGE_H

#include "base/err.h"
#include "bellwire.h"
#include "web/stream/hub.h"

struct bw_bridge;

/* Borrows the hub. */
int bw_bridge_create(struct bw_bridge **out, struct bw_hub *hub) BW_MUST_CHECK;
/* When no callback can come any more. */
void bw_bridge_destroy(struct bw_bridge **bridge);

/* Before the first callback: where the journal is, and with it everything that will come. */
void bw_bridge_begin(struct bw_bridge *bridge, uint64_t seq);

/* The callbacks of a libbellwire subscription; arg is the bridge. One thread at a time. */
void bw_bridge_event(void *arg, const struct bellwire_received *event);
void bw_bridge_reset(void *arg, const char *topic, enum bellwire_reset reason, const char *cursor);
void bw_bridge_reached(void *arg, const char *cursor);
void bw_bridge_idle(void *arg);

#endif

/* Ending well: everybody gets what there is, hears that they shall come back, and when.
 *
 * DESIGN. bw_stream_drain() waits until the rings have what is committed, then sets every engine's
 * deadline and rings its bell. From then on an engine looks at the end of each round for
 * connections that are at their rings' heads, and closes them with 1012; at the deadline it closes
 * the others too. The hint when to come back is drawn for each, from a span that grows with their
 * number, so that they do not come to the next server all at once. */
#ifndef BW_STREAM_DRAIN_H
#define BW_STREAM_DRAIN_H

#include <stdint.h>

struct bw_engine;

/* Any thread, once: from now on the engine sends its connections away, and at the latest then. */
void bw_drain_begin(struct bw_engine *engine, int64_t deadline_us);

/* --- The engine's thread --- */
/* At the end of a round, with drain_by_us as it was before the rings' heads were read. Costs
 * nothing while nothing is drained. */
void bw_drain_round(struct bw_engine *engine, int64_t deadline_us);
/* When one client should come back: another number at each call. */
uint32_t bw_drain_retry_ms(struct bw_engine *engine);

#endif

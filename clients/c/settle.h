/* From what came back for a batch to the result of each of its events. */
#ifndef BW_CLIENT_SETTLE_H
#define BW_CLIENT_SETTLE_H

#include <msgpack.h>

#include "base/err.h"
#include "queue.h"

/* Tells the callbacks of the events that have their result, and takes these events out of the
 * batch. What stays has to be sent again, with the same ids; *kept says why, 0 if nothing stays:
 *   connection lost (BW_EAGAIN); no answer in time; bus busy or going down: every event stays
 *   journal full, disk broken, out of memory: those stay for whom nobody waits (`once`)
 *   anything else is a result
 * err: nothing came back, and why; else `answer` is the bus's. The zone is used and cleared.
 * Returns the bytes released, for bw_queue_release(). */
size_t bw_settle(struct bw_batch *batch, int err, struct bw_str answer, msgpack_zone *zone,
                 int *kept) BW_MUST_CHECK;
/* The result of every event is err. */
size_t bw_settle_all(struct bw_batch *batch, int err) BW_MUST_CHECK;

/* A result that says what is wrong with an event. */
void bw_result_of_fault(struct bellwire_result *result, struct bw_str id,
                        const struct bw_fault *fault);

#endif

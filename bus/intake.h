/* One incoming message: unpacked, checked, its events made into drafts. Knows nothing of sockets.
 */
#ifndef BW_INTAKE_H
#define BW_INTAKE_H

#include <msgpack.h>

#include "base/err.h"
#include "base/str.h"
#include "job.h"

/* Used again for message after message: what it allocated for one serves the next. */
struct bw_intake {
    struct bw_batch batch; /* what it borrows from the message lives until bw_intake_clear() */
    size_t items_cap;
    msgpack_zone zone;
};

int bw_intake_init(struct bw_intake *in) BW_MUST_CHECK;
void bw_intake_fini(struct bw_intake *in);
/* Forgets the message. */
void bw_intake_clear(struct bw_intake *in);

/* A request. Borrows from message. For publish, go on with bw_intake_events(). */
int bw_intake_request(struct bw_intake *in, struct bw_str message, struct bw_rpc_request *out,
                      struct bw_fault *fault) BW_MUST_CHECK;

/* Makes a draft of every element of an array of 1 to BW_BATCH_EVENTS_MAX, which a decoded publish
 * request has, in order; what is wrong with one is the result of that one. Fills in what the
 * producer left out: id, timestamp; and received_at. Negative: nothing was made. */
int bw_intake_events(struct bw_intake *in, const msgpack_object *events,
                     struct bw_fault *fault) BW_MUST_CHECK;

/* A message of a fire-and-forget producer: one event map, or {v:1, events:[…]}. */
int bw_intake_unacked(struct bw_intake *in, struct bw_str message,
                      struct bw_fault *fault) BW_MUST_CHECK;

#endif

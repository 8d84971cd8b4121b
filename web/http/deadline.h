/* Deadlines: a request may take so long in all, however steadily its client trickles. civetweb
 * bounds only the pauses, and a worker that waits for a body serves nobody else.
 *
 * DESIGN. A worker that is about to read a body or to write a long answer puts its descriptor and
 * the time into a slot; a thread of its own looks at all slots a few times a second. At the time it
 * shuts the socket's receiving side, so that the worker reads the end and can still say why; a
 * little later the other side, too. The slot's time says who may touch it: 0 nobody, a worker takes
 * it; positive: armed; FIRING: the thread is at it, and the worker waits for that one system call
 * before it lets go of the descriptor. So never is a descriptor shut that means another connection
 * by now. */
#ifndef BW_HTTP_DEADLINE_H
#define BW_HTTP_DEADLINE_H

#include <stdbool.h>

#include "base/err.h"
#include "web/http/handoff.h"

struct bw_deadlines;

/* Room for so many requests at once. */
int bw_deadlines_start(struct bw_deadlines **out, unsigned n_requests,
                       unsigned timeout_s) BW_MUST_CHECK;
/* When no request is under way any more. */
void bw_deadlines_stop(struct bw_deadlines **deadlines);

/* One request's, on its worker's stack. Zeroed: none yet. */
struct bw_deadline {
    struct bw_deadline_slot *slot;
};

/* From now on it has timeout_s. Harmless if it has begun already; does nothing when the
 * connection's descriptor is not found, because the client has left. */
void bw_deadline_begin(struct bw_deadline *deadline, struct bw_deadlines *deadlines,
                       const struct mg_connection *conn, const struct bw_handoff_sink *sink);
bool bw_deadline_has_passed(const struct bw_deadline *deadline);
/* Before the connection is given back to civetweb. */
void bw_deadline_end(struct bw_deadline *deadline);
unsigned bw_deadlines_timeout_s(const struct bw_deadlines *deadlines);

#endif

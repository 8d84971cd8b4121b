/* The replay thread: asks the bus on behalf of connections that are behind their ring, and renders
 * the answers as pages. It also keeps the hub's table of channels, and lets the bridge begin.
 *
 * DESIGN. One thread, one request at a time, jobs in the order they came; a job that only concerns
 * the table is done before all others, so opening a topic never waits for somebody's history. Pages
 * that anybody may want are kept for a while and shared: after a restart thousands of watchers ask
 * for the same events. A job always comes home, answered or with its fault. */
#ifndef BW_STREAM_REPLAY_H
#define BW_STREAM_REPLAY_H

#include "base/err.h"
#include "base/mailbox.h"
#include "web/stream/bridge.h"
#include "web/stream/hub.h"
#include "web/stream/job.h"
#include "web/stream/upstream.h"

struct bw_replay;

/* Takes the upstream, also when it fails; borrows the rest. */
int bw_replay_start(struct bw_replay **out, const struct bw_upstream *upstream, struct bw_hub *hub,
                    struct bw_bridge *bridge) BW_MUST_CHECK;
/* Where jobs are posted. Any thread. */
struct bw_mailbox *bw_replay_mailbox(struct bw_replay *replay);
/* Closes the upstream and joins the thread; jobs still waiting go home with BW_ECLOSED. Posting to
 * the mailbox fails from now on. */
void bw_replay_stop(struct bw_replay *replay);
/* When nobody posts any more. Stops first. */
void bw_replay_destroy(struct bw_replay **replay);

#endif

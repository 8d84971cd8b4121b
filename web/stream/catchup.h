/* Catching up: how a subscription gets to its ring, at the beginning and whenever it fell behind.
 *
 * DESIGN. Page by page: ask, wait, send, until the ring reaches back to where the client is; then
 * it joins by seq, so nothing is missing and nothing comes twice. Of a connection's subscriptions
 * only one catches up at a time, and it holds one page: that is all the memory a slow client costs.
 *
 *   OPENING ─▶ begin ─────────────────────────────▶ LIVE
 *                │   the ring reaches back so far    │ ▲
 *                ▼                                   │ │
 *             WAITING ◀──────── fell behind ─────────┘ │
 *                │ its turn                            │
 *                ▼                                     │
 *             ASKING ─▶ PAGING ─ joins ────────────────┘
 *                ▲         │ not yet
 *                └─────────┘
 *
 * All functions: the engine's thread. */
#ifndef BW_STREAM_CATCHUP_H
#define BW_STREAM_CATCHUP_H

#include <stdbool.h>
#include <stdint.h>

struct bw_conn;
struct bw_job;
struct bw_sub;

/* Gives the subscription a job if it has none. False: out of memory. */
bool bw_catchup_prepare(struct bw_sub *sub);
/* From sub->job->after, now that the view has its channel. */
void bw_catchup_begin(struct bw_sub *sub);
/* A subscription's job came home. */
void bw_catchup_job_home(struct bw_job *job);
/* Goes on with the page of one that is PAGING. */
void bw_catchup_send_page(struct bw_sub *sub);
/* The next of the connection's subscriptions that waits may catch up. */
void bw_catchup_end_turn(struct bw_conn *conn);

/* The view has just taken it out: the ring no longer has what comes after seq. */
void bw_catchup_fell_behind(struct bw_sub *sub, uint64_t seq);
/* The channel was reset: what was known before does not hold any more. */
void bw_catchup_channel_reset(struct bw_sub *sub);

#endif

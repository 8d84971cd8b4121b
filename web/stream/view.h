/* A view: what one stream thread sees of a channel, and who on this thread wants it.
 *
 * DESIGN. The slots of a view are an array; those that can be sent to come first (`n_ready`), so
 * delivering an event walks contiguous memory and never touches a connection that is blocked or
 * catching up, nor one that is found by what it wants (follow.h). Most slots are at the same place:
 * the slice to send is computed once and reused. The hold on the ring is taken at the lowest place
 * met and kept between rounds while there is more to send: the bridge is slowed by a stream thread
 * that has no CPU, but never by a client. */
#ifndef BW_STREAM_VIEW_H
#define BW_STREAM_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "web/stream/follow.h"
#include "web/stream/hub.h"

struct bw_engine;
struct bw_job;
struct bw_sub;

/* A live subscription, as far as delivering needs it. */
struct bw_slot {
    uint64_t next; /* the frame to send next */
    uint64_t seq;  /* everything up to here was sent, or is not to be */
    struct bw_sub *sub;
    int fd;
    bool follows; /* next and seq are those with which it began to */
    bool choosy; /* not everything is sent: it has a filter, or frames ≤ seq may still come, or its
                    transport wants to choose */
};

struct bw_view {
    struct bw_view *next;
    struct bw_engine *engine;
    struct bw_feed *feed;
    struct bw_channel *channel; /* NULL: the lease is away for it */
    struct bw_job *lease;       /* the share in the channel */
    unsigned users;             /* subscriptions, live or not */
    unsigned resets;            /* of the channel, as far as they were acted on */
    uint64_t held;              /* in the ring; BW_RING_NO_HOLD */
    bool unfinished;            /* look again, even without news */
    uint64_t seen;              /* the head that was delivered last */
    bool is_news;               /* and some may not have been sent it yet */
    struct bw_followers followers;
    struct bw_slot *slots;
    uint32_t n, n_ready, cap;
    uint32_t turn; /* the slot to go on with */
};

/* The view of a feed, made if there is none; its channel may be on its way. NULL: out of memory. */
struct bw_view *bw_view_get(struct bw_engine *engine, struct bw_feed *feed);
/* The lease came home, with the channel or with a fault. */
void bw_view_opened(struct bw_job *lease);
/* Frees views without users. */
void bw_view_reclaim(struct bw_engine *engine);
/* Frees all, at the engine's end. */
void bw_view_destroy_all(struct bw_engine *engine);

/* Where a live subscription is: everything up to there was sent, or is not to be. */
struct bw_place bw_view_place(const struct bw_sub *sub);
/* Makes the subscription live from everything after seq. False if the ring does not reach back so
 * far (or memory is short). */
bool bw_view_join(struct bw_view *view, struct bw_sub *sub, uint64_t seq);
/* Takes a live subscription out; returns its seq. */
uint64_t bw_view_leave(struct bw_sub *sub);
/* A live subscription's connection was blocked, or is no more. */
void bw_view_set_ready(struct bw_sub *sub, bool ready);

/* Sends what there is, for about so long, and goes on there the next time. True: there is more,
 * come again soon. */
bool bw_view_deliver(struct bw_view *view, int64_t turn_us);

#endif

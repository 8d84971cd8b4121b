/* Followers: live subscriptions with a filter that are at the head of their ring.
 *
 * DESIGN. What the others of a view cost is one look per round at each of their slots. A
 * subscription that wants one task in ten thousand must not cost that. So when it has been given
 * everything up to the head it becomes a follower: it leaves the part of the slots that is walked,
 * and needs no place of its own, because all followers are where the view is (`followed`). New
 * frames are looked up in the index of wants, and each follower that wants some of them is sent
 * those. Who is blocked, or ends, is told its place then, and follows again when it has caught up.
 *
 * The walk over new frames goes piece by piece, so that choosing a follower's frames among those of
 * a piece never costs more than the system call that sends them. */
#ifndef BW_STREAM_FOLLOW_H
#define BW_STREAM_FOLLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "web/stream/wants.h"

struct bw_slot;
struct bw_sub;
struct bw_view;

struct bw_followers {
    struct bw_wants_index index;
    uint64_t next; /* the frames before it were shown to all followers */
    uint64_t seq;  /* the topic's before that frame; of no meaning before the first walk */
    uint32_t n;
};

/* For a live subscription whose place is the followers'. False: it cannot (out of memory), and
 * stays as it is. */
bool bw_follow(struct bw_sub *sub);
/* It has a place of its own again, which is in its slot. Nothing to do if it does not follow. */
void bw_follow_stop(struct bw_sub *sub);

/* The slot of a live subscription as it is, whether it follows or not. */
struct bw_slot bw_follow_slot(const struct bw_sub *sub);

/* Gives each follower what it wants of the frames before head; they stay while they are walked. */
void bw_follow_to(struct bw_view *view, uint64_t head);

#endif

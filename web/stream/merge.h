/* Merging topics: in which order, and how soon, their events may be told as one stream.
 *
 * DESIGN. The bus publishes a commit topic by topic, and a message may be lost and come later, so
 * events arrive in order within a topic only. Whoever follows several topics with one cursor must
 * not be told seq 12 of one topic while seq 11 may still come of another: a client that resumes
 * after 12 would never get it. The journal's sequence has no holes, and the bridge sees every event
 * of every topic, watched or not. So it is enough to mark each seq as it passes: up to the first
 * one that has not passed everything is settled, and may be told; what is beyond waits here, in a
 * heap by seq. That is the rest of one commit, nearly always, and a few microseconds.
 *
 * A hole that stays or more waiting than there is room for is no reason to guess: the bridge cuts
 * the merged rings there, and their readers take what they miss from the journal, which is in order
 * by nature. `exact` is false then, because events up to `settled` may still come late: what is
 * settled is good for telling, not for promising. Until the bus says how far everything has been
 * told: what has not come by then (an event that this version cannot read) never comes.
 *
 * One thread: the bridge's. */
#ifndef BW_STREAM_MERGE_H
#define BW_STREAM_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "web/stream/frames.h"

enum {
    BW_MERGE_WINDOW = 1 << 16,     /* how far beyond the first hole events may be */
    BW_MERGE_BYTES_MAX = 16 << 20, /* of the events that wait */
};

/* An event as it is told; the strings are borrowed. */
struct bw_telling {
    uint64_t seq;
    struct bw_str topic, type;
    struct bw_str json; /* empty: it could not be rendered */
    uint64_t key[BW_N_KEYS];
};

struct bw_merge;

int bw_merge_create(struct bw_merge **out) BW_MUST_CHECK;
void bw_merge_destroy(struct bw_merge **merge);

/* Everything up to seq has passed or does not matter; whatever waits is forgotten. */
void bw_merge_begin(struct bw_merge *merge, uint64_t seq, bool exact);
/* The event of this seq has passed. False: it is beyond the window. */
bool bw_merge_mark(struct bw_merge *merge, uint64_t seq);
/* Nothing up to seq comes any more: what has not passed is not waited for. */
void bw_merge_reached(struct bw_merge *merge, uint64_t seq);
/* Everything up to here has passed, or need not be waited for. */
uint64_t bw_merge_settled(const struct bw_merge *merge);
/* Nothing up to settled comes any more. */
bool bw_merge_is_exact(const struct bw_merge *merge);

/* Keeps a copy until its turn. False: no room. */
bool bw_merge_keep(struct bw_merge *merge, const struct bw_telling *event);
/* The next of those whose turn it is, or NULL; good until the next call. */
const struct bw_telling *bw_merge_next(struct bw_merge *merge);
bool bw_merge_is_empty(const struct bw_merge *merge);

#endif

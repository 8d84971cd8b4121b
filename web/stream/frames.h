/* A run of frames, back to back, with an index beside: what is known of a frame without reading it.
 * A ring is one that goes round, a replay page one that does not; both are sent by the same code.
 */
#ifndef BW_STREAM_FRAMES_H
#define BW_STREAM_FRAMES_H

#include <stddef.h>
#include <stdint.h>

/* What a subscription can be narrowed by. */
enum bw_key { BW_KEY_TASK, BW_KEY_OWNER, BW_KEY_RESOURCE, BW_KEY_TYPE, BW_N_KEYS };

struct bw_entry {
    uint64_t start;          /* first byte; the frame ends where the next entry's begins */
    uint64_t prev;           /* the topic's seq before this one */
    uint64_t seq;            /* its place in the topic */
    uint64_t key[BW_N_KEYS]; /* bw_filter_hash() of each; 0: the event has none */
};

/* Frames are numbered; a number's entry and a byte's place are found by masking. The entry after
 * the last frame exists, with its start and prev. */
struct bw_frames {
    char *bytes;
    struct bw_entry *index;
    uint64_t byte_mask, index_mask;
};

static inline struct bw_entry *bw_frames_entry(const struct bw_frames *f, uint64_t number)
{
    return &f->index[number & f->index_mask];
}

static inline char *bw_frames_at(const struct bw_frames *f, uint64_t start)
{
    return f->bytes + (start & f->byte_mask);
}

static inline size_t bw_frames_len(const struct bw_frames *f, uint64_t from, uint64_t to)
{
    return bw_frames_entry(f, to)->start - bw_frames_entry(f, from)->start;
}

/* The first number in [from, to) whose frame begins at or after byte `end`, or `to`: the frames
 * before it were all at least begun when bytes up to `end` were sent. */
static inline uint64_t bw_frames_find_end(const struct bw_frames *f, uint64_t from, uint64_t to,
                                          uint64_t end)
{
    while (from < to) {
        uint64_t middle = from + (to - from) / 2;
        if (bw_frames_entry(f, middle)->start < end)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The first number in [from, to) whose frame comes after `seq`, or `to`. */
static inline uint64_t bw_frames_find_seq(const struct bw_frames *f, uint64_t from, uint64_t to,
                                          uint64_t seq)
{
    while (from < to) {
        uint64_t middle = from + (to - from) / 2;
        if (bw_frames_entry(f, middle)->seq > seq)
            to = middle;
        else
            from = middle + 1;
    }
    return from;
}

#endif

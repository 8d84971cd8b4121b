/* The ring: a topic's latest events as ready frames, for one writer and a few reading threads.
 *
 * DESIGN. The bytes are one memfd mapped twice, back to back, so a run of frames never wraps and a
 * single send() takes any number of them. Beside the bytes is an index with one entry per frame.
 * Frames are numbered from 0; `tail` is the oldest number that is still there, `head` the next to
 * come. The entry at `head` exists already, as far as its start and prev are known.
 *
 * Nothing is locked. A reader publishes the lowest number it is about to touch (its hold), then
 * looks at `tail`; if that is not beyond the hold, the writer will not overwrite anything from
 * there on until the hold moves. The writer moves `tail` first and then waits for every hold below
 * it. Both sides use sequentially consistent operations for that one exchange, so at least one of
 * them sees the other: either the reader sees that it came too late, or the writer waits. A reader
 * must therefore never wait for anything while it holds.
 *
 * Reasons and numbers: docs/decisions/0201-ring-holds.md. */
#ifndef BW_STREAM_RING_H
#define BW_STREAM_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "web/stream/frames.h"

enum { BW_CACHE_LINE = 64 };

#define BW_RING_NO_HOLD UINT64_MAX

struct bw_ring_hold {
    _Alignas(BW_CACHE_LINE) _Atomic uint64_t number;
};

struct bw_ring {
    struct bw_frames frames; /* both masks are a power of two less one */
    unsigned n_readers;
    struct bw_ring_hold *holds; /* one per reader */

    _Alignas(BW_CACHE_LINE) _Atomic uint64_t head;
    _Atomic uint64_t tail;
};

/* Owns: everything; memory is reserved here and touched only as frames come. `base`: every event of
 * the topic after this seq will be appended. bytes is rounded up to a power of two and is at least
 * one page. */
int bw_ring_create(struct bw_ring **out, size_t bytes, unsigned n_readers,
                   uint64_t base) BW_MUST_CHECK;
void bw_ring_destroy(struct bw_ring **ring);

/* Writer's thread. Appends one frame; the oldest frames leave. Waits for readers that hold those.
 * A frame larger than half the ring is not kept: the ring is cut there instead. */
void bw_ring_append(struct bw_ring *ring, uint64_t seq, const uint64_t key[BW_N_KEYS],
                    struct bw_str frame);
/* Writer's thread. Forgets everything, so that each reader finds itself behind the tail; what the
 * ring holds from now on begins after `base`. */
void bw_ring_cut(struct bw_ring *ring, uint64_t base);

/* Writer's thread. Everything up to here was appended, or never will be. */
uint64_t bw_ring_last(const struct bw_ring *ring);

/* Reader's thread. Whether frame `number` (or, at the head, its place) is still there; if so, it
 * and everything after it stays until the hold is moved or released. If not, nothing is held. */
bool bw_ring_hold(struct bw_ring *ring, unsigned reader, uint64_t number);
void bw_ring_release(struct bw_ring *ring, unsigned reader);

/* Reader's thread. Finds the number of the first frame after `seq`, which may be the head, and
 * holds it. False, holding nothing, when events after seq are missing from the ring. */
bool bw_ring_join(struct bw_ring *ring, unsigned reader, uint64_t seq, uint64_t *number);

static inline uint64_t bw_ring_head(const struct bw_ring *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_acquire);
}

#endif

/* The events that wait to be sent or acked, in the order in which they were published.
 *
 * DESIGN. The queue is a list of batches, and a batch is what one request carries: the encoded
 * events one after the other, as they will stand in the message, and an entry for each. Events join
 * the last batch until it is full or was sent; so whatever is published while a request is under
 * way goes out together in the next one, and costs no memory of its own. Once sent, a batch keeps
 * its events, and with them their order, until all have their result.
 *
 * Only the oldest batch of a queue is ever under way; while it is, it belongs to whoever sent it.
 * Queues share a pool: the bound of what may wait, and memory. Nothing here has a lock: publish.c
 * guards it. */
#ifndef BW_CLIENT_QUEUE_H
#define BW_CLIENT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "bellwire.h"

struct bw_entry {
    uint32_t len; /* of the encoded event */
    bool once;    /* somebody waits for it: a full or broken disk is an answer, not a reason
                     to try again */
    bellwire_done_fn *done;
    void *arg;
};

struct bw_batch {
    struct bw_batch *next;
    struct bw_buf bytes;
    struct bw_entry *entries;
    uint32_t n, cap;
    uint64_t first; /* of its events: how many were published before, in all queues */
    bool sealed;    /* was sent at least once: nothing joins any more */
    unsigned failures;
    int64_t not_before_us; /* when it may be sent again */
};

struct bw_pool {
    size_t bytes_max;
    uint32_t batch_events;  /* most events in a batch */
    size_t bytes;           /* of events, and what is kept beside each */
    uint64_t published;     /* events ever added */
    struct bw_batch *spare; /* empty batches that keep their memory */
    unsigned n_spare;
};

struct bw_queue {
    struct bw_pool *pool;
    struct bw_batch *head, *tail;
};

enum { BW_BATCH_BYTES_MAX = 1 << 20 };

/* The batch that an event of at most `bytes` may join: append it to ->bytes, then add it.
 * BW_EBUSY: the pool is full (an empty one takes any event). BW_ENOMEM. */
int bw_queue_open(struct bw_queue *q, size_t bytes, struct bw_batch **out) BW_MUST_CHECK;
/* Makes the bytes behind `begin` the batch's next event. */
void bw_queue_add(struct bw_queue *q, struct bw_batch *batch, size_t begin, struct bw_entry entry);

/* Every event published before this one has its result, as far as this queue knows. */
uint64_t bw_queue_settled(const struct bw_queue *q);

/* Walks a batch, oldest event first. Each event that `keep` returns false for leaves the batch.
 * What stays, stays in order. Returns the bytes released, to be given to bw_pool_release(). */
size_t bw_batch_filter(struct bw_batch *batch,
                       bool (*keep)(void *ctx, uint32_t i, const struct bw_entry *entry,
                                    struct bw_str event),
                       void *ctx);
void bw_pool_release(struct bw_pool *pool, size_t bytes);
/* Takes out the oldest batch, which is empty now. */
void bw_queue_pop(struct bw_queue *q);
/* Every event must have left. */
void bw_queue_free(struct bw_queue *q);
void bw_pool_free(struct bw_pool *pool);

#endif

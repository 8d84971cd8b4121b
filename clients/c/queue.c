/* Batches: a growing buffer and a growing array each, which are used again. */
#include "queue.h"

#include <stdlib.h>
#include <string.h>

enum { SPARE_MAX = 4, ENTRIES_MIN = 16 };

static size_t cost(uint32_t len)
{
    return len + sizeof(struct bw_entry);
}

static void batch_free(struct bw_batch *b)
{
    bw_buf_free(&b->bytes);
    free(b->entries);
    free(b);
}

static struct bw_batch *batch_new(struct bw_pool *pool)
{
    struct bw_batch *b = pool->spare;
    if (!b)
        return calloc(1, sizeof *b);
    pool->spare = b->next;
    pool->n_spare--;
    bw_buf_reset(&b->bytes);
    *b = (struct bw_batch){.bytes = b->bytes, .entries = b->entries, .cap = b->cap};
    return b;
}

static bool has_room(const struct bw_pool *pool, const struct bw_batch *b, size_t bytes)
{
    return !b->sealed && b->n < pool->batch_events &&
           (b->n == 0 || b->bytes.len + bytes <= BW_BATCH_BYTES_MAX);
}

static int grow(struct bw_batch *b)
{
    if (b->n < b->cap)
        return 0;
    uint32_t cap = b->cap ? 2 * b->cap : ENTRIES_MIN;
    struct bw_entry *entries = realloc(b->entries, cap * sizeof *entries);
    if (!entries)
        return BW_ENOMEM;
    b->entries = entries;
    b->cap = cap;
    return 0;
}

int bw_queue_open(struct bw_queue *q, size_t bytes, struct bw_batch **out)
{
    *out = NULL;
    struct bw_pool *pool = q->pool;
    if (pool->bytes > 0 && pool->bytes + bytes + sizeof(struct bw_entry) > pool->bytes_max)
        return BW_EBUSY;
    struct bw_batch *b = q->tail;
    if (!b || !has_room(pool, b, bytes)) {
        b = batch_new(pool);
        if (!b)
            return BW_ENOMEM;
        b->first = pool->published;
        if (q->tail)
            q->tail->next = b;
        else
            q->head = b;
        q->tail = b;
    }
    if (grow(b) != 0)
        return BW_ENOMEM;
    *out = b;
    return 0;
}

void bw_queue_add(struct bw_queue *q, struct bw_batch *b, size_t begin, struct bw_entry entry)
{
    entry.len = (uint32_t)(b->bytes.len - begin);
    b->entries[b->n++] = entry;
    q->pool->published++;
    q->pool->bytes += cost(entry.len);
}

uint64_t bw_queue_settled(const struct bw_queue *q)
{
    return q->head ? q->head->first : q->pool->published;
}

size_t bw_batch_filter(struct bw_batch *b,
                       bool (*keep)(void *ctx, uint32_t i, const struct bw_entry *entry,
                                    struct bw_str event),
                       void *ctx)
{
    size_t from = 0, to = 0, released = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < b->n; i++) {
        struct bw_entry e = b->entries[i];
        struct bw_str event = {b->bytes.data + from, e.len};
        from += e.len;
        if (!keep(ctx, i, &e, event)) {
            released += cost(e.len);
            continue;
        }
        if (kept < i) {
            memmove(b->bytes.data + to, event.ptr, e.len);
            b->entries[kept] = e;
        }
        to += e.len;
        kept++;
    }
    b->n = kept;
    b->bytes.len = to;
    return released;
}

void bw_pool_release(struct bw_pool *pool, size_t bytes)
{
    pool->bytes -= bytes;
}

void bw_queue_pop(struct bw_queue *q)
{
    struct bw_batch *b = q->head;
    struct bw_pool *pool = q->pool;
    q->head = b->next;
    if (!q->head)
        q->tail = NULL;
    if (pool->n_spare == SPARE_MAX) {
        batch_free(b);
        return;
    }
    b->next = pool->spare;
    pool->spare = b;
    pool->n_spare++;
}

static void free_list(struct bw_batch *b)
{
    while (b) {
        struct bw_batch *next = b->next;
        batch_free(b);
        b = next;
    }
}

void bw_queue_free(struct bw_queue *q)
{
    free_list(q->head);
    q->head = q->tail = NULL;
}

void bw_pool_free(struct bw_pool *pool)
{
    free_list(pool->spare);
    pool->spare = NULL;
}

/* Merging topics: a window of bits, and a heap of what waits. */
#include "web/stream/merge.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 64, WORDS = BW_MERGE_WINDOW / WORD_BITS };

struct kept {
    struct bw_telling event;
    size_t bytes;
    char text[];
};

struct bw_merge {
    uint64_t settled;
    bool exact;
    uint64_t passed[WORDS]; /* a bit for each seq after settled, at seq modulo the window */
    struct kept **heap;     /* the lowest seq first */
    size_t n, cap, bytes;
    struct kept *taken; /* handed out last */
};

int bw_merge_create(struct bw_merge **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : BW_ENOMEM;
}

void bw_merge_destroy(struct bw_merge **merge)
{
    struct bw_merge *mine = *merge;
    *merge = NULL;
    if (!mine)
        return;
    bw_merge_begin(mine, 0, false);
    free(mine->taken);
    free(mine->heap);
    free(mine);
}

void bw_merge_begin(struct bw_merge *merge, uint64_t seq, bool exact)
{
    while (merge->n > 0)
        free(merge->heap[--merge->n]);
    merge->bytes = 0;
    memset(merge->passed, 0, sizeof merge->passed);
    merge->settled = seq;
    merge->exact = exact;
}

/* --- What has passed ----------------------------------------------------------------- */

static uint64_t *word_of(struct bw_merge *merge, uint64_t seq)
{
    return &merge->passed[seq / WORD_BITS % WORDS];
}

static uint64_t bit_of(uint64_t seq)
{
    return UINT64_C(1) << seq % WORD_BITS;
}

/* Up to the next hole. */
static void settle(struct bw_merge *merge)
{
    for (uint64_t next = merge->settled + 1; *word_of(merge, next) & bit_of(next); next++) {
        *word_of(merge, next) &= ~bit_of(next);
        merge->settled = next;
    }
}

bool bw_merge_mark(struct bw_merge *merge, uint64_t seq)
{
    if (seq <= merge->settled)
        return true;
    if (seq - merge->settled > BW_MERGE_WINDOW)
        return false;
    *word_of(merge, seq) |= bit_of(seq);
    settle(merge);
    return true;
}

void bw_merge_reached(struct bw_merge *merge, uint64_t seq)
{
    if (seq < merge->settled)
        return; /* it was given up beyond this place: what is between may still come */
    merge->exact = true;
    if (seq - merge->settled > BW_MERGE_WINDOW)
        memset(merge->passed, 0, sizeof merge->passed);
    else
        for (uint64_t next = merge->settled + 1; next <= seq; next++)
            *word_of(merge, next) &= ~bit_of(next);
    merge->settled = seq;
    settle(merge);
}

uint64_t bw_merge_settled(const struct bw_merge *merge)
{
    return merge->settled;
}

bool bw_merge_is_exact(const struct bw_merge *merge)
{
    return merge->exact;
}

/* --- What waits ---------------------------------------------------------------------- */

static bool is_before(const struct bw_merge *merge, size_t a, size_t b)
{
    return merge->heap[a]->event.seq < merge->heap[b]->event.seq;
}

static void swap(struct bw_merge *merge, size_t a, size_t b)
{
    struct kept *kept = merge->heap[a];
    merge->heap[a] = merge->heap[b];
    merge->heap[b] = kept;
}

static void put(struct bw_merge *merge, struct kept *kept)
{
    size_t at = merge->n++;
    merge->heap[at] = kept;
    for (; at > 0 && is_before(merge, at, (at - 1) / 2); at = (at - 1) / 2)
        swap(merge, at, (at - 1) / 2);
}

static struct kept *take_first(struct bw_merge *merge)
{
    struct kept *first = merge->heap[0];
    merge->heap[0] = merge->heap[--merge->n];
    for (size_t at = 0, low = 1; low < merge->n; low = 2 * at + 1) {
        if (low + 1 < merge->n && is_before(merge, low + 1, low))
            low++;
        if (!is_before(merge, low, at))
            break;
        swap(merge, at, low);
        at = low;
    }
    return first;
}

static bool reserve(struct bw_merge *merge)
{
    if (merge->n < merge->cap)
        return true;
    size_t cap = merge->cap ? merge->cap * 2 : 256;
    struct kept **grown = realloc(merge->heap, cap * sizeof *grown);
    if (!grown)
        return false;
    merge->heap = grown;
    merge->cap = cap;
    return true;
}

static struct bw_str copy(char **to, struct bw_str from)
{
    struct bw_str copied = {*to, from.len};
    if (from.len > 0)
        memcpy(*to, from.ptr, from.len);
    *to += from.len;
    return copied;
}

bool bw_merge_keep(struct bw_merge *merge, const struct bw_telling *event)
{
    size_t bytes = event->topic.len + event->type.len + event->json.len;
    if (merge->bytes + bytes > BW_MERGE_BYTES_MAX || !reserve(merge))
        return false;
    struct kept *kept = malloc(sizeof *kept + bytes);
    if (!kept)
        return false;
    char *to = kept->text;
    kept->bytes = bytes;
    kept->event = *event;
    kept->event.topic = copy(&to, event->topic);
    kept->event.type = copy(&to, event->type);
    kept->event.json = copy(&to, event->json);
    merge->bytes += bytes;
    put(merge, kept);
    return true;
}

const struct bw_telling *bw_merge_next(struct bw_merge *merge)
{
    free(merge->taken);
    merge->taken = NULL;
    if (merge->n == 0 || merge->heap[0]->event.seq > merge->settled)
        return NULL;
    merge->taken = take_first(merge);
    merge->bytes -= merge->taken->bytes;
    return &merge->taken->event;
}

bool bw_merge_is_empty(const struct bw_merge *merge)
{
    return merge->n == 0;
}

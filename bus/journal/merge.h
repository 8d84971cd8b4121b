/* A heap of places in ordered sources: what comes next over all of them. */
#ifndef BW_JOURNAL_MERGE_H
#define BW_JOURNAL_MERGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Ordered by value, then key. Who wants the greatest first gives both negated. */
struct bw_merge_item {
    int64_t value, key;
    uint32_t source;
};

/* Zero-initialised is empty and ready. */
struct bw_merge {
    struct bw_merge_item *items;
    size_t n, cap;
};

void bw_merge_free(struct bw_merge *m);
void bw_merge_reset(struct bw_merge *m);
int bw_merge_push(struct bw_merge *m, struct bw_merge_item item) BW_MUST_CHECK;
/* Takes the first of all. m->n must not be 0. */
struct bw_merge_item bw_merge_pop(struct bw_merge *m);

#endif

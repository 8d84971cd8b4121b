/* A heap of places in ordered sources: what comes next over all of them. */
#include "journal/merge.h"

#include <stdbool.h>
#include <stdlib.h>

static bool before(const struct bw_merge_item *a, const struct bw_merge_item *b)
{
    return a->value != b->value ? a->value < b->value : a->key < b->key;
}

void bw_merge_free(struct bw_merge *m)
{
    free(m->items);
    *m = (struct bw_merge){0};
}

void bw_merge_reset(struct bw_merge *m)
{
    m->n = 0;
}

int bw_merge_push(struct bw_merge *m, struct bw_merge_item item)
{
    if (m->n == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 64;
        struct bw_merge_item *items = realloc(m->items, cap * sizeof *items);
        if (!items)
            return BW_ENOMEM;
        m->items = items;
        m->cap = cap;
    }
    size_t at = m->n++;
    for (; at > 0 && before(&item, &m->items[(at - 1) / 2]); at = (at - 1) / 2)
        m->items[at] = m->items[(at - 1) / 2];
    m->items[at] = item;
    return 0;
}

struct bw_merge_item bw_merge_pop(struct bw_merge *m)
{
    struct bw_merge_item first = m->items[0], last = m->items[--m->n];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < m->n) {
        if (child + 1 < m->n && before(&m->items[child + 1], &m->items[child]))
            child++;
        if (!before(&m->items[child], &last))
            break;
        m->items[at] = m->items[child];
        at = child;
    }
    m->items[at] = last;
    return first;
}

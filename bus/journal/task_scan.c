/* Tasks in an order, from several places at once. */
#include "journal/task_scan.h"

#include <stdlib.h>

#include "journal/db.h"

/* One range of an index. It is read in batches, each beginning behind the last entry of the one
 * before, so that no statement stays open and any number of ranges can share one. */
struct bw_task_range {
    struct bw_task_slice slice;
    int64_t last_value, last_key;
    struct bw_merge_item *batch;
    int size; /* of the next batch */
    int n, at;
    bool finished; /* the last batch was not full */
};

/* Batches grow from this: of several ranges most of what one has may be for later pages, and where
 * a filter refuses much, each entry that is found has cost many that are not. */
enum { FIRST_RANGES = 16, FIRST_BATCH = 8 };

void bw_task_scan_start(bool ascending, int64_t *value, int64_t *key)
{
    *value = *key = ascending ? INT64_MIN : INT64_MAX;
}

void bw_task_scan_begin(struct bw_task_scan *s, struct bw_task_statements *st,
                        struct bw_merge *merge, enum bw_task_order order, bool ascending,
                        int64_t after_value, int64_t after_key, int batch)
{
    *s = (struct bw_task_scan){.st = st,
                               .merge = merge,
                               .order = order,
                               .ascending = ascending,
                               .after_value = after_value,
                               .after_key = after_key,
                               .batch = batch};
}

void bw_task_scan_end(struct bw_task_scan *s)
{
    for (uint32_t i = 0; i < s->n_ranges; i++)
        free(s->ranges[i].batch);
    free(s->ranges);
    if (s->merge)
        bw_merge_reset(s->merge);
    *s = (struct bw_task_scan){0};
}

/* In the merge the latest come first by having their numbers negated. */
static int push(struct bw_task_scan *s, int64_t value, int64_t key, uint32_t source)
{
    struct bw_merge_item item = {value, key, source};
    if (!s->ascending) {
        item.value = -value;
        item.key = -key;
    }
    return bw_merge_push(s->merge, item);
}

int bw_task_scan_add(struct bw_task_scan *s, int64_t value, int64_t key)
{
    bool greater = value != s->after_value ? value > s->after_value : key > s->after_key;
    bool equal = value == s->after_value && key == s->after_key;
    if (equal || greater != s->ascending)
        return 0;
    return push(s, value, key, UINT32_MAX);
}

static int range_statement(struct bw_task_scan *s, const struct bw_task_range *range,
                           sqlite3_stmt **out)
{
    switch (s->order) {
    case BW_ORDER_CREATED:
        return bw_task_select_created(s->st, s->ascending, out);
    case BW_ORDER_SEQ:
        return bw_task_select_rest_seq(s->st, out);
    default:
        return bw_task_select(s->st, s->ascending ? BW_SELECT_REST_ASC : BW_SELECT_REST,
                              &range->slice, out);
    }
}

static int read_batch(struct bw_task_scan *s, struct bw_task_range *range)
{
    sqlite3_stmt *st;
    int err = range_statement(s, range, &st);
    if (err)
        return err;
    bw_db_bind_int(st, 3, range->last_value);
    bw_db_bind_int(st, 4, range->last_key);
    bw_db_bind_int(st, 5, range->size);
    range->n = range->at = 0;
    while ((err = bw_db_row(st)) == 1) {
        range->last_value = sqlite3_column_int64(st, 0);
        range->last_key = sqlite3_column_int64(st, 1);
        range->batch[range->n++] = (struct bw_merge_item){range->last_value, range->last_key, 0};
    }
    range->finished = range->n < range->size;
    range->size = 2 * range->size < s->batch ? 2 * range->size : s->batch;
    return err;
}

/* Puts the range's next task into the merge. */
static int advance(struct bw_task_scan *s, uint32_t i)
{
    struct bw_task_range *range = &s->ranges[i];
    if (range->at == range->n) {
        int err = range->finished ? 0 : read_batch(s, range);
        if (err || range->at == range->n)
            return err;
    }
    const struct bw_merge_item *item = &range->batch[range->at++];
    return push(s, item->value, item->key, i);
}

int bw_task_scan_add_range(struct bw_task_scan *s, const struct bw_task_slice *slice)
{
    if (s->n_ranges == s->cap_ranges) {
        uint32_t cap = s->cap_ranges ? s->cap_ranges * 2 : FIRST_RANGES;
        struct bw_task_range *ranges = realloc(s->ranges, cap * sizeof *ranges);
        if (!ranges)
            return BW_ENOMEM;
        s->ranges = ranges;
        s->cap_ranges = cap;
    }
    struct bw_task_range *range = &s->ranges[s->n_ranges];
    *range = (struct bw_task_range){.slice = *slice,
                                    .last_value = s->after_value,
                                    .last_key = s->after_key,
                                    .size = s->batch < FIRST_BATCH ? s->batch : FIRST_BATCH};
    range->batch = malloc((size_t)s->batch * sizeof *range->batch);
    if (!range->batch)
        return BW_ENOMEM;
    return advance(s, s->n_ranges++);
}

int bw_task_scan_next(struct bw_task_scan *s, int64_t *value, int64_t *key)
{
    if (s->merge->n == 0)
        return 0;
    struct bw_merge_item item = bw_merge_pop(s->merge);
    *value = s->ascending ? item.value : -item.value;
    *key = s->ascending ? item.key : -item.key;
    int err = item.source == UINT32_MAX ? 0 : advance(s, item.source);
    return err ? err : 1;
}

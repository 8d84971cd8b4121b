/* Tasks in an order, from several places at once: ranges of indexes, read as far as needed, and
 * single tasks that were found otherwise. docs/schema.md says why there are several. */
#ifndef BW_JOURNAL_TASK_SCAN_H
#define BW_JOURNAL_TASK_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "journal/merge.h"
#include "journal/task_select.h"

enum bw_task_order { BW_ORDER_UPDATED, BW_ORDER_CREATED, BW_ORDER_SEQ };

struct bw_task_range;

struct bw_task_scan {
    struct bw_task_statements *st;
    struct bw_merge *merge;
    enum bw_task_order order;
    bool ascending;
    int64_t after_value, after_key; /* what comes is beyond this place */
    struct bw_task_range *ranges;
    uint32_t n_ranges, cap_ranges;
    int batch; /* entries read at once from a range */
};

/* The first place of all in an order, for begin. */
void bw_task_scan_start(bool ascending, int64_t *value, int64_t *key);
/* The scan borrows the merge, which must be empty. batch: about as many rows as are wanted. */
void bw_task_scan_begin(struct bw_task_scan *s, struct bw_task_statements *st,
                        struct bw_merge *merge, enum bw_task_order order, bool ascending,
                        int64_t after_value, int64_t after_key, int batch);
/* Zero-initialised is ended already. */
void bw_task_scan_end(struct bw_task_scan *s);
/* A task that was found otherwise; ignored if it is not beyond the place. */
int bw_task_scan_add(struct bw_task_scan *s, int64_t value, int64_t key) BW_MUST_CHECK;
/* All tasks at rest of a slice whose index orders; in the order of creation, and of seq, all there
 * are (then the slice does not count). Copies the slice. */
int bw_task_scan_add_range(struct bw_task_scan *s, const struct bw_task_slice *slice) BW_MUST_CHECK;
/* 1: the next task; 0: no more; negative. */
int bw_task_scan_next(struct bw_task_scan *s, int64_t *value, int64_t *key) BW_MUST_CHECK;

#endif

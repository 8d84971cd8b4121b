/* Page tokens: where in a sorted list the next page begins, opaque to clients. Keyset paging: a
 * place in the order, not a number of rows, so rows that come and go neither repeat nor hide
 * others. */
#ifndef BW_JOURNAL_PAGE_H
#define BW_JOURNAL_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "wire/rpc.h"

enum { BW_PAGE_LEN = 24 };

struct bw_page {
    enum bw_task_sort sort;
    bool ascending;
    int64_t value, key; /* of the last row that was shown */
};

/* Writes BW_PAGE_LEN characters and a NUL. */
void bw_page_format(const struct bw_page *page, char out[BW_PAGE_LEN + 1]);
/* BW_EINVAL with a fault on "page": not one of ours, or of a list sorted otherwise. */
int bw_page_parse(struct bw_str text, enum bw_task_sort sort, bool ascending, struct bw_page *out,
                  struct bw_fault *fault) BW_MUST_CHECK;

#endif

/* Whether a task is one of those asked for. */
#ifndef BW_JOURNAL_TASK_FILTER_H
#define BW_JOURNAL_TASK_FILTER_H

#include <locale.h>
#include <stdbool.h>

#include "base/buf.h"
#include "wire/rpc.h"

/* What can be asked of a task by itself, as bits. */
enum bw_task_check {
    BW_CHECK_CANDIDATE = 1, /* its key is one that the text index gave */
    BW_CHECK_STATUS = 2,
    BW_CHECK_TYPE = 4,
    BW_CHECK_OWNER = 8,
    BW_CHECK_RESOURCE = 16,
    BW_CHECK_QUEUE = 32,
};

struct bw_task_filter {
    const struct bw_task_query *q;
    unsigned statuses;         /* bit per enum bw_status */
    unsigned checks;           /* those that can fail */
    const int64_t *candidates; /* keys in ascending order; borrowed */
    size_t n_candidates;
    int64_t refusals_left;      /* then everything passes here, to be found out when it is read */
    locale_t locale;            /* knows the cases of all alphabets; 0: ASCII only */
    struct bw_buf wanted, text; /* q and what it is looked for in, in lower case */
};

/* What the filter looks at, apart from its text. */
struct bw_task_columns {
    int status;
    struct bw_str type, owner, resource, queue;
};

/* Borrows *q. */
void bw_task_filter_open(struct bw_task_filter *f, const struct bw_task_query *q);
void bw_task_filter_close(struct bw_task_filter *f);
/* From now on only tasks with these keys can pass. */
void bw_task_filter_candidates(struct bw_task_filter *f, const int64_t *keys, size_t n);
/* One check of a task's status or key, or of a name. Counts what it refuses. */
bool bw_task_filter_number(struct bw_task_filter *f, enum bw_task_check check, int64_t value);
bool bw_task_filter_name(struct bw_task_filter *f, enum bw_task_check check, struct bw_str value);
/* Whether so many were refused that the rest has to wait for the next page. */
static inline bool bw_task_filter_is_tired(const struct bw_task_filter *f)
{
    return f->refusals_left <= 0;
}
/* All checks of columns at once, whatever was refused before. */
bool bw_task_filter_columns(const struct bw_task_filter *f, const struct bw_task_columns *c);
/* Whether q, if there is one, is part of the id or the title. */
bool bw_task_filter_text(struct bw_task_filter *f, struct bw_str id, struct bw_str title);

#endif

/* Whether a task is one of those asked for. */
#ifndef BW_JOURNAL_TASK_FILTER_H
#define BW_JOURNAL_TASK_FILTER_H

#include <locale.h>
#include <stdbool.h>

#include "base/buf.h"
#include "wire/rpc.h"

struct bw_task_filter {
    const struct bw_task_query *q;
    unsigned statuses;          /* bit per enum bw_status */
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
bool bw_task_filter_columns(struct bw_task_filter *f, const struct bw_task_columns *c);
/* Whether q, if there is one, is part of the id or the title. */
bool bw_task_filter_text(struct bw_task_filter *f, struct bw_str id, struct bw_str title);
/* Appends the expression that finds candidates in the text index, which knows the groups of three
 * characters that an id or title has. False: q is too short for that. */
bool bw_task_filter_match(const struct bw_task_filter *f, struct bw_buf *out);

#endif

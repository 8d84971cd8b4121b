/* Choosing the index that gives the candidates of a filtered list: the one with the fewest. */
#ifndef BW_JOURNAL_TASK_PLAN_H
#define BW_JOURNAL_TASK_PLAN_H

#include "journal/append.h"
#include "journal/task_filter.h"
#include "journal/task_select.h"

/* How much one answer may cost. Tests make these small. */
struct bw_task_limits {
    int64_t counted;  /* a total is exact up to this */
    int64_t gathered; /* so many are taken whole when they could be read in order instead */
    int64_t verified; /* candidates of the text index that are looked into one by one */
    int64_t text;     /* that are a check for others; with more, the text is looked for in rows */
    int64_t refused;  /* tasks refused for one page; then it ends, with a `next` */
};

extern const struct bw_task_limits bw_task_limits;

struct bw_task_plan {
    enum bw_task_index index;
    const struct bw_str_set *values; /* of the index; one empty value for BY_STATUS */
    unsigned statuses;
    int64_t count;    /* tasks of these, at most limits.counted + 1 */
    bool gathers;     /* the index gives no order, or there is no need of one */
    bool total_exact; /* the total is known without looking at tasks */
    int64_t total;    /* else that there are at least so many */
};

int bw_task_plan_make(struct bw_task_plan *plan, struct bw_task_statements *st,
                      const struct bw_task_filter *filter, const struct bw_journal_state *state,
                      const struct bw_task_limits *limits) BW_MUST_CHECK;

/* Goes over the slices a plan consists of; zero-initialised is before the first. */
struct bw_task_slices {
    size_t at;
};
bool bw_task_plan_next(const struct bw_task_plan *plan, struct bw_task_slices *it,
                       struct bw_task_slice *out);

/* Whether the i-th value of a set had come before. */
bool bw_str_set_repeats(const struct bw_str_set *set, size_t i);

#endif

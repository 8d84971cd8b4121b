/* Choosing the index that gives the candidates of a filtered list. */
#include "journal/task_plan.h"

const struct bw_task_limits bw_task_limits = {
    .counted = 10000, .gathered = 5000, .text = 30000, .verified = 1500, .refused = 200000};

static const struct bw_str any_value = {0};
static const struct bw_str_set any_set = {&any_value, 1};

bool bw_str_set_repeats(const struct bw_str_set *set, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (bw_str_eq(set->v[i], set->v[j]))
            return true;
    return false;
}

bool bw_task_plan_next(const struct bw_task_plan *plan, struct bw_task_slices *it,
                       struct bw_task_slice *out)
{
    size_t per_value = bw_task_index_orders(plan->index) ? BW_N_STATUS : 1;
    for (; it->at < plan->values->n * per_value; it->at++) {
        size_t value = it->at / per_value, status = it->at % per_value;
        if ((per_value > 1 && !(plan->statuses >> status & 1)) ||
            bw_str_set_repeats(plan->values, value))
            continue;
        *out = (struct bw_task_slice){
            .index = plan->index,
            .value = plan->values->v[value],
            .status = (int)status,
        };
        it->at++;
        return true;
    }
    return false;
}

static int count_slices(struct bw_task_plan *plan, struct bw_task_statements *st, int64_t max)
{
    struct bw_task_slices it = {0};
    struct bw_task_slice slice;
    int err = 0;
    plan->count = 0;
    while (!err && plan->count <= max && bw_task_plan_next(plan, &it, &slice)) {
        int64_t n = 0;
        err = bw_task_count(st, &slice, max + 1 - plan->count, &n);
        plan->count += n;
    }
    return err;
}

/* All tasks in order; owner and resource are in the index of statuses, and cost little there. */
static struct bw_task_plan plan_by_status(const struct bw_task_filter *filter,
                                          const struct bw_journal_state *state)
{
    struct bw_task_plan plan = {
        .index = BW_BY_STATUS,
        .values = &any_set,
        .statuses = filter->statuses,
    };
    for (int status = 0; status < BW_N_STATUS; status++)
        if (filter->statuses >> status & 1)
            plan.count += state->tasks[status];
    return plan;
}

/* An index without order is of use only if its tasks are few. One that gives order must share its
 * tasks with the other filters, so it also gathers if that is what counts them. */
static bool is_better(const struct bw_task_plan *a, const struct bw_task_plan *b, int64_t max)
{
    if (!bw_task_index_orders(a->index) && a->count > max)
        return false;
    return a->count < b->count || b->index == BW_BY_STATUS;
}

int bw_task_plan_make(struct bw_task_plan *plan, struct bw_task_statements *st,
                      const struct bw_task_filter *filter, const struct bw_journal_state *state,
                      const struct bw_task_limits *limits)
{
    const struct bw_task_query *q = filter->q;
    const struct {
        enum bw_task_index index;
        const struct bw_str_set *values;
    } named[] = {
        {BW_BY_OWNER, &q->owner},
        {BW_BY_RESOURCE, &q->resource},
        {BW_BY_TYPE, &q->type}, /* before queue: where neither is few, types are the more various */
        {BW_BY_QUEUE, &q->queue},
    };
    bool all_statuses = filter->statuses == (1u << BW_N_STATUS) - 1;
    int filters = (q->owner.n > 0) + (q->resource.n > 0) + (q->queue.n > 0) + (q->type.n > 0);
    bool has_text = q->q.len > 0;
    *plan = plan_by_status(filter, state);
    int64_t total = filters == 0 && !has_text ? plan->count : 0;
    bool exact = filters == 0 && !has_text;
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        struct bw_task_plan one = {
            .index = named[i].index, .values = named[i].values, .statuses = filter->statuses};
        if (one.values->n == 0)
            continue;
        int err = count_slices(&one, st, limits->counted);
        if (err)
            return err;
        one.gathers =
            !bw_task_index_orders(one.index) || (filters > 1 && one.count <= limits->counted);
        bool is_total = filters == 1 && (all_statuses || bw_task_index_orders(one.index));
        if (is_better(&one, plan, is_total ? limits->gathered : limits->counted))
            *plan = one;
        if (is_total && !has_text) {
            exact = one.count <= limits->counted;
            total = exact ? one.count : limits->counted;
        }
    }
    plan->total = total;
    plan->total_exact = exact;
    return 0;
}

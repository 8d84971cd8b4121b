/* The verb `tasks`: a filtered, sorted page of the task table.
 *
 * DESIGN. Where candidates come from, cheapest first:
 *   ids given                 look each up
 *   q of 3 characters or more the text index (task_text.c): few keys are looked up, many become a
 *                             check that others have to pass, too many are of no help
 *   otherwise                 the index of the filter with the fewest tasks (task_plan.c): few are
 *                             taken whole and sorted here, many are read in the index's own order,
 *                             one range per value and status, merged, until the page is full; what
 *                             is running has no order there (schema.c) and is taken whole
 * In order of created_at there is only one index over all tasks, and it is read when there are too
 * many to sort. What the filter asks of columns is asked on the way (task_select.h); every row that
 * is given out is checked against the whole filter. */
#include "journal/task_list.h"

#include "journal/page.h"
#include "journal/task_plan.h"
#include "journal/task_text.h"

enum { DEFAULT_LIMIT = 50 };

struct list {
    struct bw_task_list base;
    const struct bw_task_query *q;
    struct bw_task_plan plan;
    struct bw_task_text text;
    int64_t total;
    bool total_exact;
};

/* Leaves *done false if there is another way to go, with what was found or without. */
static int add_text(struct list *l, bool *done)
{
    const struct bw_task_limits *limits = &l->base.r->limits;
    struct bw_task_text *text = &l->text;
    int err = bw_task_text_find(text, &l->base.r->tasks, l->q->q, limits->text,
                                l->base.r->state.next_key);
    if (err || !text->found)
        return err;
    if (text->n > limits->verified) {
        bw_task_filter_candidates(&l->base.filter, text->keys, (size_t)text->n);
        return 0;
    }
    *done = l->total_exact = true;
    return bw_task_list_add_keys(&l->base, text->keys, (size_t)text->n, &l->total);
}

/* All tasks of a slice that pass, whatever their order. Their text is looked at later. */
static int add_all(struct list *l, const struct bw_task_slice *slice)
{
    sqlite3_stmt *st;
    int err = bw_task_select(
        &l->base.r->tasks, l->q->sort == BW_SORT_CREATED_AT ? BW_SELECT_CREATED : BW_SELECT_UPDATED,
        slice, &st);
    while (!err && (err = bw_db_row(st)) == 1) {
        l->total++;
        err = bw_task_scan_add(&l->base.scan, sqlite3_column_int64(st, 0),
                               sqlite3_column_int64(st, 1));
    }
    return err;
}

static int add_slice(struct list *l, const struct bw_task_slice *slice)
{
    if (l->plan.gathers || l->q->sort == BW_SORT_CREATED_AT)
        return add_all(l, slice);
    if (slice->status == BW_RUNNING)
        return bw_task_list_add_running(&l->base, slice);
    return bw_task_list_add_range(&l->base, slice);
}

/* Whether all tasks are read in order of created_at, and the filter is left to choose: when they
 * are too many to sort. Where their number is known that is later, for an index that has
 * created_at is read four times as fast as the table. */
static bool reads_by_created(const struct list *l)
{
    const struct bw_task_limits *limits = &l->base.r->limits;
    bool is_counted = l->plan.index == BW_BY_STATUS || l->plan.count <= limits->counted;
    int64_t most = is_counted ? 4 * limits->gathered : limits->gathered;
    return l->q->sort == BW_SORT_CREATED_AT && !l->plan.gathers && l->plan.count > most;
}

/* Each range gets its part of what may be refused, so that none begins where all is spent. */
static void share_refusals(struct list *l)
{
    struct bw_task_slices it = {0};
    struct bw_task_slice slice;
    int64_t n = 1;
    while (bw_task_plan_next(&l->plan, &it, &slice))
        n++;
    l->base.refusals_each = l->base.r->limits.refused / n + 1;
}

static int add_planned(struct list *l)
{
    static const struct bw_task_slice all = {.index = BW_BY_STATUS};
    struct bw_task_slices it = {0};
    struct bw_task_slice slice;
    int err = bw_task_plan_make(&l->plan, &l->base.r->tasks, &l->base.filter, &l->base.r->state,
                                &l->base.r->limits);
    bool by_created = !err && reads_by_created(l);
    if (by_created)
        err = bw_task_list_add_range(&l->base, &all);
    else if (!err)
        share_refusals(l);
    while (!err && !by_created && bw_task_plan_next(&l->plan, &it, &slice))
        err = add_slice(l, &slice);
    if (l->plan.gathers && l->q->q.len == 0) {
        l->total_exact = true;
    } else {
        l->total = l->plan.total;
        l->total_exact = l->plan.total_exact;
    }
    return err;
}

static int add_candidates(struct list *l)
{
    bool done = false;
    if (l->q->id.n > 0) {
        l->total_exact = true;
        return bw_task_list_add_ids(&l->base, &l->q->id, &l->total);
    }
    int err = l->q->q.len > 0 ? add_text(l, &done) : 0;
    return err || done ? err : add_planned(l);
}

static int begin_scan(struct list *l, struct bw_fault *fault)
{
    struct bw_page page;
    enum bw_task_order order =
        l->q->sort == BW_SORT_CREATED_AT ? BW_ORDER_CREATED : BW_ORDER_UPDATED;
    bw_task_scan_start(l->q->ascending, &page.value, &page.key);
    if (l->q->page.len > 0) {
        int err = bw_page_parse(l->q->page, l->q->sort, l->q->ascending, &page, fault);
        if (err)
            return err;
    }
    bw_task_scan_begin(&l->base.scan, &l->base.r->tasks, &l->base.r->merge, order, l->q->ascending,
                       page.value, page.key, (int)l->base.limit + 1);
    return 0;
}

/* A total that is not exact is a lower bound. */
static void put_rest(struct list *l)
{
    struct bw_mp_map *map = &l->base.answer.map;
    if (!l->total_exact && l->total < l->base.found) {
        l->total = l->base.found;
        l->total_exact = !l->base.more && l->q->page.len == 0;
    }
    bw_mp_put_u64(map, "total", (uint64_t)l->total);
    bw_mp_put_bool(map, "total_exact", l->total_exact);
    if (!l->base.more)
        return;
    struct bw_page next = {l->q->sort, l->q->ascending, l->base.last_value, l->base.last_key};
    char token[BW_PAGE_LEN + 1];
    bw_page_format(&next, token);
    bw_mp_put_cstr(map, "next", token);
}

int bw_read_tasks(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                  struct bw_fault *fault)
{
    struct list l = {
        .base = {.r = r, .limit = q->limit ? q->limit : DEFAULT_LIMIT},
        .q = &q->tasks,
    };
    int err = begin_scan(&l, fault);
    if (err)
        return err;
    bw_answer_begin(&l.base.answer, out, &r->state);
    bw_task_list_open(&l.base, &q->tasks);
    err = add_candidates(&l);
    if (!err)
        err = bw_task_list_fill(&l.base);
    if (!err)
        put_rest(&l);
    bw_answer_end(&l.base.answer);
    bw_task_text_free(&l.text);
    bw_task_list_close(&l.base);
    return err;
}

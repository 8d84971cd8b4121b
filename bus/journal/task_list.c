/* One page of a list of tasks. */
#include "journal/task_list.h"

void bw_task_list_open(struct bw_task_list *l, const struct bw_task_query *q)
{
    bw_task_filter_open(&l->filter, q);
    l->refusals_each = l->r->limits.refused;
    l->r->tasks.filter = &l->filter;
}

void bw_task_list_close(struct bw_task_list *l)
{
    l->r->tasks.filter = NULL;
    bw_task_filter_close(&l->filter);
    bw_task_scan_end(&l->scan);
}

static int64_t value_of(const struct bw_task_list *l, const struct bw_task_row *row)
{
    if (l->scan.order == BW_ORDER_SEQ)
        return (int64_t)row->seq;
    return l->scan.order == BW_ORDER_CREATED ? row->created_at : row->updated_at;
}

static int add_row(struct bw_task_list *l, const struct bw_task_row *row)
{
    return bw_task_scan_add(&l->scan, value_of(l, row), row->key);
}

/* Of bw_task_list_add_keys(). */
struct adding {
    struct bw_task_list *list;
    int64_t n;
};

static int add_one(void *ctx, const struct bw_task_row *row)
{
    struct adding *a = ctx;
    a->n++;
    return add_row(a->list, row);
}

int bw_task_list_add_keys(struct bw_task_list *l, const int64_t *keys, size_t n_keys, int64_t *n)
{
    struct adding a = {.list = l};
    int err = bw_task_rows_each(&l->r->tasks, keys, n_keys, add_one, &a);
    *n = a.n;
    return err;
}

int bw_task_list_add_ids(struct bw_task_list *l, const struct bw_str_set *ids, int64_t *n)
{
    struct bw_task_row row;
    *n = 0;
    for (size_t i = 0; i < ids->n; i++) {
        int64_t key;
        if (bw_str_set_repeats(ids, i))
            continue;
        int err = bw_read_key(l->r, ids->v[i], &key);
        if (err == 1)
            err = bw_task_row_read(&l->r->tasks, key, &row);
        if (err < 0)
            return err;
        *n += err;
        if (err == 1 && (err = add_row(l, &row)) < 0)
            return err;
    }
    return 0;
}

int bw_task_list_add_running(struct bw_task_list *l, const struct bw_task_slice *slice)
{
    sqlite3_stmt *st;
    int column = l->scan.order == BW_ORDER_SEQ ? 2 : 0;
    int err = bw_task_select(&l->r->tasks, BW_SELECT_RUNNING, slice, &st);
    while (!err && (err = bw_db_row(st)) == 1)
        err = bw_task_scan_add(&l->scan, sqlite3_column_int64(st, column),
                               sqlite3_column_int64(st, 1));
    return err;
}

int bw_task_list_add_range(struct bw_task_list *l, const struct bw_task_slice *slice)
{
    int64_t spare = l->filter.refusals_left; /* of the ranges before … */
    if (spare < 0 || spare > INT64_MAX / 2)  /* … or not counted yet, less a few running tasks */
        spare = 0;
    l->filter.refusals_left = spare + l->refusals_each;
    return bw_task_scan_add_range(&l->scan, slice);
}

/* Looks at tasks in order. A page that is not full ends at the first one that is refused after too
 * many were: it may be there only because nobody looked at it before (task_filter.h). */
int bw_task_list_fill(struct bw_task_list *l)
{
    struct bw_task_row row;
    int64_t value, key;
    int err = 0;
    l->last_value = l->scan.after_value;
    l->last_key = l->scan.after_key;
    bw_answer_array(&l->answer, "tasks");
    while (!l->more && (err = bw_task_scan_next(&l->scan, &value, &key)) == 1) {
        if (l->end > 0 && value > l->end)
            break;
        err = bw_task_row_read(&l->r->tasks, key, &row);
        if (err < 0)
            return err;
        if (err == 1) {
            l->found++;
            if (l->answer.n == l->limit || bw_answer_is_full(&l->answer, row.body.len)) {
                l->more = true;
                break;
            }
            bw_answer_item(&l->answer, row.body);
        } else {
            l->filter.refusals_left--;
            l->more = bw_task_filter_is_tired(&l->filter);
        }
        l->last_value = value;
        l->last_key = key;
    }
    bw_answer_array_end(&l->answer);
    return err < 0 ? err : 0;
}

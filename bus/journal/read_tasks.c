/* The verb `tasks`: a filtered, sorted page of the task table.
 *
 * DESIGN. Where candidates come from, cheapest first:
 *   ids given                 look each up
 *   q of 3 characters or more the text index, unless it has too many to look at
 *   otherwise                 the filter with the fewest tasks: its index gives them in order of
 *                             updated_at, one range per value and status, merged; what is running
 *                             is not in order there (schema.c) and is looked at as a whole
 * In order of created_at there is only one index over all tasks: with few candidates they are
 * sorted here, with many that index is read until the page is full.
 * Every candidate is then checked against the whole filter. */
#include "journal/task_list.h"

#include "journal/page.h"

enum {
    DEFAULT_LIMIT = 50,
    COUNTED_MAX = 10000,    /* a total is exact up to this */
    TEXT_CANDIDATES = 5000, /* of the text index; with more, the word is no filter */
};

/* The filter whose index gives the candidates. */
struct driver {
    enum bw_task_index index;
    const struct bw_str_set *values;
    int64_t count; /* tasks it has, at most COUNTED_MAX + 1 */
};

struct list {
    struct bw_task_list base;
    const struct bw_task_query *q;
    struct driver driver;
    int n_filters; /* beside status */
    int64_t total;
    bool total_exact;
};

static const struct bw_str any_value = {0};
static const struct bw_str_set any_set = {&any_value, 1};

static bool wants_status(const struct list *l, int status)
{
    return l->base.filter.statuses >> status & 1;
}

static int count_values(struct list *l, enum bw_task_index index, const struct bw_str_set *values,
                        int64_t *total)
{
    int64_t n;
    *total = 0;
    for (size_t i = 0; i < values->n; i++)
        for (int status = 0; status < BW_N_STATUS && *total <= COUNTED_MAX; status++) {
            if (!wants_status(l, status))
                continue;
            int err = bw_task_count(&l->base.r->tasks, index, values->v[i], status,
                                    COUNTED_MAX + 1 - *total, &n);
            if (err)
                return err;
            *total += n;
        }
    return 0;
}

static int choose_driver(struct list *l)
{
    const struct {
        enum bw_task_index index;
        const struct bw_str_set *values;
    } named[] = {
        {BW_BY_OWNER, &l->q->owner},
        {BW_BY_RESOURCE, &l->q->resource},
        {BW_BY_QUEUE, &l->q->queue},
        {BW_BY_TYPE, &l->q->type},
    };
    l->driver = (struct driver){BW_BY_STATUS, &any_set, 0};
    for (int status = 0; status < BW_N_STATUS; status++)
        if (wants_status(l, status))
            l->driver.count += l->base.r->state.tasks[status];
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        int64_t count;
        if (named[i].values->n == 0)
            continue;
        int err = count_values(l, named[i].index, named[i].values, &count);
        if (err)
            return err;
        if (l->n_filters++ == 0 || count < l->driver.count)
            l->driver = (struct driver){named[i].index, named[i].values, count};
    }
    return 0;
}

/* Counts what passes the whole filter among the driver's tasks. */
static int count_all(struct list *l)
{
    struct bw_task_columns columns;
    for (size_t i = 0; i < l->driver.values->n; i++)
        for (int status = 0; status < BW_N_STATUS; status++) {
            sqlite3_stmt *st;
            if (!wants_status(l, status))
                continue;
            int err = bw_task_select(&l->base.r->tasks, BW_SELECT_COLUMNS, l->driver.index,
                                     l->driver.values->v[i], status, &st);
            while (!err && (err = bw_db_row(st)) == 1) {
                bw_task_columns_read(st, &columns);
                l->total += bw_task_filter_columns(&l->base.filter, &columns);
                err = 0;
            }
            if (err)
                return err;
        }
    l->total_exact = true;
    return 0;
}

static int count(struct list *l)
{
    if (l->q->q.len > 0)
        return 0;
    if (l->n_filters <= 1) {
        bool is_counted = l->n_filters == 0 || l->driver.count <= COUNTED_MAX;
        l->total = is_counted ? l->driver.count : COUNTED_MAX;
        l->total_exact = is_counted;
        return 0;
    }
    return l->driver.count <= COUNTED_MAX ? count_all(l) : 0;
}

/* A candidate that was found without an order. */
static int add_key(struct list *l, int64_t key)
{
    struct bw_task_row row;
    int err = bw_task_row_read(&l->base.r->tasks, key, &l->base.filter, &l->base.r->zone, &row);
    if (err != 1)
        return err;
    l->total++;
    return bw_task_scan_add(
        &l->base.scan, l->q->sort == BW_SORT_CREATED_AT ? row.created_at : row.updated_at, key);
}

static bool is_repeated(const struct bw_str_set *set, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (bw_str_eq(set->v[i], set->v[j]))
            return true;
    return false;
}

static int add_ids(struct list *l)
{
    for (size_t i = 0; i < l->q->id.n; i++) {
        int64_t key;
        if (is_repeated(&l->q->id, i))
            continue;
        int err = bw_read_key(l->base.r, l->q->id.v[i], &key);
        if (err == 1)
            err = add_key(l, key);
        if (err < 0)
            return err;
    }
    l->total_exact = true;
    return 0;
}

/* Leaves *found false if the text index is of no help. */
static int add_text(struct list *l, bool *found)
{
    int64_t keys[TEXT_CANDIDATES + 1];
    struct bw_buf match = {0};
    sqlite3_stmt *st;
    int n = 0, err = 0;
    *found = false;
    if (!bw_task_filter_match(&l->base.filter, &match))
        goto out;
    err = bw_task_select_text(&l->base.r->tasks, bw_buf_str(&match), TEXT_CANDIDATES + 1, &st);
    while (!err && (err = bw_db_row(st)) == 1) {
        keys[n++] = sqlite3_column_int64(st, 0);
        err = 0;
    }
    if (n > TEXT_CANDIDATES)
        goto out;
    *found = l->total_exact = true;
    for (int i = 0; i < n && !err; i++)
        err = add_key(l, keys[i]);
out:
    bw_buf_free(&match);
    return err;
}

static int add_created(struct list *l)
{
    if (l->driver.count > COUNTED_MAX)
        return bw_task_scan_add_range(&l->base.scan, BW_BY_STATUS, any_value, 0);
    for (size_t i = 0; i < l->driver.values->n; i++)
        for (int status = 0; status < BW_N_STATUS; status++) {
            sqlite3_stmt *st;
            if (!wants_status(l, status))
                continue;
            int err = bw_task_select(&l->base.r->tasks, BW_SELECT_CREATED, l->driver.index,
                                     l->driver.values->v[i], status, &st);
            while (!err && (err = bw_db_row(st)) == 1)
                err = bw_task_scan_add(&l->base.scan, sqlite3_column_int64(st, 0),
                                       sqlite3_column_int64(st, 1));
            if (err)
                return err;
        }
    return 0;
}

static int add_updated(struct list *l)
{
    for (size_t i = 0; i < l->driver.values->n; i++)
        for (int status = 0; status < BW_N_STATUS; status++) {
            struct bw_str value = l->driver.values->v[i];
            int err = 0;
            if (!wants_status(l, status))
                continue;
            if (status == BW_RUNNING)
                err = bw_task_list_add_running(&l->base, l->driver.index, value);
            else
                err = bw_task_scan_add_range(&l->base.scan, l->driver.index, value, status);
            if (err)
                return err;
        }
    return 0;
}

static int add_candidates(struct list *l)
{
    bool found = false;
    if (l->q->id.n > 0)
        return add_ids(l);
    int err = l->q->q.len > 0 ? add_text(l, &found) : 0;
    if (err || found)
        return err;
    err = choose_driver(l);
    if (!err)
        err = count(l);
    if (err)
        return err;
    return l->q->sort == BW_SORT_CREATED_AT ? add_created(l) : add_updated(l);
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

static void put_rest(struct list *l)
{
    struct bw_mp_map *map = &l->base.answer.map;
    if (!l->total_exact && l->total == 0) {
        l->total = l->base.answer.n + l->base.more;
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
    bw_task_filter_open(&l.base.filter, &q->tasks);
    err = add_candidates(&l);
    if (!err)
        err = bw_task_list_fill(&l.base);
    if (!err)
        put_rest(&l);
    bw_answer_end(&l.base.answer);
    bw_task_scan_end(&l.base.scan);
    bw_task_filter_close(&l.base.filter);
    return err;
}

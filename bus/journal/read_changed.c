/* The verb `changed`: tasks that were deleted after a seq, and those that changed, one row each, in
 * order of their last change.
 *
 * A page is of one span of the sequence: where the ids of deleted tasks would be too many for it,
 * its rows end there, too. A task that was deleted and made again is in both arrays, or in the
 * second of a later page; so who takes away what was deleted before putting in the rows, page by
 * page, ends with what there is. */
#include "journal/task_list.h"

enum { DEFAULT_LIMIT = 100 };

/* Of a task that is gone only these are known. What else is asked for does not count: to be told of
 * a task that one never had is harmless. */
static bool is_wanted(const struct bw_task_query *q, struct bw_str id, sqlite3_stmt *st)
{
    return bw_str_set_allows(&q->id, id) && bw_str_set_allows(&q->owner, bw_db_str(st, 2)) &&
           bw_str_set_allows(&q->resource, bw_db_str(st, 3));
}

static struct bw_str id_at(sqlite3_stmt *st, int column, char text[BW_UUID_LEN])
{
    struct bw_str stored = bw_db_str(st, column);
    return sqlite3_column_type(st, column) == SQLITE_BLOB ? bw_id_text(stored, text) : stored;
}

/* Writes the array `deleted`; l->end is where it had to stop, if it had to. */
static int fill_deleted(struct bw_task_list *l, const struct bw_task_query *q, uint64_t after)
{
    sqlite3_stmt *st = l->r->st[BW_READ_DELETED];
    uint64_t last = after;
    int err;
    bw_db_bind_int(st, 1, (int64_t)after);
    bw_answer_array(&l->answer, "deleted");
    for (int looked = 0; (err = bw_db_row(st)) == 1; looked++) {
        char text[BW_UUID_LEN];
        struct bw_str id = id_at(st, 1, text);
        if (l->answer.n == l->limit || looked == BW_READ_EVENTS_LOOKED) {
            l->end = (int64_t)last;
            sqlite3_reset(st);
            break;
        }
        last = (uint64_t)sqlite3_column_int64(st, 0);
        if (is_wanted(q, id, st)) {
            bw_mp_str(&l->answer.map.pk, id);
            l->answer.n++;
        }
    }
    bw_answer_array_end(&l->answer);
    return err < 0 ? err : 0;
}

/* Puts every task that may have changed into the scan. */
static int add_all(struct bw_task_list *l)
{
    static const struct bw_task_slice all_running = {.index = BW_BY_STATUS, .status = BW_RUNNING};
    bool running = l->filter.statuses >> BW_RUNNING & 1;
    int err = bw_task_list_add_range(l, &all_running);
    return err || !running ? err : bw_task_list_add_running(l, &all_running);
}

static int fill_rows(struct bw_task_list *l, const struct bw_str_set *ids, uint64_t after)
{
    int64_t n;
    bw_task_scan_begin(&l->scan, &l->r->tasks, &l->r->merge, BW_ORDER_SEQ, true, (int64_t)after,
                       INT64_MAX, (int)l->limit + 1);
    int err = ids->n > 0 ? bw_task_list_add_ids(l, ids, &n) : add_all(l);
    return err ? err : bw_task_list_fill(l);
}

/* How far the page goes. */
static uint64_t next_after(struct bw_task_list *l)
{
    if (l->more)
        return (uint64_t)l->last_value;
    l->more = l->end > 0;
    return l->more ? (uint64_t)l->end : l->r->state.head;
}

int bw_read_changed(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                    struct bw_fault *fault)
{
    struct bw_task_list l = {.r = r, .limit = q->limit ? q->limit : DEFAULT_LIMIT};
    const char *reset;
    uint64_t after, next;
    int err = 0;
    (void)fault;
    bw_read_from(r, q->after, &after, &reset);
    bw_answer_begin(&l.answer, out, &r->state);
    bw_task_list_open(&l, &q->tasks);
    if (reset) {
        bw_mp_put_cstr(&l.answer.map, "reset", reset);
        bw_answer_array(&l.answer, "tasks");
        next = r->state.head;
    } else {
        err = fill_deleted(&l, &q->tasks, after);
        if (!err)
            err = fill_rows(&l, &q->tasks.id, after);
        next = next_after(&l);
    }
    bw_task_list_close(&l);
    if (err)
        return err;
    bw_mp_put_bool(&l.answer.map, "more", l.more);
    bw_mp_put_u64(&l.answer.map, "next", next);
    bw_answer_end(&l.answer);
    return 0;
}

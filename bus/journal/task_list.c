/* One page of a list of tasks. */
#include "journal/task_list.h"

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

int bw_task_list_fill(struct bw_task_list *l)
{
    struct bw_task_row row;
    int64_t value, key;
    int err;
    l->last_value = l->scan.after_value;
    l->last_key = l->scan.after_key;
    bw_answer_array(&l->answer, "tasks");
    for (int64_t looked = 0; (err = bw_task_scan_next(&l->scan, &value, &key)) == 1; looked++) {
        if (looked == l->r->limits.looked) {
            l->more = true;
            break;
        }
        err = bw_task_row_read(&l->r->tasks, key, &l->filter, &l->r->zone, &row);
        if (err < 0)
            return err;
        if (err == 1) {
            l->found++;
            if (l->answer.n == l->limit || bw_answer_is_full(&l->answer, row.body.len)) {
                l->more = true;
                break;
            }
            bw_answer_item(&l->answer, row.body);
        }
        l->last_value = value;
        l->last_key = key;
    }
    bw_answer_array_end(&l->answer);
    return err < 0 ? err : 0;
}

/* The verb `task`: one row and its docs. */
#include "journal/reader.h"

static int put_row(struct bw_reader *r, int64_t key, struct bw_answer *a)
{
    sqlite3_stmt *st = r->st[BW_READ_TASK_ROW];
    bw_db_bind_int(st, 1, key);
    int found = bw_db_row(st);
    if (found != 1)
        return found;
    bw_mp_key(&a->map, "task");
    bw_buf_puts(a->map.buf, bw_db_str(st, 0));
    sqlite3_reset(st);
    return 1;
}

static int put_docs(struct bw_reader *r, int64_t key, struct bw_answer *a)
{
    sqlite3_stmt *st = r->st[BW_READ_TASK_DOCS];
    struct bw_mp_map docs;
    int err;
    bw_mp_key(&a->map, "docs");
    bw_mp_map_begin(&docs, a->map.buf);
    bw_db_bind_int(st, 1, key);
    while ((err = bw_db_row(st)) == 1) {
        bw_mp_key(&docs, bw_doc_name((enum bw_doc)sqlite3_column_int(st, 0)));
        bw_buf_puts(docs.buf, bw_db_str(st, 1));
    }
    bw_mp_map_end(&docs);
    return err;
}

int bw_read_task(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                 struct bw_fault *fault)
{
    struct bw_answer a;
    int64_t key;
    bw_answer_begin(&a, out, &r->state);
    int err = bw_read_key(r, q->task_id, &key);
    if (err == 1)
        err = put_row(r, key, &a);
    if (err == 0)
        return bw_fault(fault, BW_ENOTFOUND, "task_id", "there is no task of this id");
    if (err == 1)
        err = put_docs(r, key, &a);
    bw_answer_end(&a);
    return err;
}

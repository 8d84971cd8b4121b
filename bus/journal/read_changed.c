/* The verb `changed`: tasks that changed after a seq, one row each, in order of their last change.
 */
#include "journal/task_list.h"

enum { DEFAULT_LIMIT = 100 };

static int fill(struct bw_task_list *l, uint64_t after)
{
    static const struct bw_task_slice all_running = {.index = BW_BY_STATUS, .status = BW_RUNNING};
    bool running = l->filter.statuses >> BW_RUNNING & 1;
    bw_task_scan_begin(&l->scan, &l->r->tasks, &l->r->merge, BW_ORDER_SEQ, true, (int64_t)after,
                       INT64_MAX, (int)l->limit + 1);
    int err = bw_task_list_add_range(l, &all_running);
    if (!err && running)
        err = bw_task_list_add_running(l, &all_running);
    return err ? err : bw_task_list_fill(l);
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
        err = fill(&l, after);
        next = l.more ? (uint64_t)l.last_value : r->state.head;
    }
    bw_task_list_close(&l);
    if (err)
        return err;
    bw_mp_put_bool(&l.answer.map, "more", l.more);
    bw_mp_put_u64(&l.answer.map, "next", next);
    bw_answer_end(&l.answer);
    return 0;
}

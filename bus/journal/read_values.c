/* The verb `values`: what tasks have in a field, for whoever chooses while typing.
 *
 * DESIGN. The indexes that find tasks by a field have its values in order, so the next value is one
 * step down the index, however many tasks share the one before. A value's tasks are counted only as
 * far as COUNTED. Both together cost the same in a table of a thousand tasks and of a million.
 * Statuses are counted as they are written, and workers as far as their tasks are (workers.h). */
#include "journal/reader.h"
#include "journal/workers.h"

enum {
    DEFAULT_LIMIT = 50,
    COUNTED = 1000, /* tasks of a value; there may be more */
};

struct values {
    struct bw_reader *r;
    struct bw_str prefix;
    uint32_t limit;
    struct bw_answer answer;
    bool more;
};

static bool begins_so(const struct values *v, struct bw_str value)
{
    return value.len >= v->prefix.len &&
           (v->prefix.len == 0 || memcmp(value.ptr, v->prefix.ptr, v->prefix.len) == 0);
}

/* False: there is no room for it. */
static bool put(struct values *v, struct bw_str value, int64_t count, bool exact)
{
    struct bw_mp_map map;
    if (v->answer.n == v->limit || bw_answer_is_full(&v->answer, value.len)) {
        v->more = true;
        return false;
    }
    bw_mp_map_begin(&map, v->answer.map.buf);
    bw_mp_put_str(&map, "value", value);
    bw_mp_put_u64(&map, "count", (uint64_t)count);
    bw_mp_put_bool(&map, "count_exact", exact);
    bw_mp_map_end(&map);
    v->answer.n++;
    return true;
}

static int count(struct values *v, enum bw_task_index index, struct bw_str value, int64_t *out)
{
    int n_slices = bw_task_index_orders(index) ? BW_N_STATUS : 1;
    int err = 0;
    *out = 0;
    for (int status = 0; status < n_slices && *out <= COUNTED && !err; status++) {
        const struct bw_task_slice slice = {index, value, status};
        int64_t n = 0;
        err = bw_task_count(&v->r->tasks, &slice, COUNTED + 1 - *out, &n);
        *out += n;
    }
    return err;
}

/* The prefix itself may be a value; all others come after it. `at` holds the value arrived at, as
 * the statement's own memory is gone with its next step. */
static int put_indexed(struct values *v, enum bw_task_index index)
{
    struct bw_buf at = {0};
    int64_t n = 0;
    bw_buf_puts(&at, v->prefix);
    int err = v->prefix.len > 0 ? count(v, index, v->prefix, &n) : 0;
    bool room = n == 0 || put(v, v->prefix, n < COUNTED ? n : COUNTED, n <= COUNTED);
    while (!err && room && !at.failed) {
        struct bw_str next;
        err = bw_task_next_value(&v->r->tasks, index, bw_buf_str(&at), &next);
        if (err != 1)
            break;
        if (!begins_so(v, next)) {
            err = 0;
            break;
        }
        bw_buf_reset(&at);
        bw_buf_puts(&at, next);
        err = count(v, index, bw_buf_str(&at), &n);
        if (!err)
            room = put(v, bw_buf_str(&at), n < COUNTED ? n : COUNTED, n <= COUNTED);
    }
    bool failed = at.failed;
    bw_buf_free(&at);
    return failed ? BW_ENOMEM : err;
}

static void put_statuses(struct values *v)
{
    for (int i = 0; i < BW_N_STATUS; i++) {
        struct bw_str name = bw_str(bw_status_name((enum bw_status)i));
        if (begins_so(v, name) && !put(v, name, v->r->state.tasks[i], true))
            return;
    }
}

static int put_workers(struct values *v)
{
    struct bw_workers workers;
    int err = bw_workers_collect(&workers, v->r);
    for (size_t i = 0; i < workers.n && !err; i++) {
        const struct bw_worker *w = &workers.v[i];
        if (begins_so(v, w->name) && !put(v, w->name, w->running + w->paused, workers.all_counted))
            break;
    }
    bw_workers_free(&workers);
    return err;
}

int bw_read_values(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                   struct bw_fault *fault)
{
    static const enum bw_task_index indexes[BW_N_TASK_FIELDS] = {
        [BW_FIELD_TYPE] = BW_BY_TYPE,
        [BW_FIELD_QUEUE] = BW_BY_QUEUE,
        [BW_FIELD_OWNER] = BW_BY_OWNER,
        [BW_FIELD_RESOURCE] = BW_BY_RESOURCE,
    };
    struct values v = {.r = r, .prefix = q->prefix, .limit = q->limit ? q->limit : DEFAULT_LIMIT};
    int err = 0;
    (void)fault;
    bw_answer_begin(&v.answer, out, &r->state);
    bw_answer_array(&v.answer, "values");
    if (q->field == BW_FIELD_STATUS)
        put_statuses(&v);
    else if (q->field == BW_FIELD_WORKER)
        err = put_workers(&v);
    else
        err = put_indexed(&v, indexes[q->field]);
    bw_answer_array_end(&v.answer);
    bw_mp_put_bool(&v.answer.map, "more", v.more);
    bw_answer_end(&v.answer);
    return err;
}

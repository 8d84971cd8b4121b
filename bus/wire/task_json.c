/* A task as clients see it. */
#include "wire/task.h"

#include "wire/json.h"

static void put(struct bw_buf *out, struct bw_str s)
{
    bw_buf_puts(out, s);
}

/* key is the text between two values, for example `,"type":`. */
static void put_str(struct bw_buf *out, struct bw_str key, struct bw_str s)
{
    put(out, key);
    if (s.len > 0)
        bw_json_string(out, s);
    else
        put(out, BW_STR("null"));
}

static void put_number(struct bw_buf *out, struct bw_str key, double v)
{
    put(out, key);
    if (v >= 0)
        bw_json_double(out, v);
    else
        put(out, BW_STR("null"));
}

static void put_time(struct bw_buf *out, struct bw_str key, int64_t wall_us)
{
    put(out, key);
    bw_json_time(out, wall_us);
}

static void put_doc(struct bw_buf *out, struct bw_str key, const msgpack_object *doc)
{
    put(out, key);
    if (doc)
        bw_json_object(out, doc);
    else
        put(out, BW_STR("null"));
}

static void put_error(struct bw_buf *out, const struct bw_task *t,
                      const msgpack_object *const docs[BW_N_DOCS])
{
    put(out, BW_STR(",\"error\":"));
    if (t->error_type.len == 0 && t->error_message.len == 0) {
        put(out, BW_STR("null"));
        return;
    }
    put_str(out, BW_STR("{\"type\":"), t->error_type);
    put_str(out, BW_STR(",\"message\":"), t->error_message);
    if (docs)
        put_doc(out, BW_STR(",\"trace\":"), docs[BW_DOC_TRACE]);
    put(out, BW_STR("}"));
}

void bw_task_json(struct bw_buf *out, const struct bw_task *t,
                  const msgpack_object *const docs[BW_N_DOCS])
{
    put_str(out, BW_STR("{\"id\":"), t->id);
    put_str(out, BW_STR(",\"type\":"), t->type);
    put_str(out, BW_STR(",\"title\":"), t->title);
    put_str(out, BW_STR(",\"status\":"), bw_str(bw_status_name(t->status)));
    put_number(out, BW_STR(",\"progress\":"), t->progress);
    put_str(out, BW_STR(",\"message\":"), t->message);
    put_str(out, BW_STR(",\"step\":"), t->step);
    put_str(out, BW_STR(",\"current\":"), t->current);
    put_number(out, BW_STR(",\"total_units\":"), t->total_units);
    put_number(out, BW_STR(",\"completed_units\":"), t->completed_units);
    put_number(out, BW_STR(",\"rate\":"), t->rate);
    put_number(out, BW_STR(",\"eta_s\":"), t->eta_s);
    put_str(out, BW_STR(",\"owner\":"), t->owner);
    put_str(out, BW_STR(",\"resource\":"), t->resource);
    put_str(out, BW_STR(",\"queue\":"), t->queue);
    put_str(out, BW_STR(",\"worker\":"), t->worker);
    put(out, BW_STR(",\"attempt\":"));
    bw_json_uint(out, t->attempt);
    put(out, BW_STR(",\"retry_count\":"));
    bw_json_uint(out, t->attempt > 0 ? t->attempt - 1 : 0);
    if (docs) {
        put_doc(out, BW_STR(",\"params\":"), docs[BW_DOC_PARAMS]);
        put_doc(out, BW_STR(",\"result\":"), docs[BW_DOC_RESULT]);
        put_doc(out, BW_STR(",\"metadata\":"), docs[BW_DOC_METADATA]);
    }
    put_error(out, t, docs);
    put_str(out, BW_STR(",\"command\":"), bw_str(bw_action_name(t->command)));
    put_time(out, BW_STR(",\"command_at\":"), t->command_at_us);
    put_time(out, BW_STR(",\"created_at\":"), t->created_at_us);
    put_time(out, BW_STR(",\"started_at\":"), t->started_at_us);
    put_time(out, BW_STR(",\"updated_at\":"), t->updated_at_us);
    put_time(out, BW_STR(",\"finished_at\":"), t->finished_at_us);
    put(out, BW_STR(",\"seq\":"));
    bw_json_uint(out, t->seq);
    put(out, BW_STR("}"));
}

/* A task's row as msgpack: what the journal keeps and what the bus answers. */
#include "wire/task.h"

#include "base/clock.h"
#include "wire/mp.h"

static inline void put_known_str(struct bw_mp_map *m, const char *key, struct bw_str s)
{
    if (s.len > 0)
        bw_mp_put_str(m, key, s);
}

static inline void put_known_number(struct bw_mp_map *m, const char *key, double v)
{
    if (v >= 0)
        bw_mp_put_number(m, key, v);
}

static inline void put_known_time(struct bw_mp_map *m, const char *key, int64_t wall_us)
{
    if (wall_us != 0)
        bw_mp_put_time(m, key, wall_us);
}

static void put_error(struct bw_mp_map *m, struct bw_buf *out, const struct bw_task *t)
{
    struct bw_mp_map error;
    if (t->error_type.len == 0 && t->error_message.len == 0)
        return;
    bw_mp_key(m, "error");
    bw_mp_map_begin(&error, out);
    put_known_str(&error, "type", t->error_type);
    put_known_str(&error, "message", t->error_message);
    bw_mp_map_end(&error);
}

void bw_task_encode(struct bw_buf *out, const struct bw_task *t)
{
    struct bw_mp_map m;
    bw_mp_map_begin(&m, out);
    bw_mp_put_str(&m, "id", t->id);
    put_known_str(&m, "type", t->type);
    put_known_str(&m, "title", t->title);
    bw_mp_put_cstr(&m, "status", bw_status_name(t->status));
    bw_mp_put_number(&m, "progress", t->progress);
    put_known_str(&m, "message", t->message);
    put_known_str(&m, "step", t->step);
    put_known_str(&m, "current", t->current);
    put_known_number(&m, "total_units", t->total_units);
    put_known_number(&m, "completed_units", t->completed_units);
    put_known_number(&m, "rate", t->rate);
    put_known_number(&m, "eta_s", t->eta_s);
    put_known_str(&m, "owner", t->owner);
    put_known_str(&m, "resource", t->resource);
    put_known_str(&m, "queue", t->queue);
    put_known_str(&m, "worker", t->worker);
    bw_mp_put_u64(&m, "attempt", t->attempt);
    put_error(&m, out, t);
    if (t->command) {
        bw_mp_put_cstr(&m, "command", bw_action_name(t->command));
        bw_mp_put_str(&m, "command_id", t->command_id);
        bw_mp_put_time(&m, "command_at", t->command_at_us);
    }
    put_known_time(&m, "created_at", t->created_at_us);
    put_known_time(&m, "started_at", t->started_at_us);
    put_known_time(&m, "updated_at", t->updated_at_us);
    put_known_time(&m, "finished_at", t->finished_at_us);
    bw_mp_put_u64(&m, "seq", t->seq);
    if (t->rate_at_us != 0) {
        bw_mp_put_number(&m, "rate_value", t->rate_value);
        bw_mp_put_time(&m, "rate_at", t->rate_at_us);
    }
    bw_mp_map_end(&m);
}

/* The first fault stays. */
static void refuse(struct bw_fault *fault, const char *key, const char *why)
{
    if (fault->err == 0)
        bw_fault(fault, BW_EINVAL, key, "%s", why);
}

static void get_time(const msgpack_object *map, const char *key, int64_t *out,
                     struct bw_fault *fault)
{
    struct bw_str text;
    if (bw_mp_get_str(map, key, BW_TIME_LEN, &text, fault) && bw_time_parse(text, out) != 0)
        refuse(fault, key, "must be an RFC 3339 time");
}

static void get_command(const msgpack_object *map, struct bw_task *t, struct bw_fault *fault)
{
    struct bw_str name;
    if (!bw_mp_get_str(map, "command", SIZE_MAX, &name, fault))
        return;
    if (!bw_action_parse(name, &t->command))
        refuse(fault, "command", "must be an action");
    bw_mp_get_str(map, "command_id", SIZE_MAX, &t->command_id, fault);
    get_time(map, "command_at", &t->command_at_us, fault);
}

int bw_task_decode(const msgpack_object *map, struct bw_task *out, struct bw_fault *fault)
{
    struct bw_task t = {.total_units = -1, .completed_units = -1, .rate = -1, .eta_s = -1};
    struct bw_fault wrong = {0};
    struct bw_str status = {0};
    uint64_t attempt = 1;
    const msgpack_object *error = bw_mp_get(map, "error");
    if (!bw_mp_get_str(map, "id", BW_TASK_ID_MAX, &t.id, &wrong) || t.id.len == 0)
        refuse(&wrong, "id", "a task must have an id");
    bw_mp_get_str(map, "type", SIZE_MAX, &t.type, &wrong);
    bw_mp_get_str(map, "title", SIZE_MAX, &t.title, &wrong);
    if (!bw_mp_get_str(map, "status", SIZE_MAX, &status, &wrong) ||
        !bw_status_parse(status, &t.status))
        refuse(&wrong, "status", "a task must have a status");
    bw_mp_get_f64(map, "progress", &t.progress, &wrong);
    bw_mp_get_str(map, "message", SIZE_MAX, &t.message, &wrong);
    bw_mp_get_str(map, "step", SIZE_MAX, &t.step, &wrong);
    bw_mp_get_str(map, "current", SIZE_MAX, &t.current, &wrong);
    bw_mp_get_f64(map, "total_units", &t.total_units, &wrong);
    bw_mp_get_f64(map, "completed_units", &t.completed_units, &wrong);
    bw_mp_get_f64(map, "rate", &t.rate, &wrong);
    bw_mp_get_f64(map, "eta_s", &t.eta_s, &wrong);
    bw_mp_get_str(map, "owner", SIZE_MAX, &t.owner, &wrong);
    bw_mp_get_str(map, "resource", SIZE_MAX, &t.resource, &wrong);
    bw_mp_get_str(map, "queue", SIZE_MAX, &t.queue, &wrong);
    bw_mp_get_str(map, "worker", SIZE_MAX, &t.worker, &wrong);
    bw_mp_get_u64(map, "attempt", &attempt, &wrong);
    t.attempt = (uint32_t)attempt;
    bw_mp_get_str(error, "type", SIZE_MAX, &t.error_type, &wrong);
    bw_mp_get_str(error, "message", SIZE_MAX, &t.error_message, &wrong);
    get_command(map, &t, &wrong);
    get_time(map, "created_at", &t.created_at_us, &wrong);
    get_time(map, "started_at", &t.started_at_us, &wrong);
    get_time(map, "updated_at", &t.updated_at_us, &wrong);
    get_time(map, "finished_at", &t.finished_at_us, &wrong);
    bw_mp_get_u64(map, "seq", &t.seq, &wrong);
    bw_mp_get_f64(map, "rate_value", &t.rate_value, &wrong);
    get_time(map, "rate_at", &t.rate_at_us, &wrong);
    if (wrong.err)
        return bw_fault(fault, wrong.err, wrong.field, "%s", wrong.message);
    *out = t;
    return 0;
}

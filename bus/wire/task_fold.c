/* The task state machine: what an event makes of a task's row.
 *
 * DESIGN. An event is folded when it arrives and again at every rebuild, and by then
 * bw_event_encode has added the row's own values to its data. So every rule here is written to give
 * the same row when data says more than the producer did: what follows from a field follows from
 * its value, and what data always holds afterwards (status, progress, attempt) only repeats the
 * outcome.
 *
 * Status. TASK_CREATED: pending. TASK_UPDATED: running for a task not heard of before in this
 * attempt, and for a pending one that reports progress; else as it was. TASK_STATUS_CHANGED: as
 * told. TASK_COMPLETED: completed. TASK_FAILED: failed, or the timeout or cancelled it tells.
 * data.status overrides the first two. A TASK_CREATED that comes after other events of the attempt
 * (its producer was slower than the worker) adds what it knows and leaves the status alone.
 *
 * Commands: task_command.h.
 *
 * Attempts. A final status stays final within its attempt, and an earlier attempt has no say any
 * more. A higher attempt starts over: whatever the attempt before had reached is cleared. */
#include "wire/task.h"

#include <math.h>
#include <stdio.h>

#include "wire/alias.h"
#include "wire/event_type.h"
#include "wire/mp.h"
#include "wire/task_command.h"
#include "wire/task_rate.h"
#include "wire/topic.h"
#include "wire/utf8.h"

enum {
    TEXT_MAX = 8 * 1024, /* longer texts are refused … */
    TEXT_KEPT = 1024,    /* … and of longer than this, the row keeps the beginning */
    NAME_MAX_BYTES = 128,
    LONG_NAME_MAX_BYTES = 256,
    ATTEMPT_MAX = 1000000,
};

#define FIELDS(X)                                                                                  \
    X(TYPE, "type")                                                                                \
    X(TITLE, "title")                                                                              \
    X(STATUS, "status")                                                                            \
    X(PROGRESS, "progress")                                                                        \
    X(MESSAGE, "message")                                                                          \
    X(STEP, "step")                                                                                \
    X(CURRENT, "current")                                                                          \
    X(TOTAL_UNITS, "total_units")                                                                  \
    X(COMPLETED_UNITS, "completed_units")                                                          \
    X(OWNER, "owner")                                                                              \
    X(RESOURCE, "resource")                                                                        \
    X(QUEUE, "queue")                                                                              \
    X(WORKER, "worker")                                                                            \
    X(ATTEMPT, "attempt")                                                                          \
    X(RETRY_COUNT, "retry_count")                                                                  \
    X(PARAMS, "params")                                                                            \
    X(RESULT, "result")                                                                            \
    X(METADATA, "metadata")                                                                        \
    X(ERROR, "error")                                                                              \
    X(ACTION, "action")                                                                            \
    X(COMMAND, "command")                                                                          \
    X(COMMAND_ID, "command_id")

enum field {
#define X(name, text) F_##name,
    FIELDS(X)
#undef X
        N_FIELDS
};

static const struct bw_str field_names[N_FIELDS] = {
#define X(name, text) BW_STR(text),
    FIELDS(X)
#undef X
};

static const msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};

/* One fold under way. */
struct fold {
    const msgpack_object *data[N_FIELDS]; /* NULL where data says nothing */
    enum bw_event_kind kind;
    const struct bw_event *event;
    const struct bw_task *before; /* of the same attempt, else NULL */
    struct bw_task *row;
    const msgpack_object **docs;
    struct bw_fault *fault;
};

static int wrong(const struct fold *f, enum field field, const char *what)
{
    char path[64];
    snprintf(path, sizeof path, "data.%s", field_names[field].ptr);
    return bw_fault(f->fault, BW_EINVAL, path, "%s", what);
}

/* The last of several values of one key wins. */
static void collect(struct fold *f, const msgpack_object *data)
{
    for (uint32_t i = 0; data && i < data->via.map.size; i++) {
        const msgpack_object_kv *kv = &data->via.map.ptr[i];
        if (kv->key.type != MSGPACK_OBJECT_STR)
            continue;
        for (int n = 0; n < N_FIELDS; n++)
            if (bw_str_eq(bw_mp_as_str(&kv->key), field_names[n])) {
                f->data[n] = &kv->val;
                break;
            }
    }
}

static int attempt_number(const struct fold *f, enum field field, uint64_t *out)
{
    const msgpack_object *o = f->data[field];
    if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return wrong(f, field, "must be a whole number, 0 or more");
    *out = o->via.u64 <= ATTEMPT_MAX ? o->via.u64 : ATTEMPT_MAX + 1; /* too many, however many */
    return 0;
}

static int attempt_of(const struct fold *f, const struct bw_task *before, uint32_t *out)
{
    uint64_t n = before ? before->attempt : 1;
    enum field field = F_ATTEMPT;
    int err = 0;
    if (!bw_mp_is_nil(f->data[F_ATTEMPT])) {
        err = attempt_number(f, F_ATTEMPT, &n);
    } else if (!bw_mp_is_nil(f->data[F_RETRY_COUNT])) {
        field = F_RETRY_COUNT;
        err = attempt_number(f, F_RETRY_COUNT, &n);
        n++;
    } else if (before && f->event->alias && f->event->alias->is_retry) {
        n++;
    }
    if (!err && (n < 1 || n > ATTEMPT_MAX))
        err = wrong(f, field, "attempts are counted from 1 to 1000000, retries from 0");
    *out = (uint32_t)n;
    return err;
}

/* The row from which this event goes on: as it was, or cleared for a new attempt. */
static void begin_row(struct fold *f, const struct bw_task *before, uint32_t attempt, int64_t now)
{
    if (before)
        *f->row = *before;
    else
        *f->row =
            (struct bw_task){.id = f->event->task_id, .total_units = -1, .created_at_us = now};
    f->row->command_news = BW_COMMAND_AS_BEFORE;
    f->before = before;
    if (before && attempt == before->attempt)
        return;
    struct bw_task *row = f->row;
    f->before = NULL;
    row->attempt = attempt;
    row->status = BW_PENDING;
    row->progress = 0;
    row->completed_units = row->rate = row->eta_s = -1;
    row->message = row->step = row->current = (struct bw_str){0};
    row->error_type = row->error_message = (struct bw_str){0};
    row->started_at_us = row->finished_at_us = 0;
    if (before)
        f->docs[BW_DOC_RESULT] = f->docs[BW_DOC_TRACE] = &nil;
}

/* A name can be changed but not taken away: an empty one says nothing. */
static int take_name(const struct fold *f, enum field field, size_t max, struct bw_str *out)
{
    const msgpack_object *o = f->data[field];
    if (bw_mp_is_nil(o))
        return 0;
    if (o->type != MSGPACK_OBJECT_STR)
        return wrong(f, field, "must be a string");
    if (o->via.str.size > max)
        return wrong(f, field,
                     max == NAME_MAX_BYTES ? "is longer than 128 bytes"
                                           : "is longer than 256 bytes");
    if (o->via.str.size > 0)
        *out = bw_mp_as_str(o);
    return 0;
}

static int take_text(const struct fold *f, const msgpack_object *o, const char *field,
                     struct bw_str *out)
{
    if (bw_mp_is_nil(o))
        return 0;
    if (o->type != MSGPACK_OBJECT_STR)
        return bw_fault(f->fault, BW_EINVAL, field, "must be a string");
    if (o->via.str.size > TEXT_MAX)
        return bw_fault(f->fault, BW_EINVAL, field,
                        "is longer than 8 KiB; put large values into data.result or a log");
    *out = bw_utf8_cut(bw_mp_as_str(o), TEXT_KEPT);
    return 0;
}

static int take_strings(struct fold *f)
{
    struct bw_task *row = f->row;
    int err = take_name(f, F_TYPE, NAME_MAX_BYTES, &row->type);
    if (!err)
        err = take_name(f, F_OWNER, LONG_NAME_MAX_BYTES, &row->owner);
    if (!err)
        err = take_name(f, F_RESOURCE, LONG_NAME_MAX_BYTES, &row->resource);
    if (!err)
        err = take_name(f, F_QUEUE, NAME_MAX_BYTES, &row->queue);
    if (!err)
        err = take_name(f, F_WORKER, LONG_NAME_MAX_BYTES, &row->worker);
    if (!err)
        err = take_text(f, f->data[F_TITLE], "data.title", &row->title);
    if (!err)
        err = take_text(f, f->data[F_STEP], "data.step", &row->step);
    if (!err)
        err = take_text(f, f->data[F_CURRENT], "data.current", &row->current);
    if (!err)
        err = take_text(f, f->data[F_MESSAGE], "data.message", &row->message);
    if (!err && bw_mp_is_nil(f->data[F_MESSAGE]) && f->event->message.len > 0)
        row->message = bw_utf8_cut(f->event->message, TEXT_KEPT);
    return err;
}

static int take_number(const struct fold *f, enum field field, double max, const char *what,
                       double *out)
{
    double v;
    if (bw_mp_is_nil(f->data[field]))
        return 0;
    if (!bw_mp_as_f64(f->data[field], &v) || v < 0 || v > max)
        return wrong(f, field, what);
    *out = v + 0.0; /* makes -0 a 0 */
    return 0;
}

/* Progress that is counted is cut to hundredths, so that 100 means done. */
static int take_progress(struct fold *f)
{
    static const char *const units = "must be a number, 0 or more";
    struct bw_task *row = f->row;
    int err = take_number(f, F_TOTAL_UNITS, 1e15, units, &row->total_units);
    if (!err)
        err = take_number(f, F_COMPLETED_UNITS, 1e15, units, &row->completed_units);
    if (!err)
        err = take_number(f, F_PROGRESS, 100, "must be a number from 0 to 100", &row->progress);
    if (err || !bw_mp_is_nil(f->data[F_PROGRESS]))
        return err;
    bool counted =
        !bw_mp_is_nil(f->data[F_TOTAL_UNITS]) || !bw_mp_is_nil(f->data[F_COMPLETED_UNITS]);
    if (counted && row->total_units > 0 && row->completed_units >= 0)
        row->progress = row->completed_units < row->total_units
                            ? floor(row->completed_units / row->total_units * 1e4) / 100
                            : 100;
    return 0;
}

/* What the event says the status is. */
static int told_status(const struct fold *f, enum bw_status *status, bool *told)
{
    const msgpack_object *o = f->data[F_STATUS];
    struct bw_str word = {0};
    *told = false;
    if (!bw_mp_is_nil(o)) {
        if (o->type != MSGPACK_OBJECT_STR)
            return wrong(f, F_STATUS, "must be a string");
        word = bw_mp_as_str(o);
    } else if (f->event->alias && f->event->alias->status) {
        word = bw_str(f->event->alias->status);
    } else {
        return 0;
    }
    if (!bw_status_parse(word, status))
        return wrong(f, F_STATUS,
                     "must be pending, running, paused, completed, failed, cancelled or timeout");
    *told = true;
    return 0;
}

static bool reports_progress(const struct fold *f)
{
    return (!bw_mp_is_nil(f->data[F_PROGRESS]) && f->row->progress > 0) ||
           (!bw_mp_is_nil(f->data[F_COMPLETED_UNITS]) && f->row->completed_units > 0);
}

static int take_status(struct fold *f)
{
    enum bw_status status = f->row->status;
    bool told;
    int err = told_status(f, &status, &told);
    if (err)
        return err;
    switch (f->kind) {
    case BW_TASK_UPDATED:
        if (!told && (!f->before || (status == BW_PENDING && reports_progress(f))))
            status = BW_RUNNING;
        break;
    case BW_TASK_STATUS_CHANGED:
        if (!told)
            return wrong(f, F_STATUS, "is required in TASK_STATUS_CHANGED");
        break;
    case BW_TASK_COMPLETED:
        if (told && status != BW_COMPLETED)
            return wrong(f, F_STATUS, "must be completed, or missing, in TASK_COMPLETED");
        status = BW_COMPLETED;
        break;
    case BW_TASK_FAILED:
        if (!told)
            status = BW_FAILED;
        else if (status != BW_FAILED && status != BW_TIMEOUT && status != BW_CANCELLED)
            return wrong(f, F_STATUS, "must be failed, timeout or cancelled in TASK_FAILED");
        break;
    default: /* TASK_CREATED: as told, or as begin_row left it */
        break;
    }
    f->row->status = status;
    if (status == BW_COMPLETED)
        f->row->progress = 100;
    return 0;
}

/* An error replaces the one before as a whole; nil takes it away. */
static int take_error(struct fold *f)
{
    const msgpack_object *o = f->data[F_ERROR], *type, *trace;
    struct bw_task *row = f->row;
    bool had_one = row->error_message.len > 0 || row->error_type.len > 0;
    if (!o)
        return 0;
    row->error_type = row->error_message = (struct bw_str){0};
    if (had_one)
        f->docs[BW_DOC_TRACE] = &nil;
    if (o->type == MSGPACK_OBJECT_NIL)
        return 0;
    if (o->type == MSGPACK_OBJECT_STR)
        return take_text(f, o, "data.error", &row->error_message);
    if (o->type != MSGPACK_OBJECT_MAP)
        return wrong(f, F_ERROR, "must be a map {type, message, trace} or a string");
    type = bw_mp_get(o, "type");
    trace = bw_mp_get(o, "trace");
    if (!bw_mp_is_nil(type) &&
        (type->type != MSGPACK_OBJECT_STR || type->via.str.size > NAME_MAX_BYTES))
        return bw_fault(f->fault, BW_EINVAL, "data.error.type",
                        "must be a string of at most 128 bytes");
    if (!bw_mp_is_nil(trace) && trace->type != MSGPACK_OBJECT_STR)
        return bw_fault(f->fault, BW_EINVAL, "data.error.trace", "must be a string");
    if (!bw_mp_is_nil(type))
        row->error_type = bw_mp_as_str(type);
    if (!bw_mp_is_nil(trace))
        f->docs[BW_DOC_TRACE] = trace;
    return take_text(f, bw_mp_get(o, "message"), "data.error.message", &row->error_message);
}

static void take_docs(struct fold *f)
{
    if (f->data[F_PARAMS])
        f->docs[BW_DOC_PARAMS] = f->data[F_PARAMS];
    if (f->data[F_RESULT])
        f->docs[BW_DOC_RESULT] = f->data[F_RESULT];
    if (f->data[F_METADATA])
        f->docs[BW_DOC_METADATA] = f->data[F_METADATA];
}

static void stamp(struct bw_task *row, const struct bw_event *event, int64_t now)
{
    row->updated_at_us = now;
    row->seq = event->seq;
    if (row->status == BW_RUNNING && row->started_at_us == 0)
        row->started_at_us = now;
    if (bw_status_is_final(row->status))
        row->finished_at_us = now;
}

int bw_task_fold(const struct bw_task *before, const struct bw_event *event, struct bw_task *after,
                 const msgpack_object *docs[BW_N_DOCS], struct bw_fault *fault)
{
    struct fold f = {.event = event, .row = after, .docs = docs, .fault = fault};
    int64_t now = event->timestamp_us ? event->timestamp_us : event->received_at_us;
    uint32_t attempt;
    for (int d = 0; d < BW_N_DOCS; d++)
        docs[d] = NULL;
    f.kind = bw_event_kind(event->event_type);
    if (!bw_event_kind_folds(f.kind) || !bw_str_is(event->topic, BW_TOPIC_SYSTEM))
        return BW_FOLD_NONE;
    if (f.kind == BW_TASK_DELETED) {
        if (before)
            *after = *before;
        return before ? BW_FOLD_DELETED : BW_FOLD_STALE;
    }
    collect(&f, event->data);
    const struct bw_command_words said = {f.data[F_ACTION], f.data[F_COMMAND],
                                          f.data[F_COMMAND_ID]};
    enum bw_fold_result of_command;
    if (bw_task_command_fold(before, event, f.kind, &said, after, &of_command))
        return (int)of_command;
    int err = attempt_of(&f, before, &attempt);
    if (err)
        return err;
    if (before && (attempt < before->attempt ||
                   (attempt == before->attempt && bw_status_is_final(before->status))))
        return BW_FOLD_STALE;
    begin_row(&f, before, attempt, now);
    err = take_strings(&f);
    if (!err)
        err = take_progress(&f);
    if (!err)
        err = take_status(&f);
    if (!err)
        err = take_error(&f);
    if (err)
        return err;
    take_docs(&f);
    bw_task_command_settle(after, f.kind, &said, !f.before);
    stamp(after, event, now);
    bw_task_measure(f.before, after, now);
    return BW_FOLD_APPLIED;
}

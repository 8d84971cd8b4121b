/* Requests to the bus and its answers: one msgpack map each way.
 *
 *   request  {v:1, op, …}    op: a verb, named in rpc_request.c
 *   answer   {ok:true, …} | {ok:false, code, message, field}
 *
 * Both sides use these structs; nobody else spells the keys. */
#ifndef BW_WIRE_RPC_H
#define BW_WIRE_RPC_H

#include <stdbool.h>
#include <stdint.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/command.h"
#include "wire/cursor.h"
#include "wire/task.h"

enum {
    BW_RPC_VERSION = 1,
    BW_RPC_DEPTH_MAX = 32,
    BW_RPC_REQUEST_BYTES_MAX = 16 << 20,
    BW_RPC_REPLY_BYTES = 1 << 20, /* pages end near this size */
    BW_RPC_LIMIT_MAX = 1000,      /* rows or events of a page */
    BW_FILTER_VALUES_MAX = 1000,
};

enum bw_rpc_op {
    BW_RPC_PUBLISH,
    BW_RPC_EVENTS,
    BW_RPC_TASKS,
    BW_RPC_TASK,
    BW_RPC_LOGS,
    BW_RPC_CHANGED,
    BW_RPC_VALUES,
    BW_RPC_WORKERS,
    BW_RPC_STATS,
    BW_RPC_HISTORY,
    BW_RPC_N_OPS
};

/* A set of allowed values; n = 0 means any. Decoding borrows `v` from the zone. */
struct bw_str_set {
    const struct bw_str *v;
    size_t n;
};

static inline bool bw_str_set_allows(const struct bw_str_set *set, struct bw_str value)
{
    for (size_t i = 0; i < set->n; i++)
        if (bw_str_eq(set->v[i], value))
            return true;
    return set->n == 0;
}

/* What tasks have in common with others, and whose values may be asked for. */
enum bw_task_field {
    BW_FIELD_TYPE,
    BW_FIELD_QUEUE,
    BW_FIELD_OWNER,
    BW_FIELD_RESOURCE,
    BW_FIELD_STATUS,
    BW_FIELD_WORKER,
    BW_N_TASK_FIELDS
};

enum bw_task_sort { BW_SORT_UPDATED_AT, BW_SORT_CREATED_AT };

struct bw_task_query {
    struct bw_str_set id, type, owner, resource, queue,
        status;      /* status holds words of bw_status_parse */
    struct bw_str q; /* part of the title or id; case does not matter */
    enum bw_task_sort sort;
    bool ascending;     /* default: newest first */
    struct bw_str page; /* opaque, from the answer before; empty for the first page */
};

/* One struct for all reading verbs; which members count is said at each. */
struct bw_rpc_request {
    enum bw_rpc_op op;
    const msgpack_object *events; /* publish: array of event maps, 1 to 1000 */
    struct bw_str_set topics;     /* events: 1 or more, merged in seq order; default system */
    struct bw_cursor after;       /* events, logs, changed */
    bool backwards;               /* logs: the last ones before `before` instead of the first … */
    struct bw_cursor before;      /* … after `after`; "latest": the last there are */
    struct bw_cursor known;       /* tasks, task: the head of an answer that the asker still has */
    struct bw_str_set task_ids, owners, resources, event_types; /* events: filter */
    struct bw_str task_id;                                      /* task; logs: empty for all */
    struct bw_str level;        /* logs: at least this (debug info warning error); empty: all */
    struct bw_str text;         /* logs: part of the message; the case of A to Z does not matter */
    struct bw_task_query tasks; /* tasks, changed (without sort and page) */
    enum bw_task_field field;   /* values */
    struct bw_str prefix;       /* values: only those that begin so */
    struct bw_str_set series;   /* history: names of metrics; none: all */
    uint64_t step_s;            /* history: 5 or 120; 0: 5 */
    uint32_t limit;             /* rows or events; 0: the verb's default (100; tasks 50); at most
                                   BW_RPC_LIMIT_MAX */
    uint64_t up_to;             /* events: no event beyond this seq; 0: no bound */
};

/* By its name, in lower case. False: there is no such field. */
bool bw_task_field_parse(struct bw_str name, enum bw_task_field *out);

/* Decodes and validates a request; everything borrows from the object, arrays live in the zone. */
int bw_rpc_request_decode(const msgpack_object *map, msgpack_zone *zone, struct bw_rpc_request *out,
                          struct bw_fault *fault) BW_MUST_CHECK;
/* Appends the request. For publish, `events` is not read: call bw_rpc_publish_begin instead. */
void bw_rpc_request_encode(struct bw_buf *out, const struct bw_rpc_request *request);
/* Appends a publish request up to and including the array header; the n encoded events follow. */
void bw_rpc_publish_begin(struct bw_buf *out, uint32_t n);

void bw_rpc_error_encode(struct bw_buf *out, const struct bw_fault *fault);
/* 0 if the answer says ok; else its code as a BW_E… and *fault filled from it. */
int bw_rpc_reply_check(const msgpack_object *map, struct bw_fault *fault) BW_MUST_CHECK;

/* publish's answer: {ok, epoch, results:[{id, seq?, duplicate?, applied?, reason?, effect?,
 * error?{code,message,field}}]}. effect, "asked" or "done", is told of a new command. applied is
 * false when the task table did not take the event (reason "stale"); then it was neither stored nor
 * broadcast and has no seq. */
struct bw_publish_result {
    struct bw_str id;
    uint64_t seq;   /* 0: none was given */
    bool duplicate; /* had been acked before under this seq */
    bool stale;
    enum bw_effect effect; /* of a command */
    struct bw_fault fault; /* err 0: accepted, and nothing else of it is read */
};
/* Of an event whose fate is not known yet. The fault's texts are left alone: there is one for each
 * event of a batch, and hardly ever anything to say. */
static inline void bw_publish_result_init(struct bw_publish_result *result, struct bw_str id)
{
    result->id = id;
    result->seq = 0;
    result->duplicate = result->stale = false;
    result->effect = BW_EFFECT_NONE;
    result->fault.err = 0;
}
void bw_rpc_publish_reply_begin(struct bw_buf *out, uint32_t epoch, uint32_t n);
void bw_rpc_publish_result_encode(struct bw_buf *out, const struct bw_publish_result *result);
int bw_rpc_publish_result_decode(const msgpack_object *map,
                                 struct bw_publish_result *out) BW_MUST_CHECK;

/* The other answers all begin with {ok, epoch, head, …} and go on with:
 *
 *   events   oldest, events:[event…], more, next           next: the seq to go on after
 *   tasks    tasks:[row…], total, total_exact, next?       next: the token of the next page
 *   task     task:row, docs:{params, result, metadata, trace}
 *   logs     as events; backwards, `more` says that there are earlier ones: before `earlier`
 *   changed  deleted:[id…], tasks:[row…], more, next       what was deleted, before the rows
 *   values   values:[{value, count, count_exact}…], more   in order of value
 *   workers  workers:[{name, alive, heard_at, alive_s, running, paused, tasks:[id…], heartbeat?}…],
 *            tasks:[row…], more, all_counted               rows: of those ids
 *   stats    oldest, topics:{name:{head}}, tasks:{status:n}, metrics:{id:value},
 *            recent:{hour:{status:n}, day:{status:n}}      tasks that became final, up to 10 000
 *
 *   history  step_s, end, points, series:{id:[n…]}         id: name, name{labels} or
 *            name{quantile="0.5"}; end: nil when nothing was measured yet
 *
 * If `known` is the head still, tasks and task answer only
 *
 *   unchanged:true
 *
 * because nothing changes tasks but an event, which has a seq.
 * A cursor that events, logs or changed cannot serve is answered with
 *
 *   oldest, reset:"epoch" or "retention" or "ahead", and an empty events or tasks */

#endif

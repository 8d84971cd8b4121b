/* A task: a row of the task table, and the pure function that folds events into it. */
#ifndef BW_WIRE_TASK_H
#define BW_WIRE_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/event.h"

enum bw_status {
    BW_PENDING,
    BW_RUNNING,
    BW_PAUSED,
    BW_COMPLETED,
    BW_FAILED,
    BW_CANCELLED,
    BW_TIMEOUT,
    BW_N_STATUS
};

const char *bw_status_name(enum bw_status s);
/* Ours, and the words other systems use for the same (processing, success, active, …). Case does
 * not matter. False if unknown. */
bool bw_status_parse(struct bw_str name, enum bw_status *out);
bool bw_status_is_final(enum bw_status s);

/* The parts of a task that may be large and rarely change; stored and sent apart from the row. */
enum bw_doc { BW_DOC_PARAMS, BW_DOC_RESULT, BW_DOC_METADATA, BW_DOC_TRACE, BW_N_DOCS };
const char *bw_doc_name(enum bw_doc d); /* "params", "result", "metadata", "trace" */

/* What can be asked of a task: wire/command.h. */
enum bw_action {
    BW_NO_ACTION,
    BW_START,
    BW_PAUSE,
    BW_RESUME,
    BW_STOP,
    BW_CANCEL,
    BW_RETRY,
    BW_N_ACTIONS
};

/* What the event just folded did to a task's command: not kept, but told in that event. */
enum bw_command_news { BW_COMMAND_AS_BEFORE, BW_COMMAND_NOTED, BW_COMMAND_ENDED };

const char *bw_action_name(enum bw_action a); /* NULL for none */
bool bw_action_parse(struct bw_str name, enum bw_action *out);

/* Strings are borrowed: from the row's encoded bytes, or right after a fold from those and from the
 * event. Times are wall µs, 0 for "not yet". */
struct bw_task {
    struct bw_str id, type, title, message, step, current, owner, resource, queue, worker;
    struct bw_str error_type, error_message;
    struct bw_str command_id; /* the command's event. Internal: never shown in JSON */
    enum bw_status status;
    enum bw_action command; /* was asked and is not answered yet */
    enum bw_command_news command_news;
    double progress;                     /* 0 to 100 */
    double total_units, completed_units; /* negative: unknown */
    double rate;  /* units/s, or progress points/s where there are no units; negative: unknown */
    double eta_s; /* negative: unknown */
    uint32_t attempt; /* from 1 */
    int64_t created_at_us, started_at_us, updated_at_us, finished_at_us;
    int64_t command_at_us;
    uint64_t seq;       /* of the last event that changed it */
    double rate_value;  /* where rate was last measured: the amount … */
    int64_t rate_at_us; /* … and when. Internal: never shown in JSON */
};

enum bw_fold_result {
    BW_FOLD_APPLIED, /* *after is the new row */
    BW_FOLD_STALE, /* the row is final within this attempt, or the event is of an earlier attempt */
    BW_FOLD_DELETED, /* the row goes away */
    BW_FOLD_NONE,    /* not an event that changes tasks (other topic or type) */
};

/* Pure: no clock, no memory. `before` is NULL for an unknown task. docs[d] is set to the value the
 * event gives for that doc, NULL where it says nothing (a new attempt sets result and trace to a
 * msgpack nil to clear them). Negative: BW_EINVAL, with the offending data.… field in *fault.
 * Folding an event again after bw_event_encode enriched it gives the same row: a rebuild from the
 * journal therefore equals the table. */
int bw_task_fold(const struct bw_task *before, const struct bw_event *event, struct bw_task *after,
                 const msgpack_object *docs[BW_N_DOCS], struct bw_fault *fault) BW_MUST_CHECK;

/* The row as a msgpack map (without docs), as stored and as sent over rpc. Members that are unknown
 * are left out. */
void bw_task_encode(struct bw_buf *out, const struct bw_task *task);
/* *out borrows from the object's memory. */
int bw_task_decode(const msgpack_object *map, struct bw_task *out,
                   struct bw_fault *fault) BW_MUST_CHECK;
/* Appends {…}: every field a task has, null where unknown, plus retry_count.
 * docs may be NULL (lists); then params, result, metadata and error.trace are left out. */
void bw_task_json(struct bw_buf *out, const struct bw_task *task,
                  const msgpack_object *const docs[BW_N_DOCS]);

#endif

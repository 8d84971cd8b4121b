/* A reader: one read-only connection, one thread, one transaction per answer. */
#ifndef BW_JOURNAL_READER_H
#define BW_JOURNAL_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <msgpack.h>
#include <sqlite3.h>

#include "journal/answer.h"
#include "journal/append.h"
#include "journal/db.h"
#include "journal/event_source.h"
#include "journal/journal.h"
#include "journal/merge.h"
#include "journal/task_plan.h"
#include "journal/task_scan.h"
#include "journal/task_select.h"

enum {
    BW_READ_MS_MAX = 5000,         /* then the answer is BW_ETIMEDOUT */
    BW_READ_EVENTS_LOOKED = 20000, /* events looked at for one page; then `more` */
};

enum bw_read_statement {
    BW_READ_BEGIN,
    BW_READ_END,
    BW_READ_STATE,
    BW_READ_TOPICS,
    BW_READ_TOPIC_ID,
    BW_READ_TASK_KEY,
    BW_READ_TASK_ROW,
    BW_READ_TASK_DOCS,
    BW_READ_DELETED,
    BW_READ_ACTIVE,
    BW_READ_BACKWARDS,
    BW_READ_FINISHED,
    BW_READ_N
};

struct bw_reader {
    sqlite3 *db;
    const struct bw_journal *journal;
    const char *path;
    int64_t deadline_us;
    struct bw_journal_state state; /* of the transaction */
    sqlite3_stmt *st[BW_READ_N];
    struct bw_event_statements events;
    struct bw_task_statements tasks;
    struct bw_task_limits limits;
    struct bw_merge merge;
    msgpack_zone zone; /* cleared between rows */
};

int bw_reader_open(struct bw_reader **out, const char *path, struct bw_fault *fault) BW_MUST_CHECK;
void bw_reader_close(struct bw_reader **reader);
/* A transaction: everything read until its end is of one state, which is in r->state. */
int bw_reader_begin(struct bw_reader *r, int64_t deadline_us) BW_MUST_CHECK;
void bw_reader_end(struct bw_reader *r);
/* As ops->read. */
int bw_reader_read(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                   struct bw_fault *fault) BW_MUST_CHECK;

/* For the verbs. Each appends to *out, which is cut back if it fails. */
int bw_read_events(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                   struct bw_fault *fault) BW_MUST_CHECK;
int bw_read_log_end(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                    struct bw_fault *fault) BW_MUST_CHECK;
int bw_read_tasks(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                  struct bw_fault *fault) BW_MUST_CHECK;
int bw_read_changed(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                    struct bw_fault *fault) BW_MUST_CHECK;
int bw_read_task(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                 struct bw_fault *fault) BW_MUST_CHECK;
int bw_read_values(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                   struct bw_fault *fault) BW_MUST_CHECK;
int bw_read_workers(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                    struct bw_fault *fault) BW_MUST_CHECK;
int bw_read_history(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                    struct bw_fault *fault) BW_MUST_CHECK;
int bw_read_stats(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                  struct bw_fault *fault) BW_MUST_CHECK;

/* Where reading goes on: *after is the seq it starts behind, *reset a reason or NULL. */
void bw_read_from(const struct bw_reader *r, struct bw_cursor cursor, uint64_t *after,
                  const char **reset);
/* The key of a task id: 1 found, 0 never seen, negative. */
int bw_read_key(struct bw_reader *r, struct bw_str task_id, int64_t *key) BW_MUST_CHECK;

#endif

/* Appending a batch: one transaction from drafts to durable events and task rows. Writer thread
 * only.
 *
 * DESIGN. Three steps, in a file each:
 *   seen.c    which drafts were acked before
 *   accept.c  in order of the batch: fold, encode, give the next seq; all in memory. A command
 *             brings an event of the bus's own, right behind it
 *   store.c   write what was accepted and the last state of what it changed, table by table
 * Then COMMIT, and only then is anybody told. When a step fails, the database rolls back and the
 * memory (cache, topics, counts) goes back with it; the next batch starts as if this one had never
 * been. */
#ifndef BW_JOURNAL_APPEND_H
#define BW_JOURNAL_APPEND_H

#include <sqlite3.h>

#include "base/buf.h"
#include "journal/changes.h"
#include "journal/journal.h"
#include "journal/seen.h"
#include "journal/stage.h"
#include "journal/task_cache.h"
#include "journal/topics.h"

/* The row of the table `state`. */
struct bw_journal_state {
    uint32_t epoch;
    uint64_t head, oldest;
    int64_t next_key;
    int64_t tasks[BW_N_STATUS];
};

/* An event that will be stored. */
struct bw_accepted {
    const struct bw_event *event; /* a draft's, or one that follows from a command */
    const struct bw_id *id;
    struct bw_topic *topic;
    int64_t lane;       /* 0: in none */
    uint64_t lane_prev; /* 0: the first of its lane */
    bool marked;        /* a mark of its lane */
    size_t body_at, body_len;
};

enum bw_store_statement {
    BW_STORE_EVENTS,
    BW_STORE_EVENT_IDS,
    BW_STORE_KEYS,
    BW_STORE_LANES,
    BW_STORE_LANES_GONE,
    BW_STORE_MARKS,
    BW_STORE_TASKS,
    BW_STORE_TASKS_MOVED,
    BW_STORE_TASKS_GONE,
    BW_STORE_ROWS,
    BW_STORE_ROWS_GONE,
    BW_STORE_DELETED,
    BW_STORE_COMMANDS,
    BW_STORE_COMMANDS_GONE,
    BW_STORE_DOCS,
    BW_STORE_DOCS_GONE,
    BW_STORE_TEXT,
    BW_STORE_TEXT_GONE,
    BW_STORE_TOPICS,
    BW_STORE_STATE,
    BW_STORE_N
};

struct bw_store {
    sqlite3_stmt *st[BW_STORE_N];
    struct bw_changes changes;
    struct bw_buf bytes; /* rows and docs, encoded */
};

struct bw_appender {
    sqlite3 *db;
    struct bw_stage *stage;
    uint32_t event_bytes_max;
    struct bw_seen seen;
    struct bw_topics topics;
    struct bw_task_cache tasks;
    struct bw_journal_state state, committed; /* with, and without, the batch under way */
    struct bw_store store;
    sqlite3_stmt *begin, *commit, *rollback;

    /* Of the batch under way. */
    struct bw_draft **drafts;
    size_t n_drafts;
    int64_t now_us;
    struct bw_accepted *accepted;
    struct bw_record *records;
    size_t n_accepted, cap;
    struct bw_buf bodies;
    msgpack_zone derived; /* events that are no draft's */
};

/* The connection stays the caller's and must outlive the appender. */
int bw_appender_create(struct bw_appender **out, sqlite3 *db,
                       const struct bw_sqlite_options *options,
                       struct bw_fault *fault) BW_MUST_CHECK;
void bw_appender_destroy(struct bw_appender **appender);

/* 0: durable; *commit says what, borrowed until the next call. Negative: nothing happened. */
int bw_appender_run(struct bw_appender *a, struct bw_draft **drafts, size_t n,
                    struct bw_commit *commit) BW_MUST_CHECK;

/* accept.c: decides the fate of each draft and fills accepted, bodies, topics, tasks, state. */
int bw_accept_all(struct bw_appender *a) BW_MUST_CHECK;

/* store.c: writes all that. */
int bw_store_open(struct bw_store *s, sqlite3 *db) BW_MUST_CHECK;
void bw_store_close(struct bw_store *s);
int bw_store_all(struct bw_appender *a) BW_MUST_CHECK;

/* The row of `state`, read by a statement prepared from BW_STATE_SQL. */
#define BW_STATE_SQL                                                                               \
    "SELECT epoch, head, oldest, next_key, pending, running, paused, completed, failed,"           \
    " cancelled, timeout FROM state"
int bw_state_read(sqlite3_stmt *st, struct bw_journal_state *out) BW_MUST_CHECK;

#endif

/* Appending a batch: the transaction, and going back when it fails. */
#include "journal/append.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "journal/db.h"

BW_METRICS_DEFINE(finished, BW_N_STATUS, "bellwire_journal_tasks_finished_total",
                  "Attempts at tasks that came to an end, by status.",
                  0, [BW_COMPLETED] = "status=\"completed\"", [BW_FAILED] = "status=\"failed\"",
                  [BW_CANCELLED] = "status=\"cancelled\"", [BW_TIMEOUT] = "status=\"timeout\"")

enum { TASK_CACHE_ROWS = 100000 };

static int load_state(struct bw_appender *a)
{
    sqlite3_stmt *st = NULL;
    int err = bw_db_prepare(a->db, &st, BW_STATE_SQL);
    if (!err)
        err = bw_state_read(st, &a->state);
    sqlite3_finalize(st);
    a->committed = a->state;
    return err;
}

static int open_parts(struct bw_appender *a, uint32_t cache_rows)
{
    int err = bw_stage_create(&a->stage, a->db);
    if (!err)
        err = load_state(a);
    if (!err)
        err = bw_topics_load(&a->topics, a->db);
    if (!err)
        err = bw_seen_open(&a->seen, a->db);
    if (!err)
        err = bw_task_cache_open(&a->tasks, a->db, cache_rows ? cache_rows : TASK_CACHE_ROWS);
    if (!err)
        err = bw_store_open(&a->store, a->db);
    if (!err)
        err = bw_db_prepare(a->db, &a->begin, "BEGIN IMMEDIATE");
    if (!err)
        err = bw_db_prepare(a->db, &a->commit, "COMMIT");
    if (!err)
        err = bw_db_prepare(a->db, &a->rollback, "ROLLBACK");
    return err;
}

int bw_appender_create(struct bw_appender **out, sqlite3 *db,
                       const struct bw_sqlite_options *options, struct bw_fault *fault)
{
    struct bw_appender *a = calloc(1, sizeof *a);
    *out = NULL;
    if (!a || !msgpack_zone_init(&a->derived, MSGPACK_ZONE_CHUNK_SIZE)) {
        free(a);
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    }
    a->db = db;
    a->event_bytes_max =
        options->event_bytes_max ? options->event_bytes_max : (uint32_t)BW_EVENT_BYTES_MAX;
    int err = open_parts(a, options->task_cache_rows);
    if (err) {
        bw_fault(fault, err, "data", "cannot read the journal: %s", sqlite3_errmsg(db));
        bw_appender_destroy(&a);
        return err;
    }
    *out = a;
    return 0;
}

void bw_appender_destroy(struct bw_appender **appender)
{
    struct bw_appender *a = *appender;
    *appender = NULL;
    if (!a)
        return;
    sqlite3_finalize(a->begin);
    sqlite3_finalize(a->commit);
    sqlite3_finalize(a->rollback);
    bw_store_close(&a->store);
    bw_task_cache_close(&a->tasks);
    bw_seen_close(&a->seen);
    bw_topics_free(&a->topics);
    bw_buf_free(&a->bodies);
    msgpack_zone_destroy(&a->derived);
    free(a->accepted);
    free(a->records);
    bw_stage_destroy(&a->stage, a->db);
    free(a);
}

/* Each draft may bring another event with it. */
static int make_room(struct bw_appender *a, size_t n_drafts)
{
    size_t n = 2 * n_drafts;
    if (n <= a->cap)
        return 0;
    struct bw_accepted *accepted = realloc(a->accepted, n * sizeof *accepted);
    if (accepted)
        a->accepted = accepted;
    struct bw_record *records = realloc(a->records, n * sizeof *records);
    if (records)
        a->records = records;
    if (!accepted || !records)
        return BW_ENOMEM;
    a->cap = n;
    return 0;
}

static int transact(struct bw_appender *a)
{
    int err = bw_db_rollback(a->rollback); /* if the batch before could not even be undone */
    if (!err)
        err = bw_db_run(a->begin);
    if (!err)
        err = bw_seen_begin(&a->seen, a->stage, a->drafts, a->n_drafts);
    if (!err)
        err = bw_accept_all(a);
    if (!err && a->n_accepted > 0)
        err = bw_store_all(a);
    return err ? err : bw_db_run(a->commit);
}

static void go_back(struct bw_appender *a)
{
    (void)bw_db_rollback(a->rollback);
    bw_task_cache_undo(&a->tasks);
    bw_topics_undo(&a->topics);
    a->state = a->committed;
}

/* Each attempt that came to an end in this commit. */
static void count_finished(const struct bw_task_cache *tasks)
{
    for (const struct bw_task_change *c = tasks->changes; c; c = c->next) {
        const struct bw_task_state *now = &c->task->now, *before = &c->before;
        if (!c->row_changed || !now->exists || !bw_status_is_final(now->row.status))
            continue;
        if (!before->exists || !bw_status_is_final(before->row.status) ||
            before->row.attempt != now->row.attempt)
            bw_metric_add(&finished[now->row.status], 1);
    }
}

static void settle(struct bw_appender *a)
{
    count_finished(&a->tasks);
    bw_task_cache_settle(&a->tasks);
    bw_topics_settle(&a->topics);
    a->committed = a->state;
}

static void make_records(struct bw_appender *a)
{
    for (size_t i = 0; i < a->n_accepted; i++) {
        const struct bw_accepted *e = &a->accepted[i];
        a->records[i] = (struct bw_record){
            .seq = e->event->seq,
            .prev = e->event->prev,
            .topic = e->topic->name,
            .bytes = {a->bodies.data + e->body_at, e->body_len},
        };
    }
}

int bw_appender_run(struct bw_appender *a, struct bw_draft **drafts, size_t n,
                    struct bw_commit *commit)
{
    a->drafts = drafts;
    a->n_drafts = n;
    a->n_accepted = 0;
    a->now_us = bw_clock_wall_us();
    bw_buf_reset(&a->bodies);
    msgpack_zone_clear(&a->derived);
    int err = make_room(a, n);
    if (!err)
        err = transact(a);
    if (err) {
        go_back(a);
        return err;
    }
    settle(a);
    make_records(a);
    *commit = (struct bw_commit){drafts, n, a->records, a->n_accepted};
    return 0;
}

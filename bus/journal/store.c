/* Writing what a batch came to, table by table: each in one statement over all its rows, in the
 * order of their keys. */
#include "journal/append.h"

#include "journal/db.h"
#include "wire/mp.h"

static const char *const statements[BW_STORE_N] = {
    [BW_STORE_EVENTS] = "INSERT OR FAIL INTO events SELECT c0, c1, c2 FROM stage",
    [BW_STORE_EVENT_IDS] = "INSERT OR FAIL INTO event_ids SELECT c0, c1 FROM stage",
    [BW_STORE_KEYS] = "INSERT OR FAIL INTO task_keys SELECT c0, c1 FROM stage",
    [BW_STORE_LANES] = "REPLACE INTO lanes SELECT c0, c1, c2 FROM stage",
    [BW_STORE_LANES_GONE] = "DELETE FROM lanes WHERE lane IN (SELECT c0 FROM stage)",
    [BW_STORE_MARKS] = "INSERT OR FAIL INTO lane_marks SELECT c0, c1 FROM stage",
    [BW_STORE_TASKS] = "REPLACE INTO tasks SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8 FROM stage",
    [BW_STORE_TASKS_MOVED] = "INSERT INTO tasks"
                             " SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8 FROM stage WHERE true"
                             " ON CONFLICT (key) DO UPDATE SET status = excluded.status,"
                             " rest_at = excluded.rest_at, rest_seq = excluded.rest_seq",
    [BW_STORE_TASKS_GONE] = "DELETE FROM tasks WHERE key IN (SELECT c0 FROM stage)",
    [BW_STORE_ROWS] = "REPLACE INTO task_rows SELECT c0, c1, c2, c3, c4, c5 FROM stage",
    [BW_STORE_ROWS_GONE] = "DELETE FROM task_rows WHERE key IN (SELECT c0 FROM stage)",
    [BW_STORE_DELETED] = "INSERT INTO deleted_tasks SELECT c0, c1, c2, c3 FROM stage",
    [BW_STORE_COMMANDS] = "REPLACE INTO open_commands SELECT c0, c1 FROM stage",
    [BW_STORE_COMMANDS_GONE] = "DELETE FROM open_commands WHERE key IN (SELECT c0 FROM stage)",
    [BW_STORE_DOCS] = "REPLACE INTO task_docs SELECT c0, c1 FROM stage",
    [BW_STORE_DOCS_GONE] = "DELETE FROM task_docs WHERE place IN (SELECT c0 FROM stage)",
    [BW_STORE_TEXT] = "INSERT INTO task_text (rowid, id, title) SELECT c0, c1, c2 FROM stage",
    [BW_STORE_TEXT_GONE] = "INSERT INTO task_text (task_text, rowid, id, title)"
                           " SELECT 'delete', c0, c1, c2 FROM stage",
    [BW_STORE_TOPICS] = "REPLACE INTO topics SELECT c0, c1, c2 FROM stage",
    [BW_STORE_STATE] = "UPDATE state SET head = ?1, next_key = ?2, pending = ?3, running = ?4,"
                       " paused = ?5, completed = ?6, failed = ?7, cancelled = ?8, timeout = ?9",
};

int bw_store_open(struct bw_store *s, sqlite3 *db)
{
    int err = 0;
    *s = (struct bw_store){0};
    for (int i = 0; i < BW_STORE_N && !err; i++)
        err = bw_db_prepare(db, &s->st[i], statements[i]);
    return err;
}

void bw_store_close(struct bw_store *s)
{
    for (int i = 0; i < BW_STORE_N; i++)
        sqlite3_finalize(s->st[i]);
    bw_buf_free(&s->bytes);
    bw_changes_free(&s->changes);
    *s = (struct bw_store){0};
}

static int run(struct bw_appender *a, enum bw_store_statement which)
{
    return bw_stage_run(a->stage, a->store.st[which]);
}

static int store_events(struct bw_appender *a)
{
    bw_stage_begin(a->stage, 3);
    for (size_t i = 0; i < a->n_accepted; i++) {
        const struct bw_accepted *e = &a->accepted[i];
        bw_stage_int(a->stage, bw_place(e->topic->id, e->event->seq));
        if (e->lane)
            bw_stage_int(a->stage, (int64_t)e->lane_prev);
        else
            bw_stage_null(a->stage);
        bw_stage_blob(a->stage, (struct bw_str){a->bodies.data + e->body_at, e->body_len});
    }
    int err = run(a, BW_STORE_EVENTS);
    if (err)
        return err;
    bw_stage_begin(a->stage, 2);
    for (size_t i = 0; i < a->n_accepted; i++) {
        const struct bw_accepted *e = &a->accepted[i];
        bw_stage_id(a->stage, e->id);
        bw_stage_int(a->stage, bw_place(e->topic->id, e->event->seq));
    }
    return run(a, BW_STORE_EVENT_IDS);
}

static int store_marks(struct bw_appender *a)
{
    bw_stage_begin(a->stage, 2);
    for (size_t i = 0; i < a->n_accepted; i++) {
        const struct bw_accepted *e = &a->accepted[i];
        if (!e->marked)
            continue;
        bw_stage_int(a->stage, e->lane);
        bw_stage_int(a->stage, (int64_t)e->event->seq);
    }
    return run(a, BW_STORE_MARKS);
}

static bool writes(const struct bw_appender *a, unsigned what)
{
    return (a->store.changes.writes & what) != 0;
}

static int store_keys(struct bw_appender *a)
{
    if (!writes(a, BW_WRITES_KEY))
        return 0;
    bw_stage_begin(a->stage, 2);
    for (size_t i = 0; i < a->store.changes.n; i++) {
        struct bw_task_change *c = a->store.changes.sorted[i];
        if (!(c->writes & BW_WRITES_KEY))
            continue;
        bw_id_set(&c->new_id, c->task->id);
        bw_stage_id(a->stage, &c->new_id);
        bw_stage_int(a->stage, c->key);
    }
    return run(a, BW_STORE_KEYS);
}

static int store_lanes(struct bw_appender *a)
{
    bw_stage_begin(a->stage, 3);
    for (size_t i = 0; i < a->store.changes.n; i++) {
        const struct bw_task_change *c = a->store.changes.sorted[i];
        for (int topic = 1; topic <= BW_N_LANES; topic++) {
            const struct bw_lane_end *end = &c->task->now.lanes[topic - 1];
            if (topic == BW_TOPIC_SYSTEM_ID ? !(c->writes & BW_WRITES_LANE)
                                            : end->count == c->before.lanes[topic - 1].count)
                continue;
            bw_stage_int(a->stage, bw_lane(c->key, topic));
            bw_stage_int(a->stage, (int64_t)end->seq);
            bw_stage_int(a->stage, end->count);
        }
    }
    return run(a, BW_STORE_LANES);
}

static int delete_lanes(struct bw_appender *a)
{
    if (!writes(a, BW_WRITES_LANE_GONE))
        return 0;
    bw_stage_begin(a->stage, 1);
    for (size_t i = 0; i < a->store.changes.n; i++)
        if (a->store.changes.sorted[i]->writes & BW_WRITES_LANE_GONE)
            bw_stage_int(a->stage, bw_lane(a->store.changes.sorted[i]->key, BW_TOPIC_SYSTEM_ID));
    return run(a, BW_STORE_LANES_GONE);
}

static int store_found(struct bw_appender *a, unsigned which, enum bw_store_statement statement)
{
    if (!writes(a, which))
        return 0;
    bw_stage_begin(a->stage, 9);
    for (size_t i = 0; i < a->store.changes.n; i++) {
        const struct bw_task_change *c = a->store.changes.sorted[i];
        const struct bw_task *row = &c->task->now.row;
        if (!(c->writes & which))
            continue;
        bw_stage_int(a->stage, c->key);
        bw_stage_int(a->stage, row->status);
        bw_stage_name(a->stage, row->type);
        bw_stage_name(a->stage, row->owner);
        bw_stage_name(a->stage, row->resource);
        bw_stage_name(a->stage, row->queue);
        bw_stage_int(a->stage, row->created_at_us);
        if (row->status == BW_RUNNING) {
            bw_stage_null(a->stage);
            bw_stage_null(a->stage);
        } else {
            bw_stage_int(a->stage, row->updated_at_us);
            bw_stage_int(a->stage, (int64_t)row->seq);
        }
    }
    return run(a, statement);
}

static int store_tasks(struct bw_appender *a)
{
    int err = store_found(a, BW_WRITES_FOUND_ANEW, BW_STORE_TASKS);
    return err ? err : store_found(a, BW_WRITES_MOVED, BW_STORE_TASKS_MOVED);
}

/* Encoded first, staged afterwards: the buffer may move while it grows. */
static int store_rows(struct bw_appender *a)
{
    struct bw_buf *bytes = &a->store.bytes;
    size_t at = 0;
    bw_buf_reset(bytes);
    for (size_t i = 0; i < a->store.changes.n; i++) {
        struct bw_task_change *c = a->store.changes.sorted[i];
        size_t from = bytes->len;
        if (c->writes & BW_WRITES_ROW)
            bw_task_encode(bytes, &c->task->now.row);
        c->row_bytes = bytes->len - from;
    }
    if (bytes->failed)
        return BW_ENOMEM;
    bw_stage_begin(a->stage, 6);
    for (size_t i = 0; i < a->store.changes.n; i++) {
        const struct bw_task_change *c = a->store.changes.sorted[i];
        const struct bw_lane_end *end = &c->task->now.lanes[BW_TOPIC_SYSTEM_ID - 1];
        if (!(c->writes & BW_WRITES_ROW))
            continue;
        bw_stage_int(a->stage, c->key);
        bw_stage_int(a->stage, c->task->now.row.updated_at_us);
        bw_stage_int(a->stage, (int64_t)c->task->now.row.seq);
        bw_stage_blob(a->stage, (struct bw_str){bytes->data + at, c->row_bytes});
        bw_stage_int(a->stage, (int64_t)end->seq);
        bw_stage_int(a->stage, end->count);
        at += c->row_bytes;
    }
    return run(a, BW_STORE_ROWS);
}

static int delete_rows(struct bw_appender *a)
{
    if (!writes(a, BW_WRITES_ROW_GONE))
        return 0;
    bw_stage_begin(a->stage, 1);
    for (size_t i = 0; i < a->store.changes.n; i++)
        if (a->store.changes.sorted[i]->writes & BW_WRITES_ROW_GONE)
            bw_stage_int(a->stage, a->store.changes.sorted[i]->key);
    int err = run(a, BW_STORE_TASKS_GONE);
    return err ? err : run(a, BW_STORE_ROWS_GONE);
}

/* Its last event is the one that deleted it. */
static int store_deleted(struct bw_appender *a)
{
    if (!writes(a, BW_WRITES_ROW_GONE))
        return 0;
    bw_stage_begin(a->stage, 4);
    for (size_t i = 0; i < a->store.changes.n; i++) {
        struct bw_task_change *c = a->store.changes.sorted[i];
        if (!(c->writes & BW_WRITES_ROW_GONE))
            continue;
        bw_id_set(&c->new_id, c->task->id);
        bw_stage_int(a->stage, (int64_t)c->task->now.lanes[BW_TOPIC_SYSTEM_ID - 1].seq);
        bw_stage_id(a->stage, &c->new_id);
        bw_stage_name(a->stage, c->before.row.owner);
        bw_stage_name(a->stage, c->before.row.resource);
    }
    return run(a, BW_STORE_DELETED);
}

/* By the bus's own clock, whatever the event says: the time to answer is counted from here. */
static int store_commands(struct bw_appender *a)
{
    if (!writes(a, BW_WRITES_COMMAND))
        return 0;
    bw_stage_begin(a->stage, 2);
    for (size_t i = 0; i < a->store.changes.n; i++) {
        if (!(a->store.changes.sorted[i]->writes & BW_WRITES_COMMAND))
            continue;
        bw_stage_int(a->stage, a->store.changes.sorted[i]->key);
        bw_stage_int(a->stage, a->now_us);
    }
    return run(a, BW_STORE_COMMANDS);
}

static int delete_commands(struct bw_appender *a)
{
    if (!writes(a, BW_WRITES_COMMAND_GONE))
        return 0;
    bw_stage_begin(a->stage, 1);
    for (size_t i = 0; i < a->store.changes.n; i++)
        if (a->store.changes.sorted[i]->writes & BW_WRITES_COMMAND_GONE)
            bw_stage_int(a->stage, a->store.changes.sorted[i]->key);
    return run(a, BW_STORE_COMMANDS_GONE);
}

/* A doc goes away because it is nil now, or because its task was deleted. */
static bool doc_is_gone(const struct bw_task_change *c, int doc)
{
    return c->docs[doc] ? c->docs[doc]->type == MSGPACK_OBJECT_NIL : c->docs_gone;
}

static int store_docs(struct bw_appender *a)
{
    struct bw_buf *bytes = &a->store.bytes;
    msgpack_packer pk;
    int err;
    if (!writes(a, BW_WRITES_DOCS))
        return 0;
    bw_stage_begin(a->stage, 1);
    for (size_t i = 0; i < a->store.changes.n; i++)
        for (int doc = 0; doc < BW_N_DOCS; doc++)
            if (doc_is_gone(a->store.changes.sorted[i], doc))
                bw_stage_int(a->stage, bw_doc_place(a->store.changes.sorted[i]->key, doc));
    err = run(a, BW_STORE_DOCS_GONE);
    for (size_t i = 0; i < a->store.changes.n; i++)
        for (int doc = 0; doc < BW_N_DOCS && !err; doc++) {
            const struct bw_task_change *c = a->store.changes.sorted[i];
            if (!c->docs[doc] || doc_is_gone(c, doc))
                continue;
            bw_buf_reset(bytes);
            bw_mp_packer(&pk, bytes);
            msgpack_pack_object(&pk, *c->docs[doc]);
            bw_stage_begin(a->stage, 2);
            bw_stage_int(a->stage, bw_doc_place(c->key, doc));
            bw_stage_blob(a->stage, bw_buf_str(bytes));
            err = bytes->failed ? BW_ENOMEM : run(a, BW_STORE_DOCS);
        }
    return err;
}

static void stage_text(struct bw_stage *stage, int64_t key, struct bw_str id, struct bw_str title)
{
    bw_stage_int(stage, key);
    bw_stage_text(stage, id);
    bw_stage_text(stage, title);
}

/* The text index must be told what it forgets. */
static int store_text(struct bw_appender *a)
{
    if (!writes(a, BW_WRITES_TEXT | BW_WRITES_TEXT_GONE))
        return 0;
    bw_stage_begin(a->stage, 3);
    for (size_t i = 0; i < a->store.changes.n; i++) {
        const struct bw_task_change *c = a->store.changes.sorted[i];
        if (c->writes & BW_WRITES_TEXT_GONE)
            stage_text(a->stage, c->key, c->task->id, c->before.row.title);
    }
    int err = run(a, BW_STORE_TEXT_GONE);
    if (err)
        return err;
    bw_stage_begin(a->stage, 3);
    for (size_t i = 0; i < a->store.changes.n; i++) {
        const struct bw_task_change *c = a->store.changes.sorted[i];
        if (c->writes & BW_WRITES_TEXT)
            stage_text(a->stage, c->key, c->task->id, c->task->now.row.title);
    }
    return run(a, BW_STORE_TEXT);
}

static int store_topics(struct bw_appender *a)
{
    bw_stage_begin(a->stage, 3);
    for (const struct bw_topic *t = a->topics.changed; t; t = t->next_changed) {
        bw_stage_int(a->stage, t->id);
        bw_stage_text(a->stage, t->name);
        bw_stage_int(a->stage, (int64_t)t->head);
    }
    return run(a, BW_STORE_TOPICS);
}

static int store_state(struct bw_appender *a)
{
    sqlite3_stmt *st = a->store.st[BW_STORE_STATE];
    bw_db_bind_int(st, 1, (int64_t)a->state.head);
    bw_db_bind_int(st, 2, a->state.next_key);
    for (int i = 0; i < BW_N_STATUS; i++)
        bw_db_bind_int(st, 3 + i, a->state.tasks[i]);
    return bw_db_run(st);
}

int bw_store_all(struct bw_appender *a)
{
    static int (*const steps[])(struct bw_appender *) = {
        store_events,    store_marks, store_keys,  store_lanes,   delete_lanes,
        store_tasks,     store_rows,  delete_rows, store_deleted, store_commands,
        delete_commands, store_docs,  store_text,  store_topics,  store_state,
    };
    int err = bw_changes_sort(&a->store.changes, &a->tasks);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && !err; i++)
        err = steps[i](a);
    return err;
}

int bw_state_read(sqlite3_stmt *st, struct bw_journal_state *out)
{
    int err = bw_db_row(st);
    if (err != 1)
        return err ? err : BW_EIO;
    out->epoch = (uint32_t)sqlite3_column_int64(st, 0);
    out->head = (uint64_t)sqlite3_column_int64(st, 1);
    out->oldest = (uint64_t)sqlite3_column_int64(st, 2);
    out->next_key = sqlite3_column_int64(st, 3);
    for (int i = 0; i < BW_N_STATUS; i++)
        out->tasks[i] = sqlite3_column_int64(st, 4 + i);
    sqlite3_reset(st);
    return 0;
}

/* A reader: the connection, the transaction around each answer, and the limit on its time. */
#include "journal/reader.h"

#include <stdlib.h>

#include "base/clock.h"
#include "journal/schema.h"

enum { OPCODES_BETWEEN_LOOKS = 20000 }; /* at the clock; less than a millisecond */

static int is_late(void *ctx)
{
    return bw_clock_mono_us() > ((struct bw_reader *)ctx)->deadline_us;
}

static const char *const statements[BW_READ_N] = {
    [BW_READ_BEGIN] = "BEGIN",
    [BW_READ_END] = "ROLLBACK", /* nothing was written: as good as a commit, and it cannot fail */
    [BW_READ_STATE] = BW_STATE_SQL,
    [BW_READ_TOPICS] = "SELECT name, head FROM topics ORDER BY id",
    [BW_READ_TOPIC_ID] = "SELECT id FROM topics WHERE name = ?1",
    [BW_READ_TASK_KEY] = "SELECT key FROM task_keys WHERE id = ?1",
    [BW_READ_TASK_ROW] = "SELECT body FROM task_rows WHERE key = ?1",
    [BW_READ_TASK_DOCS] = "SELECT place & 3, body FROM task_docs"
                          " WHERE place BETWEEN ?1 << 2 AND ?1 << 2 | 3",
    [BW_READ_DELETED] = "SELECT seq, id, owner, resource FROM deleted_tasks"
                        " WHERE seq > ?1 ORDER BY seq",
    [BW_READ_ACTIVE] = "SELECT r.updated_at, r.body FROM tasks t INDEXED BY tasks_status"
                       " CROSS JOIN task_rows r ON r.key = t.key WHERE t.status = ?1"
                       " ORDER BY t.rest_at DESC, t.key DESC LIMIT ?2",
    [BW_READ_BACKWARDS] = "SELECT body FROM events WHERE place BETWEEN ?1 AND ?2"
                          " ORDER BY place DESC LIMIT ?3",
    [BW_READ_FINISHED] = "SELECT count(*) FROM (SELECT 1 FROM tasks INDEXED BY tasks_status"
                         " WHERE status = ?1 AND rest_at >= ?2 LIMIT ?3)",
};

static int prepare(struct bw_reader *r)
{
    int err = 0;
    for (int i = 0; i < BW_READ_N && !err; i++)
        err = bw_db_prepare(r->db, &r->st[i], statements[i]);
    return err ? err : bw_event_statements_open(&r->events, r->db);
}

int bw_reader_open(struct bw_reader **out, const char *path, struct bw_fault *fault)
{
    struct bw_reader *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    r->path = path;
    r->limits = bw_task_limits;
    int err = msgpack_zone_init(&r->zone, MSGPACK_ZONE_CHUNK_SIZE) ? 0 : BW_ENOMEM;
    if (!err)
        err = bw_db_open(&r->db, path, BW_DB_READER, fault);
    if (!err)
        err = bw_schema_check(r->db, &bw_journal_schema, fault);
    if (!err) {
        err = bw_task_statements_open(&r->tasks, r->db);
        if (!err)
            err = prepare(r);
        if (err)
            bw_fault(fault, err, "data", "cannot read the journal: %s", sqlite3_errmsg(r->db));
    }
    if (err) {
        bw_reader_close(&r);
        return err;
    }
    sqlite3_progress_handler(r->db, OPCODES_BETWEEN_LOOKS, is_late, r);
    *out = r;
    return 0;
}

void bw_reader_close(struct bw_reader **reader)
{
    struct bw_reader *r = *reader;
    *reader = NULL;
    if (!r)
        return;
    for (int i = 0; i < BW_READ_N; i++)
        sqlite3_finalize(r->st[i]);
    bw_event_statements_close(&r->events);
    bw_task_statements_close(&r->tasks);
    bw_merge_free(&r->merge);
    msgpack_zone_destroy(&r->zone);
    bw_db_close(&r->db);
    free(r);
}

static int answer(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                  struct bw_fault *fault)
{
    switch (q->op) {
    case BW_RPC_EVENTS:
        return bw_read_events(r, q, out, fault);
    case BW_RPC_LOGS:
        return q->backwards ? bw_read_log_end(r, q, out, fault) : bw_read_events(r, q, out, fault);
    case BW_RPC_TASKS:
        return bw_read_tasks(r, q, out, fault);
    case BW_RPC_TASK:
        return bw_read_task(r, q, out, fault);
    case BW_RPC_CHANGED:
        return bw_read_changed(r, q, out, fault);
    case BW_RPC_VALUES:
        return bw_read_values(r, q, out, fault);
    case BW_RPC_WORKERS:
        return bw_read_workers(r, q, out, fault);
    case BW_RPC_HISTORY:
        return bw_read_history(r, q, out, fault);
    case BW_RPC_STATS:
        return bw_read_stats(r, q, out, fault);
    default:
        return bw_fault(fault, BW_EUNSUPPORTED, "op", "is not a reading verb");
    }
}

/* The first look inside the transaction fixes the state that all others see. */
int bw_reader_begin(struct bw_reader *r, int64_t deadline_us)
{
    r->deadline_us = deadline_us;
    int err = bw_db_rollback(r->st[BW_READ_END]); /* if the transaction before could not be ended */
    if (!err)
        err = bw_db_run(r->st[BW_READ_BEGIN]);
    return err ? err : bw_state_read(r->st[BW_READ_STATE], &r->state);
}

/* Whether the asker has the answer already; then it is told so and nothing is looked for. */
static bool is_known(const struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out)
{
    struct bw_answer a;
    if (q->known.kind != BW_CURSOR_AT || q->known.epoch != r->state.epoch ||
        q->known.seq != r->state.head)
        return false;
    bw_answer_begin(&a, out, &r->state);
    bw_mp_put_bool(&a.map, "unchanged", true);
    bw_answer_end(&a);
    return true;
}

/* A statement that stopped half-way would keep the old state, and with it the WAL, alive. */
void bw_reader_end(struct bw_reader *r)
{
    for (sqlite3_stmt *st = NULL; (st = sqlite3_next_stmt(r->db, st));)
        if (sqlite3_stmt_busy(st))
            sqlite3_reset(st);
    r->deadline_us = INT64_MAX;
    (void)bw_db_rollback(r->st[BW_READ_END]);
    bw_merge_reset(&r->merge);
    msgpack_zone_clear(&r->zone);
}

int bw_reader_read(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                   struct bw_fault *fault)
{
    struct bw_fault why = {0};
    size_t start = out->len;
    int err = bw_reader_begin(r, bw_clock_mono_us() + BW_READ_MS_MAX * 1000);
    if (!err && !is_known(r, q, out))
        err = answer(r, q, out, &why);
    if (!err && out->failed)
        err = BW_ENOMEM;
    if (err && !why.err)
        bw_db_fault(r->db, sqlite3_extended_errcode(r->db), &why, "reading the journal");
    if (err && !why.err)
        bw_fault(&why, err, "", "reading the journal failed: %s", bw_err_text(err));
    bw_reader_end(r);
    if (!err)
        return 0;
    out->len = start;
    return bw_fault(fault, why.err, why.field, "%s", why.message);
}

void bw_read_from(const struct bw_reader *r, struct bw_cursor cursor, uint64_t *after,
                  const char **reset)
{
    const struct bw_journal_state *s = &r->state;
    *reset = NULL;
    *after = s->head;
    if (cursor.kind == BW_CURSOR_OLDEST)
        *after = s->oldest - 1;
    else if (cursor.kind == BW_CURSOR_AT && cursor.epoch != s->epoch)
        *reset = "epoch";
    else if (cursor.kind == BW_CURSOR_AT && cursor.seq > s->head)
        *reset = "ahead";
    else if (cursor.kind == BW_CURSOR_AT && cursor.seq + 1 < s->oldest)
        *reset = "retention";
    else if (cursor.kind == BW_CURSOR_AT)
        *after = cursor.seq;
}

int bw_read_key(struct bw_reader *r, struct bw_str task_id, int64_t *key)
{
    sqlite3_stmt *st = r->st[BW_READ_TASK_KEY];
    struct bw_id id;
    bw_id_set(&id, task_id);
    bw_id_bind(&id, st, 1);
    int found = bw_db_row(st);
    if (found == 1) {
        *key = sqlite3_column_int64(st, 0);
        sqlite3_reset(st);
    }
    return found;
}

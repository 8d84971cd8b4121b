/* The SQLite journal: its operations, opening and closing. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/diag.h"
#include "journal/append.h"
#include "journal/checkpoint.h"
#include "journal/db.h"
#include "journal/journal.h"
#include "journal/open_commands.h"
#include "journal/reader.h"
#include "journal/schema.h"

struct sqlite_journal {
    struct bw_journal base;
    struct bw_journal_sink sink;
    char *path;
    sqlite3 *db;
    struct bw_appender *appender;
    struct bw_checkpoint *checkpoint;
    struct bw_open_commands commands;
    uint32_t epoch;
    _Atomic uint64_t head, oldest;
};

static struct sqlite_journal *self(struct bw_journal *journal)
{
    return (struct sqlite_journal *)journal;
}

static void show_head(struct sqlite_journal *j)
{
    const struct bw_journal_state *state = &j->appender->state;
    atomic_store(&j->oldest, state->head ? state->oldest : 0);
    atomic_store(&j->head, state->head);
}

static int append(struct bw_journal *journal, struct bw_draft **drafts, size_t n)
{
    struct sqlite_journal *j = self(journal);
    struct bw_commit commit;
    int err = bw_appender_run(j->appender, drafts, n, &commit);
    if (err)
        return err;
    show_head(j);
    j->sink.committed(j->sink.ctx, &commit);
    bw_checkpoint_after_commit(j->checkpoint); /* nobody waits for it */
    return 0;
}

static void idle(struct bw_journal *journal)
{
    bw_checkpoint_idle(self(journal)->checkpoint);
}

/* In one transaction, so that nothing is left behind whatever happens. */
static int probe(struct bw_journal *journal)
{
    static const char sql[] = "BEGIN IMMEDIATE;"
                              "INSERT INTO task_docs (place, body) VALUES (-1, zeroblob(65536));"
                              "DELETE FROM task_docs WHERE place = -1;"
                              "COMMIT";
    sqlite3 *db = self(journal)->db;
    int err = bw_db_exec(db, sql, NULL);
    if (err && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

static struct bw_head head(const struct bw_journal *journal)
{
    const struct sqlite_journal *j = (const struct sqlite_journal *)journal;
    return (struct bw_head){j->epoch, atomic_load(&j->head), atomic_load(&j->oldest)};
}

static void each_topic(struct bw_journal *journal,
                       void (*visit)(void *ctx, struct bw_str topic, uint64_t head), void *ctx)
{
    for (struct bw_topic *t = self(journal)->appender->topics.by_name; t; t = t->hh.next)
        visit(ctx, t->name, t->head);
}

static int unanswered(struct bw_journal *journal, int64_t asked_before_us, uint32_t limit,
                      void (*visit)(void *ctx, const struct bw_task *row), void *ctx)
{
    return bw_open_commands_each(&self(journal)->commands, asked_before_us, limit, visit, ctx);
}

static int open_reader(struct bw_journal *journal, struct bw_reader **out)
{
    struct bw_fault fault = {0};
    int err = bw_reader_open(out, self(journal)->path, &fault);
    if (err)
        diag_error("JOURNAL-OPEN-READER", "text=%s", fault.message);
    return err;
}

static void close_journal(struct bw_journal **journal)
{
    struct sqlite_journal *j = self(*journal);
    *journal = NULL;
    if (!j)
        return;
    bw_checkpoint_stop(&j->checkpoint);
    bw_open_commands_close(&j->commands);
    bw_appender_destroy(&j->appender);
    bw_db_close(&j->db);
    free(j->path);
    free(j);
}

static const struct bw_journal_ops ops = {
    .append = append,
    .idle = idle,
    .probe = probe,
    .head = head,
    .each_topic = each_topic,
    .unanswered = unanswered,
    .open_reader = open_reader,
    .read = bw_reader_read,
    .close_reader = bw_reader_close,
    .close = close_journal,
};

static int limit_size(sqlite3 *db, uint64_t max_bytes, struct bw_fault *fault)
{
    char sql[64];
    if (max_bytes == 0)
        return 0;
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %llu",
             (unsigned long long)(max_bytes / BW_PAGE_BYTES + 1));
    return bw_db_exec(db, sql, fault);
}

int bw_sqlite_open(const struct bw_sqlite_options *options, struct bw_journal_sink sink,
                   struct bw_journal **out, struct bw_fault *fault)
{
    struct sqlite_journal *j = calloc(1, sizeof *j);
    *out = NULL;
    if (!j || !(j->path = strdup(options->path))) {
        free(j);
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    }
    j->base.ops = &ops;
    j->sink = sink;
    struct bw_journal *journal = &j->base;
    int err = bw_db_open(&j->db, j->path, BW_DB_WRITER, fault);
    if (!err)
        err = bw_schema_migrate(j->db, &bw_journal_schema, fault);
    if (!err)
        err = limit_size(j->db, options->max_bytes, fault);
    if (!err)
        err = bw_appender_create(&j->appender, j->db, options, fault);
    if (!err)
        err = bw_open_commands_open(&j->commands, j->db, fault);
    if (!err)
        err = bw_checkpoint_start(&j->checkpoint, j->db, j->path, fault);
    if (err) {
        close_journal(&journal);
        return err;
    }
    j->epoch = j->appender->state.epoch;
    show_head(j);
    *out = journal;
    return 0;
}

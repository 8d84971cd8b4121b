/* The journal's tables, by version. A step that was released is never edited: a change is a new
 * step. */
#include "journal/schema.h"

#include <stdio.h>

#include "journal/db.h"

/* place = topic id << 44 | seq. lane = task key << 2 | topic id, for the topics 1 to 3. The columns
 * rest_… are NULL while a task is running: it moves too often to be kept in an index. */
static const char version_1[] =
    "CREATE TABLE state ("
    "  id INTEGER PRIMARY KEY CHECK (id = 1),"
    "  epoch INTEGER NOT NULL, head INTEGER NOT NULL, oldest INTEGER NOT NULL,"
    "  next_key INTEGER NOT NULL,"
    "  pending INTEGER NOT NULL DEFAULT 0, running INTEGER NOT NULL DEFAULT 0,"
    "  paused INTEGER NOT NULL DEFAULT 0, completed INTEGER NOT NULL DEFAULT 0,"
    "  failed INTEGER NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0,"
    "  timeout INTEGER NOT NULL DEFAULT 0);"
    "INSERT INTO state (id, epoch, head, oldest, next_key)"
    "  SELECT 1, 1 + abs(random() % 4294967295), 0, 1, 1;"

    "CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, head INTEGER NOT "
    "NULL);"
    "INSERT INTO topics VALUES (1, 'system', 0), (2, 'logs', 0), (3, 'control', 0),"
    "  (4, 'workers', 0);"

    "CREATE TABLE events (place INTEGER PRIMARY KEY, lane_prev INTEGER, body BLOB NOT NULL);"
    "CREATE TABLE event_ids (id PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE task_keys (id PRIMARY KEY, key INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE lanes (lane INTEGER PRIMARY KEY, seq INTEGER NOT NULL, count INTEGER NOT NULL);"
    "CREATE TABLE lane_marks (lane INTEGER, seq INTEGER, PRIMARY KEY (lane, seq)) WITHOUT ROWID;"

    "CREATE TABLE tasks ("
    "  key INTEGER PRIMARY KEY, status INTEGER NOT NULL,"
    "  type TEXT, owner TEXT, resource TEXT, queue TEXT,"
    "  created_at INTEGER NOT NULL, rest_at INTEGER, rest_seq INTEGER);"
    "CREATE INDEX tasks_status ON tasks"
    "  (status, rest_at, key, created_at, owner, resource);"
    "CREATE INDEX tasks_type ON tasks (type, status, rest_at, key, created_at)"
    "  WHERE type IS NOT NULL;"
    "CREATE INDEX tasks_queue ON tasks (queue, status, rest_at, key, created_at)"
    "  WHERE queue IS NOT NULL;"
    "CREATE INDEX tasks_owner ON tasks (owner) WHERE owner IS NOT NULL;"
    "CREATE INDEX tasks_resource ON tasks (resource) WHERE resource IS NOT NULL;"
    "CREATE INDEX tasks_created ON tasks (created_at);"
    "CREATE INDEX tasks_rest_seq ON tasks (rest_seq) WHERE rest_seq IS NOT NULL;"

    "CREATE TABLE task_rows (key INTEGER PRIMARY KEY, updated_at INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE task_docs (place INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "CREATE VIRTUAL TABLE task_text USING fts5 (id, title, content = '', detail = none,"
    "  columnsize = 0, tokenize = 'trigram');";

/* Owner and resource as the row had them, so that a filter can still be asked. Of what was deleted
 * before this step they are not known. */
static const char version_2[] =
    "CREATE TABLE deleted_tasks ("
    "  seq INTEGER PRIMARY KEY, id NOT NULL, owner TEXT, resource TEXT);"
    "INSERT INTO deleted_tasks SELECT l.seq, k.id, NULL, NULL FROM task_keys k"
    "  CROSS JOIN lanes l ON l.lane = k.key << 2 | 1" /* this way round: task_keys is by id */
    "  WHERE NOT EXISTS (SELECT 1 FROM tasks t WHERE t.key = k.key);";

/* Tasks that were asked something and have not answered, so that those whose time is over are found
 * without looking at all tasks. What was asked is in the task's row. */
static const char version_3[] =
    "CREATE TABLE open_commands (key INTEGER PRIMARY KEY, asked_at INTEGER NOT NULL);"
    "CREATE INDEX open_commands_asked ON open_commands (asked_at);";

/* All that a list asks of a task and that does not change when it moves: in order of creation tasks
 * are refused without the table. */
static const char version_4[] =
    "DROP INDEX tasks_created;"
    "CREATE INDEX tasks_created ON tasks (created_at, key, type, queue, owner, resource);";

/* The end of a task's lane in topic system, with the row that the same event writes anyway; NULL in
 * rows that were not written since: then it is in `lanes`, as it is of tasks without a row. */
static const char version_5[] = "ALTER TABLE task_rows ADD COLUMN lane_seq INTEGER;"
                                "ALTER TABLE task_rows ADD COLUMN lane_count INTEGER;";

static const char *const steps[] = {version_1, version_2, version_3, version_4, version_5};

const struct bw_schema bw_journal_schema = {steps, sizeof steps / sizeof steps[0]};

static int refuse(struct bw_fault *fault, const char *what)
{
    return bw_fault(fault, BW_EVERSION, "data", "%s", what);
}

/* Leaves the version in *version; 0 is a new file. */
static int recognise(sqlite3 *db, const struct bw_schema *schema, int *version,
                     struct bw_fault *fault)
{
    int64_t application = 0, v = 0, tables = 0;
    int err = bw_db_int(db, "PRAGMA application_id", &application);
    if (!err)
        err = bw_db_int(db, "PRAGMA user_version", &v);
    if (!err)
        err = bw_db_int(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (err)
        return bw_fault(fault, err, "data", "cannot read the journal: %s", sqlite3_errmsg(db));
    if (application != BW_APPLICATION_ID && (application || v || tables))
        return refuse(fault, "the file is a database of another program; give another path");
    if (v < 0 || v > schema->n_steps)
        return bw_fault(fault, BW_EVERSION, "data",
                        "the journal has schema version %lld and this program knows up to %d; "
                        "start the newer program that wrote it",
                        (long long)v, schema->n_steps);
    *version = (int)v;
    return 0;
}

static int take_step(sqlite3 *db, const char *sql, int version, struct bw_fault *fault)
{
    char stamp[96];
    snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             BW_APPLICATION_ID, version);
    int err = bw_db_exec(db, "BEGIN IMMEDIATE", fault);
    if (err)
        return err;
    err = bw_db_exec(db, sql, fault);
    if (!err)
        err = bw_db_exec(db, stamp, fault);
    if (!err)
        err = bw_db_exec(db, "COMMIT", fault);
    if (err && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

int bw_schema_migrate(sqlite3 *db, const struct bw_schema *schema, struct bw_fault *fault)
{
    int version;
    int err = recognise(db, schema, &version, fault);
    if (!err && version == 0) {
        char sql[96];
        snprintf(sql, sizeof sql, "PRAGMA page_size = %d; PRAGMA journal_mode = WAL;",
                 BW_PAGE_BYTES);
        err = bw_db_exec(db, sql, fault);
    }
    for (; !err && version < schema->n_steps; version++)
        err = take_step(db, schema->steps[version], version + 1, fault);
    return err;
}

int bw_schema_check(sqlite3 *db, const struct bw_schema *schema, struct bw_fault *fault)
{
    int version;
    int err = recognise(db, schema, &version, fault);
    if (!err && version < schema->n_steps)
        return refuse(fault,
                      "the journal is of an older version; start the bus once to migrate it");
    return err;
}

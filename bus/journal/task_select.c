/* The statements that find tasks: by an index, by their text, by key. */
#include "journal/task_select.h"

#include "journal/db.h"
#include "wire/scan.h"

enum { SQL_MAX = 1024 };

/* ?6 is the checks that are to be made. SQLite makes first those that the index has the column of,
 * and does not look at a column whose check is not asked for. */
#define WANTED                                                                                     \
    " AND (?6 & 1 = 0 OR wanted(1, t.key)) AND (?6 & 2 = 0 OR wanted(2, t.status))"                \
    " AND (?6 & 4 = 0 OR wanted(4, t.type)) AND (?6 & 8 = 0 OR wanted(8, t.owner))"                \
    " AND (?6 & 16 = 0 OR wanted(16, t.resource)) AND (?6 & 32 = 0 OR wanted(32, t.queue))"

/* ?1 is the value and ?2 the status. Indexes are named, because the planner knows no statistics. */
static const struct {
    const char *name, *where;
    unsigned implies; /* checks that all its tasks pass */
} indexes[BW_N_TASK_INDEXES] = {
    [BW_BY_STATUS] = {"tasks_status", "t.status = ?2", BW_CHECK_STATUS},
    [BW_BY_TYPE] = {"tasks_type", "t.type = ?1 AND t.status = ?2", BW_CHECK_TYPE | BW_CHECK_STATUS},
    [BW_BY_QUEUE] = {"tasks_queue", "t.queue = ?1 AND t.status = ?2",
                     BW_CHECK_QUEUE | BW_CHECK_STATUS},
    [BW_BY_OWNER] = {"tasks_owner", "t.owner = ?1", BW_CHECK_OWNER},
    [BW_BY_RESOURCE] = {"tasks_resource", "t.resource = ?1", BW_CHECK_RESOURCE},
};

/* Both %s are the index and its condition. */
static const char *const selects[BW_N_SELECTS] = {
    [BW_SELECT_COUNT] = "SELECT count(*) FROM"
                        " (SELECT 1 FROM tasks t INDEXED BY %s WHERE %s LIMIT ?3)",
    [BW_SELECT_UPDATED] =
        "SELECT coalesce(t.rest_at, (SELECT updated_at FROM task_rows r WHERE r.key = t.key)),"
        " t.key FROM tasks t INDEXED BY %s WHERE %s" WANTED,
    [BW_SELECT_CREATED] = "SELECT t.created_at, t.key FROM tasks t INDEXED BY %s WHERE %s" WANTED,
    [BW_SELECT_RUNNING] = "SELECT r.updated_at, t.key, r.seq FROM tasks t INDEXED BY %s"
                          " CROSS JOIN task_rows r ON r.key = t.key WHERE %s" WANTED,
    [BW_SELECT_REST] = "SELECT t.rest_at, t.key FROM tasks t INDEXED BY %s WHERE %s"
                       " AND t.rest_at <= ?3 AND (t.rest_at < ?3 OR t.key < ?4)" WANTED
                       " ORDER BY t.rest_at DESC, t.key DESC LIMIT ?5",
    [BW_SELECT_REST_ASC] = "SELECT t.rest_at, t.key FROM tasks t INDEXED BY %s WHERE %s"
                           " AND t.rest_at >= ?3 AND (t.rest_at > ?3 OR t.key > ?4)" WANTED
                           " ORDER BY t.rest_at, t.key LIMIT ?5",
};

static const char *const created[2] = {
    "SELECT t.created_at, t.key FROM tasks t INDEXED BY tasks_created"
    " WHERE t.created_at <= ?3 AND (t.created_at < ?3 OR t.key < ?4)" WANTED
    " ORDER BY t.created_at DESC, t.key DESC LIMIT ?5",
    "SELECT t.created_at, t.key FROM tasks t INDEXED BY tasks_created"
    " WHERE t.created_at >= ?3 AND (t.created_at > ?3 OR t.key > ?4)" WANTED
    " ORDER BY t.created_at, t.key LIMIT ?5",
};

/* Each seq is there once: ?4, the key, decides nothing. */
static const char rest_seq[] = "SELECT t.rest_seq, t.key FROM tasks t INDEXED BY tasks_rest_seq"
                               " WHERE t.rest_seq > ?3" WANTED " ORDER BY t.rest_seq LIMIT ?5";

/* One step down an index; the %s are its column but for the second. */
static const char next_value[] = "SELECT t.%s FROM tasks t INDEXED BY %s WHERE t.%s > ?1"
                                 " ORDER BY t.%s LIMIT 1";

#define ROW                                                                                        \
    "SELECT t.status, t.type, t.owner, t.resource, t.queue, t.created_at, r.updated_at, r.seq,"    \
    " r.body, t.key FROM "
static const char row[] = ROW "tasks t CROSS JOIN task_rows r ON r.key = t.key WHERE t.key = ?1";
/* Of many keys at once, at half of what it costs to ask for each. */
static const char rows[] = ROW "stage s CROSS JOIN tasks t ON t.key = s.c0"
                               " CROSS JOIN task_rows r ON r.key = t.key";

static const char text[] = "SELECT rowid FROM task_text WHERE task_text MATCH ?1"
                           " ORDER BY rowid LIMIT ?2";

/* wanted(check, column): SQLite's way into the filter. */
static void wanted(sqlite3_context *context, int n, sqlite3_value **values)
{
    const struct bw_task_statements *st = sqlite3_user_data(context);
    enum bw_task_check check = (enum bw_task_check)sqlite3_value_int(values[0]);
    bool passes;
    (void)n;
    if (check <= BW_CHECK_STATUS) {
        passes = bw_task_filter_number(st->filter, check, sqlite3_value_int64(values[1]));
    } else {
        const void *name = sqlite3_value_blob(values[1]);
        size_t len = (size_t)sqlite3_value_bytes(values[1]);
        passes = bw_task_filter_name(st->filter, check, (struct bw_str){name, len});
    }
    sqlite3_result_int(context, passes);
}

int bw_task_statements_open(struct bw_task_statements *st, sqlite3 *db)
{
    *st = (struct bw_task_statements){.db = db};
    int err =
        bw_db_err(db, sqlite3_create_function_v2(db, "wanted", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                                 st, wanted, NULL, NULL, NULL));
    return err ? err : bw_stage_create(&st->stage, db);
}

void bw_task_statements_close(struct bw_task_statements *st)
{
    for (int i = 0; i < BW_N_SELECTS; i++)
        for (int j = 0; j < BW_N_TASK_INDEXES; j++)
            sqlite3_finalize(st->by_index[i][j]);
    for (int i = 0; i < BW_N_TASK_INDEXES; i++)
        sqlite3_finalize(st->next_value[i]);
    sqlite3_finalize(st->created[0]);
    sqlite3_finalize(st->created[1]);
    sqlite3_finalize(st->rest_seq);
    sqlite3_finalize(st->text);
    sqlite3_finalize(st->row);
    sqlite3_finalize(st->rows);
    bw_stage_destroy(&st->stage, st->db);
    *st = (struct bw_task_statements){0};
}

static int prepared(struct bw_task_statements *st, sqlite3_stmt **at, const char *sql)
{
    if (*at) {
        sqlite3_reset(*at);
        return 0;
    }
    return bw_db_prepare(st->db, at, sql);
}

/* The same, told which checks to make beyond those that it implies. */
static int filtering(struct bw_task_statements *st, sqlite3_stmt **at, const char *sql,
                     unsigned implied)
{
    int err = prepared(st, at, sql);
    if (!err)
        bw_db_bind_int(*at, 6, st->filter ? st->filter->checks & ~implied : 0);
    return err;
}

int bw_task_select(struct bw_task_statements *st, enum bw_task_select select,
                   const struct bw_task_slice *slice, sqlite3_stmt **out)
{
    sqlite3_stmt **at = &st->by_index[select][slice->index];
    char sql[SQL_MAX];
    if (!*at) /* the format is one of ours */
        sqlite3_snprintf(SQL_MAX, sql, selects[select], indexes[slice->index].name,
                         indexes[slice->index].where);
    int err = select == BW_SELECT_COUNT ? prepared(st, at, sql)
                                        : filtering(st, at, sql, indexes[slice->index].implies);
    if (err)
        return err;
    bw_db_bind_text(*at, 1, slice->value);
    bw_db_bind_int(*at, 2, slice->status);
    *out = *at;
    return 0;
}

int bw_task_count(struct bw_task_statements *st, const struct bw_task_slice *slice, int64_t limit,
                  int64_t *out)
{
    sqlite3_stmt *count;
    int err = bw_task_select(st, BW_SELECT_COUNT, slice, &count);
    if (err)
        return err;
    bw_db_bind_int(count, 3, limit);
    err = bw_db_row(count);
    if (err == 1)
        *out = sqlite3_column_int64(count, 0);
    sqlite3_reset(count);
    return err == 1 ? 0 : err == 0 ? BW_EIO : err;
}

int bw_task_next_value(struct bw_task_statements *st, enum bw_task_index index, struct bw_str after,
                       struct bw_str *out)
{
    static const char *const columns[BW_N_TASK_INDEXES] = {
        [BW_BY_TYPE] = "type",
        [BW_BY_QUEUE] = "queue",
        [BW_BY_OWNER] = "owner",
        [BW_BY_RESOURCE] = "resource",
    };
    const char *column = columns[index];
    char sql[SQL_MAX];
    sqlite3_snprintf(SQL_MAX, sql, next_value, column, indexes[index].name, column, column);
    int err = prepared(st, &st->next_value[index], sql);
    if (err)
        return err;
    bw_db_bind_text(st->next_value[index], 1, after);
    err = bw_db_row(st->next_value[index]);
    if (err == 1)
        *out = bw_db_str(st->next_value[index], 0);
    return err;
}

int bw_task_select_created(struct bw_task_statements *st, bool ascending, sqlite3_stmt **out)
{
    int err = filtering(st, &st->created[ascending], created[ascending], 0);
    *out = st->created[ascending];
    return err;
}

int bw_task_select_rest_seq(struct bw_task_statements *st, sqlite3_stmt **out)
{
    int err = filtering(st, &st->rest_seq, rest_seq, 0);
    *out = st->rest_seq;
    return err;
}

int bw_task_select_text(struct bw_task_statements *st, struct bw_str match, int64_t limit,
                        sqlite3_stmt **out)
{
    int err = prepared(st, &st->text, text);
    if (err)
        return err;
    bw_db_bind_text(st->text, 1, match);
    bw_db_bind_int(st->text, 2, limit);
    *out = st->text;
    return 0;
}

void bw_task_columns_read(sqlite3_stmt *st, struct bw_task_columns *out)
{
    *out = (struct bw_task_columns){
        .status = sqlite3_column_int(st, 0),
        .type = bw_db_str(st, 1),
        .owner = bw_db_str(st, 2),
        .resource = bw_db_str(st, 3),
        .queue = bw_db_str(st, 4),
    };
}

/* Whether the text asked for is in a row's id or title; read in place, since most have it not. */
static int passes_text(struct bw_task_filter *filter, struct bw_str body)
{
    struct bw_scan scan = bw_scan_begin(body);
    struct bw_str id = {0}, title = {0};
    struct bw_scan_value value;
    if (filter->q->q.len == 0)
        return 1;
    for (uint32_t pairs = bw_scan_map(&scan); pairs > 0 && !(id.len && title.len); pairs--) {
        struct bw_str key = bw_scan_str(&scan);
        struct bw_str bytes = bw_scan_skip(&scan, BW_RPC_DEPTH_MAX);
        struct bw_scan inside = bw_scan_begin(bytes);
        bool is_id = bw_str_is(key, "id");
        if ((is_id || bw_str_is(key, "title")) && bw_scan_value(&inside, &value) &&
            value.type == BW_SCAN_STR)
            *(is_id ? &id : &title) = value.s;
    }
    return scan.failed ? BW_EIO : bw_task_filter_text(filter, id, title);
}

/* 1: the task at which the statement stands passes. */
static int take_row(struct bw_task_statements *st, sqlite3_stmt *at, struct bw_task_row *out)
{
    bw_task_columns_read(at, &out->columns);
    out->created_at = sqlite3_column_int64(at, 5);
    out->updated_at = sqlite3_column_int64(at, 6);
    out->seq = (uint64_t)sqlite3_column_int64(at, 7);
    out->body = bw_db_str(at, 8);
    out->key = sqlite3_column_int64(at, 9);
    if (!bw_task_filter_columns(st->filter, &out->columns))
        return 0;
    return passes_text(st->filter, out->body);
}

int bw_task_row_read(struct bw_task_statements *st, int64_t key, struct bw_task_row *out)
{
    int err = prepared(st, &st->row, row);
    if (err)
        return err;
    bw_db_bind_int(st->row, 1, key);
    err = bw_db_row(st->row);
    return err == 1 ? take_row(st, st->row, out) : err;
}

int bw_task_rows_each(struct bw_task_statements *st, const int64_t *keys, size_t n,
                      int (*visit)(void *ctx, const struct bw_task_row *row), void *ctx)
{
    struct bw_task_row one;
    int err = prepared(st, &st->rows, rows);
    bw_stage_begin(st->stage, 1);
    for (size_t i = 0; i < n; i++)
        bw_stage_int(st->stage, keys[i]);
    if (!err)
        err = bw_stage_check(st->stage);
    while (!err && (err = bw_db_row(st->rows)) == 1) {
        err = take_row(st, st->rows, &one);
        if (err == 1)
            err = visit(ctx, &one);
    }
    sqlite3_reset(st->rows);
    return err;
}

/* The statements that find tasks: by an index, by their text, by key. */
#include "journal/task_select.h"

#include <stdio.h>

#include "journal/db.h"
#include "wire/mp.h"

enum { SQL_MAX = 512 };

/* ?1 is the value and ?2 the status. Indexes are named, because the planner knows no statistics. */
static const struct {
    const char *name, *where;
} indexes[BW_N_TASK_INDEXES] = {
    [BW_BY_STATUS] = {"tasks_status", "t.status = ?2 AND (?6 IS NULL OR t.owner = ?6)"
                                      " AND (?7 IS NULL OR t.resource = ?7)"},
    [BW_BY_TYPE] = {"tasks_type", "t.type = ?1 AND t.status = ?2"},
    [BW_BY_QUEUE] = {"tasks_queue", "t.queue = ?1 AND t.status = ?2"},
    [BW_BY_OWNER] = {"tasks_owner", "t.owner = ?1"},
    [BW_BY_RESOURCE] = {"tasks_resource", "t.resource = ?1"},
};

/* Both %s are the index and its condition. */
static const char *const selects[BW_N_SELECTS] = {
    [BW_SELECT_COUNT] = "SELECT count(*) FROM"
                        " (SELECT 1 FROM tasks t INDEXED BY %s WHERE %s LIMIT ?3)",
    [BW_SELECT_ALL] =
        "SELECT t.status, t.type, t.owner, t.resource, t.queue, t.key, t.created_at,"
        " coalesce(t.rest_at, (SELECT updated_at FROM task_rows r WHERE r.key = t.key))"
        " FROM tasks t INDEXED BY %s WHERE %s",
    [BW_SELECT_CREATED] = "SELECT t.created_at, t.key FROM tasks t INDEXED BY %s WHERE %s",
    [BW_SELECT_RUNNING] = "SELECT r.updated_at, t.key, r.seq FROM tasks t INDEXED BY %s"
                          " CROSS JOIN task_rows r ON r.key = t.key WHERE %s",
    [BW_SELECT_REST] = "SELECT t.rest_at, t.key FROM tasks t INDEXED BY %s WHERE %s"
                       " AND t.rest_at <= ?3 AND (t.rest_at < ?3 OR t.key < ?4)"
                       " ORDER BY t.rest_at DESC, t.key DESC LIMIT ?5",
    [BW_SELECT_REST_ASC] = "SELECT t.rest_at, t.key FROM tasks t INDEXED BY %s WHERE %s"
                           " AND t.rest_at >= ?3 AND (t.rest_at > ?3 OR t.key > ?4)"
                           " ORDER BY t.rest_at, t.key LIMIT ?5",
};

static const char *const created[2] = {
    "SELECT created_at, key FROM tasks INDEXED BY tasks_created"
    " WHERE created_at <= ?3 AND (created_at < ?3 OR key < ?4)"
    " ORDER BY created_at DESC, key DESC LIMIT ?5",
    "SELECT created_at, key FROM tasks INDEXED BY tasks_created"
    " WHERE created_at >= ?3 AND (created_at > ?3 OR key > ?4)"
    " ORDER BY created_at, key LIMIT ?5",
};

/* Each seq is there once: ?4, the key, decides nothing. */
static const char rest_seq[] = "SELECT rest_seq, key FROM tasks INDEXED BY tasks_rest_seq"
                               " WHERE rest_seq > ?3 ORDER BY rest_seq LIMIT ?5";

static const char row[] = "SELECT t.status, t.type, t.owner, t.resource, t.queue, t.created_at,"
                          " r.updated_at, r.seq, r.body"
                          " FROM tasks t CROSS JOIN task_rows r ON r.key = t.key WHERE t.key = ?1";

static const char text[] = "SELECT rowid FROM task_text WHERE task_text MATCH ?1 LIMIT ?2";

void bw_task_statements_open(struct bw_task_statements *st, sqlite3 *db)
{
    *st = (struct bw_task_statements){.db = db};
}

void bw_task_statements_close(struct bw_task_statements *st)
{
    for (int i = 0; i < BW_N_SELECTS; i++)
        for (int j = 0; j < BW_N_TASK_INDEXES; j++)
            sqlite3_finalize(st->by_index[i][j]);
    sqlite3_finalize(st->created[0]);
    sqlite3_finalize(st->created[1]);
    sqlite3_finalize(st->rest_seq);
    sqlite3_finalize(st->text);
    sqlite3_finalize(st->row);
    *st = (struct bw_task_statements){0};
}

static int ready(struct bw_task_statements *st, sqlite3_stmt **at, const char *sql)
{
    if (*at) {
        sqlite3_reset(*at);
        return 0;
    }
    return bw_db_prepare(st->db, at, sql);
}

static void bind_name(sqlite3_stmt *st, int at, struct bw_str name)
{
    if (name.len > 0)
        bw_db_bind_text(st, at, name);
    else
        (void)sqlite3_bind_null(st, at);
}

int bw_task_select(struct bw_task_statements *st, enum bw_task_select select,
                   const struct bw_task_slice *slice, sqlite3_stmt **out)
{
    sqlite3_stmt **at = &st->by_index[select][slice->index];
    char sql[SQL_MAX];
    if (!*at) /* the format is one of ours */
        sqlite3_snprintf(SQL_MAX, sql, selects[select], indexes[slice->index].name,
                         indexes[slice->index].where);
    int err = ready(st, at, sql);
    if (err)
        return err;
    bw_db_bind_text(*at, 1, slice->value);
    bw_db_bind_int(*at, 2, slice->status);
    bind_name(*at, 6, slice->owner);
    bind_name(*at, 7, slice->resource);
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

int bw_task_select_created(struct bw_task_statements *st, bool ascending, sqlite3_stmt **out)
{
    int err = ready(st, &st->created[ascending], created[ascending]);
    *out = st->created[ascending];
    return err;
}

int bw_task_select_rest_seq(struct bw_task_statements *st, sqlite3_stmt **out)
{
    int err = ready(st, &st->rest_seq, rest_seq);
    *out = st->rest_seq;
    return err;
}

int bw_task_select_text(struct bw_task_statements *st, struct bw_str match, int64_t limit,
                        sqlite3_stmt **out)
{
    int err = ready(st, &st->text, text);
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

static struct bw_str text_of(const msgpack_object *map, const char *key)
{
    const msgpack_object *o = bw_mp_get(map, key);
    return o && o->type == MSGPACK_OBJECT_STR ? bw_mp_as_str(o) : (struct bw_str){0};
}

static int passes_text(struct bw_task_filter *filter, struct bw_str body, msgpack_zone *zone)
{
    msgpack_object map;
    if (filter->q->q.len == 0)
        return 1;
    msgpack_zone_clear(zone);
    if (bw_mp_unpack(body, BW_RPC_DEPTH_MAX, zone, &map, NULL) != 0)
        return BW_EIO;
    return bw_task_filter_text(filter, text_of(&map, "id"), text_of(&map, "title"));
}

int bw_task_row_read(struct bw_task_statements *st, int64_t key, struct bw_task_filter *filter,
                     msgpack_zone *zone, struct bw_task_row *out)
{
    int err = ready(st, &st->row, row);
    if (err)
        return err;
    bw_db_bind_int(st->row, 1, key);
    err = bw_db_row(st->row);
    if (err != 1)
        return err;
    bw_task_columns_read(st->row, &out->columns);
    out->created_at = sqlite3_column_int64(st->row, 5);
    out->updated_at = sqlite3_column_int64(st->row, 6);
    out->seq = (uint64_t)sqlite3_column_int64(st->row, 7);
    out->body = bw_db_str(st->row, 8);
    if (!bw_task_filter_columns(filter, &out->columns))
        return 0;
    return passes_text(filter, out->body, zone);
}

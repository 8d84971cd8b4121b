/* Rows on their way into a table, handed to SQLite as an eponymous virtual table. */
#include "journal/stage.h"

#include <stdbool.h>
#include <stdlib.h>

#include "journal/db.h"

enum cell_kind { CELL_NULL, CELL_INT, CELL_TEXT, CELL_BLOB };

struct cell {
    enum cell_kind kind;
    int len;
    union {
        int64_t i;
        const char *p;
    } v;
};

struct bw_stage {
    struct cell *cells;
    size_t n, cap;
    size_t columns;
    bool failed;
};

struct stage_table {
    sqlite3_vtab base;
    struct bw_stage *stage;
};

struct stage_cursor {
    sqlite3_vtab_cursor base;
    const struct bw_stage *stage;
    size_t at; /* index of the row's first cell */
};

static int table_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **error)
{
    (void)argc, (void)argv, (void)error;
    struct stage_table *t = calloc(1, sizeof *t);
    if (!t)
        return SQLITE_NOMEM;
    t->stage = aux;
    *out = &t->base;
    return sqlite3_declare_vtab(db, "CREATE TABLE x(c0, c1, c2, c3, c4, c5, c6, c7, c8)");
}

static int table_disconnect(sqlite3_vtab *t)
{
    free(t);
    return SQLITE_OK;
}

/* Always a full scan: said to be cheap, so that a join makes it the outer loop. */
static int table_plan(sqlite3_vtab *t, sqlite3_index_info *plan)
{
    (void)t;
    plan->estimatedCost = 1;
    plan->estimatedRows = 1;
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
    struct stage_cursor *c = calloc(1, sizeof *c);
    if (!c)
        return SQLITE_NOMEM;
    c->stage = ((struct stage_table *)t)->stage;
    *out = &c->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *c)
{
    free(c);
    return SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *c, int plan, const char *text, int argc,
                         sqlite3_value **argv)
{
    (void)plan, (void)text, (void)argc, (void)argv;
    ((struct stage_cursor *)c)->at = 0;
    return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    struct stage_cursor *c = (struct stage_cursor *)base;
    c->at += c->stage->columns;
    return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
    const struct stage_cursor *c = (struct stage_cursor *)base;
    return c->at >= c->stage->n;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
    const struct stage_cursor *c = (struct stage_cursor *)base;
    const struct cell *cell = &c->stage->cells[c->at + (size_t)column];
    switch (cell->kind) {
    case CELL_INT:
        sqlite3_result_int64(out, cell->v.i);
        break;
    case CELL_TEXT:
        sqlite3_result_text(out, cell->v.p, cell->len, SQLITE_STATIC);
        break;
    case CELL_BLOB:
        sqlite3_result_blob(out, cell->v.p, cell->len, SQLITE_STATIC);
        break;
    case CELL_NULL:
        break;
    }
    return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *c, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)((struct stage_cursor *)c)->at;
    return SQLITE_OK;
}

/* Without xCreate it exists in every schema by its own name and needs no CREATE. */
static const sqlite3_module module = {
    .xConnect = table_connect,
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

int bw_stage_create(struct bw_stage **out, sqlite3 *db)
{
    struct bw_stage *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return BW_ENOMEM;
    int err = bw_db_err(db, sqlite3_create_module(db, "stage", &module, s));
    if (err)
        free(s);
    else
        *out = s;
    return err;
}

void bw_stage_destroy(struct bw_stage **stage, sqlite3 *db)
{
    if (!*stage)
        return;
    sqlite3_create_module(db, "stage", NULL, NULL);
    free((*stage)->cells);
    free(*stage);
    *stage = NULL;
}

void bw_stage_begin(struct bw_stage *s, int columns)
{
    s->n = 0;
    s->columns = (size_t)columns;
    s->failed = false;
}

static struct cell *next_cell(struct bw_stage *s)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 1024;
        struct cell *cells = realloc(s->cells, cap * sizeof *cells);
        if (!cells) {
            s->failed = true;
            return NULL;
        }
        s->cells = cells;
        s->cap = cap;
    }
    return &s->cells[s->n++];
}

static void put_bytes(struct bw_stage *s, enum cell_kind kind, struct bw_str bytes)
{
    struct cell *c = next_cell(s);
    if (c)
        *c = (struct cell){kind, (int)bytes.len, {.p = bytes.ptr ? bytes.ptr : ""}};
}

void bw_stage_int(struct bw_stage *s, int64_t v)
{
    struct cell *c = next_cell(s);
    if (c)
        *c = (struct cell){CELL_INT, 0, {.i = v}};
}

void bw_stage_null(struct bw_stage *s)
{
    struct cell *c = next_cell(s);
    if (c)
        *c = (struct cell){CELL_NULL, 0, {0}};
}

void bw_stage_text(struct bw_stage *s, struct bw_str text)
{
    put_bytes(s, CELL_TEXT, text);
}

void bw_stage_name(struct bw_stage *s, struct bw_str text)
{
    if (text.len > 0)
        put_bytes(s, CELL_TEXT, text);
    else
        bw_stage_null(s);
}

void bw_stage_blob(struct bw_stage *s, struct bw_str bytes)
{
    put_bytes(s, CELL_BLOB, bytes);
}

void bw_stage_id(struct bw_stage *s, const struct bw_id *id)
{
    put_bytes(s, id->is_uuid ? CELL_BLOB : CELL_TEXT, bw_id_stored(id));
}

size_t bw_stage_rows(const struct bw_stage *s)
{
    return s->n / s->columns;
}

int bw_stage_check(const struct bw_stage *s)
{
    return s->failed ? BW_ENOMEM : 0;
}

int bw_stage_run(struct bw_stage *s, sqlite3_stmt *st)
{
    if (s->failed)
        return BW_ENOMEM;
    return s->n ? bw_db_run(st) : 0;
}

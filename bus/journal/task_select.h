/* The statements that find tasks: by an index, by their text, by key.
 *
 * DESIGN. What a filter asks of columns is asked inside of SQLite, by a function of ours that
 * stands in the statements: a row that is not wanted costs a tenth of a row that is handed out, and
 * the table is looked at only when the index does not have the column. The text is looked at last,
 * in the few rows that are left. */
#ifndef BW_JOURNAL_TASK_SELECT_H
#define BW_JOURNAL_TASK_SELECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "base/err.h"
#include "base/str.h"
#include "journal/stage.h"
#include "journal/task_filter.h"

/* The indexes by which tasks are found. The first three also order what is at rest by updated_at,
 * within one value and one status; the others give all tasks of a value, in no useful order. */
enum bw_task_index { BW_BY_STATUS, BW_BY_TYPE, BW_BY_QUEUE, BW_BY_OWNER, BW_BY_RESOURCE };
enum { BW_N_TASK_INDEXES = BW_BY_RESOURCE + 1 };

static inline bool bw_task_index_orders(enum bw_task_index index)
{
    return index <= BW_BY_QUEUE;
}

/* A part of the task table that an index holds together. */
struct bw_task_slice {
    enum bw_task_index index;
    struct bw_str value; /* nothing for BY_STATUS */
    int status;          /* counts only for indexes that order */
};

enum bw_task_select {
    BW_SELECT_COUNT,    /* how many, up to a limit, wanted or not */
    BW_SELECT_UPDATED,  /* all: updated_at, key */
    BW_SELECT_CREATED,  /* all: created_at, key */
    BW_SELECT_RUNNING,  /* all that run: updated_at, key, seq */
    BW_SELECT_REST,     /* a range in order of rest_at, latest first: rest_at, key */
    BW_SELECT_REST_ASC, /* earliest first */
    BW_N_SELECTS
};

/* A reader's statements for this; each is prepared when first needed. Those that give keys give
 * only what passes the filter's columns, if there is a filter. */
struct bw_task_statements {
    sqlite3 *db;
    struct bw_task_filter *filter; /* of the question being answered; borrowed */
    sqlite3_stmt *by_index[BW_N_SELECTS][BW_N_TASK_INDEXES];
    sqlite3_stmt *next_value[BW_N_TASK_INDEXES]; /* but BY_STATUS */
    sqlite3_stmt *created[2]; /* ranges of all tasks: latest first, earliest first */
    sqlite3_stmt *rest_seq;   /* ranges of tasks at rest by seq */
    sqlite3_stmt *text;       /* candidates of the text index */
    sqlite3_stmt *row;        /* everything of one task */
    sqlite3_stmt *rows;       /* and of those whose keys are staged */
    struct bw_stage *stage;
};

/* *st must stay where it is. */
int bw_task_statements_open(struct bw_task_statements *st, sqlite3 *db) BW_MUST_CHECK;
void bw_task_statements_close(struct bw_task_statements *st);

/* How many tasks a slice has, at most `limit`. */
int bw_task_count(struct bw_task_statements *st, const struct bw_task_slice *slice, int64_t limit,
                  int64_t *out) BW_MUST_CHECK;
/* The first value after `after` that any task has in an index other than BY_STATUS: 1; 0: there is
 * none; negative. Steps over a value's tasks, not through them. *out is valid until the next call;
 * `after` must lie elsewhere. */
int bw_task_next_value(struct bw_task_statements *st, enum bw_task_index index, struct bw_str after,
                       struct bw_str *out) BW_MUST_CHECK;
/* A statement over a slice, bound and ready to be stepped; the slice must live until then. For the
 * ranges ?3, ?4 and ?5 are the place to begin behind (value and key) and the most rows, and are
 * still to be bound. Of the selects, those from CREATED on are for indexes that order. */
int bw_task_select(struct bw_task_statements *st, enum bw_task_select select,
                   const struct bw_task_slice *slice, sqlite3_stmt **out) BW_MUST_CHECK;

/* The same over all tasks at once, by created_at or (earliest first only) by seq at rest. */
int bw_task_select_created(struct bw_task_statements *st, bool ascending,
                           sqlite3_stmt **out) BW_MUST_CHECK;
int bw_task_select_rest_seq(struct bw_task_statements *st, sqlite3_stmt **out) BW_MUST_CHECK;
/* The keys of at most `limit` tasks that the text index has for an expression, ascending; all of
 * them, wanted or not. */
int bw_task_select_text(struct bw_task_statements *st, struct bw_str match, int64_t limit,
                        sqlite3_stmt **out) BW_MUST_CHECK;

/* One task, if it passes. Strings are valid until the next call. */
struct bw_task_row {
    int64_t key;
    struct bw_task_columns columns;
    int64_t created_at, updated_at;
    uint64_t seq;
    struct bw_str body;
};

/* From the first five columns of a statement: status, type, owner, resource, queue. */
void bw_task_columns_read(sqlite3_stmt *st, struct bw_task_columns *out);
/* 1: it passes the filter; 0: it does not, or there is none; negative. */
int bw_task_row_read(struct bw_task_statements *st, int64_t key,
                     struct bw_task_row *out) BW_MUST_CHECK;
/* Those of the tasks with these keys that pass, in the keys' order; a negative result of visit ends
 * it and is returned. */
int bw_task_rows_each(struct bw_task_statements *st, const int64_t *keys, size_t n,
                      int (*visit)(void *ctx, const struct bw_task_row *row),
                      void *ctx) BW_MUST_CHECK;

#endif

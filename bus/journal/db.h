/* SQLite in the journal's own words: connections set up alike, statements, errors translated. Only
 * db.c knows SQLite's error numbers. */
#ifndef BW_JOURNAL_DB_H
#define BW_JOURNAL_DB_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "base/err.h"
#include "base/str.h"

enum bw_db_mode {
    BW_DB_WRITER,     /* creates the file if it is missing */
    BW_DB_CHECKPOINT, /* may write, makes nothing */
    BW_DB_READER,
};

/* Opens and sets the pragmas every connection needs. The connection belongs to one thread. */
int bw_db_open(sqlite3 **out, const char *path, enum bw_db_mode mode,
               struct bw_fault *fault) BW_MUST_CHECK;
/* Every statement must be finalized. Sets *db to NULL. */
void bw_db_close(sqlite3 **db);

/* A result code as a BW_E…; 0 for OK, ROW and DONE. */
int bw_db_err(sqlite3 *db, int rc);
/* The same, told in *fault: `doing` says what failed, for people. */
int bw_db_fault(sqlite3 *db, int rc, struct bw_fault *fault, const char *doing);

/* Runs statements that give no rows. */
int bw_db_exec(sqlite3 *db, const char *sql, struct bw_fault *fault) BW_MUST_CHECK;
/* Ends the transaction, if one is open: SQLite may have done so by itself. `rollback` is prepared,
 * as there may be no memory left to do it then. */
int bw_db_rollback(sqlite3_stmt *rollback);
/* One integer from a query that gives one row; BW_ENOTFOUND if it gives none. */
int bw_db_int(sqlite3 *db, const char *sql, int64_t *out) BW_MUST_CHECK;
/* For a statement that is kept and run often. */
int bw_db_prepare(sqlite3 *db, sqlite3_stmt **out, const char *sql) BW_MUST_CHECK;

/* Runs a prepared statement that gives no rows, and resets it. */
int bw_db_run(sqlite3_stmt *st) BW_MUST_CHECK;
/* The next row: 1 there is one, 0 no more (the statement is reset), negative on error (reset too).
 * Who stops before 0 calls sqlite3_reset. */
int bw_db_row(sqlite3_stmt *st) BW_MUST_CHECK;

/* The text or blob of a column; valid until the statement moves. */
struct bw_str bw_db_str(sqlite3_stmt *st, int column);
/* Binding never fails with these: the positions are ours, and the bytes stay the caller's until the
 * statement is reset. */
void bw_db_bind_int(sqlite3_stmt *st, int at, int64_t v);
void bw_db_bind_text(sqlite3_stmt *st, int at, struct bw_str s);
void bw_db_bind_blob(sqlite3_stmt *st, int at, struct bw_str s);

#endif

/* Rows on their way into a table: filled cell by cell, then handed to SQLite as the virtual table
 * `stage`, so that one run of `INSERT … SELECT c0, c1 FROM stage` writes a whole batch. Half the
 * cost of running a statement for each row (docs/decisions/0101). */
#ifndef BW_JOURNAL_STAGE_H
#define BW_JOURNAL_STAGE_H

#include <stdint.h>
#include <sqlite3.h>

#include "base/err.h"
#include "base/str.h"
#include "journal/ids.h"

enum { BW_STAGE_COLUMNS = 9 }; /* c0 to c8 */

struct bw_stage;

/* Makes the table `stage` known to the connection. */
int bw_stage_create(struct bw_stage **out, sqlite3 *db) BW_MUST_CHECK;
/* The connection knows it no more; statements that read it are finalized by then. */
void bw_stage_destroy(struct bw_stage **stage, sqlite3 *db);

/* Empties it and says how many columns each row has. */
void bw_stage_begin(struct bw_stage *s, int columns);
/* The next cell of the row; a row begins when the one before is complete. Bytes stay the caller's
 * until the run. Failure to grow is told by the run. */
void bw_stage_int(struct bw_stage *s, int64_t v);
void bw_stage_null(struct bw_stage *s);
void bw_stage_text(struct bw_stage *s, struct bw_str text);
/* NULL if it is empty. */
void bw_stage_name(struct bw_stage *s, struct bw_str text);
void bw_stage_blob(struct bw_stage *s, struct bw_str bytes);
void bw_stage_id(struct bw_stage *s, const struct bw_id *id);

size_t bw_stage_rows(const struct bw_stage *s);
/* Runs a statement that reads `stage` and gives no rows; does nothing if nothing is staged. */
int bw_stage_run(struct bw_stage *s, sqlite3_stmt *st) BW_MUST_CHECK;
/* BW_ENOMEM if a cell could not be kept: for who runs the statement on their own. */
int bw_stage_check(const struct bw_stage *s) BW_MUST_CHECK;

#endif

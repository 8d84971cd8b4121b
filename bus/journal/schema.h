/* The journal's tables, by version. What each is for: docs/schema.md. */
#ifndef BW_JOURNAL_SCHEMA_H
#define BW_JOURNAL_SCHEMA_H

#include <sqlite3.h>

#include "base/err.h"

/* Steps from one version to the next. steps[i] leads to version i + 1. */
struct bw_schema {
    const char *const *steps;
    int n_steps;
};

extern const struct bw_schema bw_journal_schema;

enum {
    BW_PAGE_BYTES = 8192,           /* measured: docs/decisions/0102 */
    BW_APPLICATION_ID = 0x42576a31, /* "BWj1": what `file` and others know the file by */
};

/* Brings the file to the schema's version, each step in a transaction of its own. A new file also
 * gets its page size and WAL mode. BW_EVERSION: the file is of a newer version, or of another
 * program; it is not touched. */
int bw_schema_migrate(sqlite3 *db, const struct bw_schema *schema,
                      struct bw_fault *fault) BW_MUST_CHECK;
/* BW_EVERSION unless the file is exactly of the schema's version: for those who only read. */
int bw_schema_check(sqlite3 *db, const struct bw_schema *schema,
                    struct bw_fault *fault) BW_MUST_CHECK;

#endif

/* SQLite in the journal's own words: connections, statements, errors translated. */
#include "journal/db.h"

#include <errno.h>
#include <stdio.h>

#include "journal/wal_file.h"

enum {
    BUSY_MS = 2000,               /* waits are short: one writer, and readers do not lock it */
    WRITER_CACHE_KIB = 64 * 1024, /* the upper levels of the trees, and what running tasks touch */
    READER_CACHE_KIB = 32 * 1024, /* for what lies beyond the map; ends with every commit */
};

/* Readers map the file (2 GiB of it, SQLite's most) instead of copying pages out of it; only what
 * is touched becomes memory. */
static const char reader_pragmas[] = "PRAGMA mmap_size = 2147418112;"
                                     "PRAGMA query_only = ON;";

/* secure_delete (on by default in Debian) would write every freed page once more. Checkpoints are
 * ours (checkpoint.c); a WAL that had to grow for a while is cut back to the size it has normally.
 */
static const char writer_pragmas[] = "PRAGMA synchronous = FULL;"
                                     "PRAGMA temp_store = MEMORY;"
                                     "PRAGMA secure_delete = OFF;"
                                     "PRAGMA wal_autocheckpoint = 0;"
                                     "PRAGMA journal_size_limit = 100663296;";

int bw_db_open(sqlite3 **out, const char *path, enum bw_db_mode mode, struct bw_fault *fault)
{
    static const int flags[] = {
        [BW_DB_WRITER] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
        [BW_DB_CHECKPOINT] = SQLITE_OPEN_READWRITE,
        [BW_DB_READER] = SQLITE_OPEN_READONLY,
    };
    sqlite3 *db = NULL;
    *out = NULL;
    int err = bw_wal_vfs_register();
    if (err)
        return bw_fault(fault, err, "", "cannot set up SQLite's files");
    int rc = sqlite3_open_v2(path, &db, flags[mode] | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                             mode == BW_DB_WRITER ? BW_WAL_VFS : NULL);
    if (rc != SQLITE_OK) {
        err = bw_db_fault(db, rc, fault, "opening the journal");
        sqlite3_close(db);
        return err;
    }
    sqlite3_busy_timeout(db, BUSY_MS);
    char cache[64];
    snprintf(cache, sizeof cache, "PRAGMA cache_size = -%d",
             mode == BW_DB_WRITER ? WRITER_CACHE_KIB : READER_CACHE_KIB);
    err = bw_db_exec(db, cache, fault);
    if (!err)
        err = bw_db_exec(db, mode == BW_DB_READER ? reader_pragmas : writer_pragmas, fault);
    if (err)
        sqlite3_close(db);
    else
        *out = db;
    return err;
}

void bw_db_close(sqlite3 **db)
{
    sqlite3_close(*db);
    *db = NULL;
}

int bw_db_err(sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_FULL:
        return BW_ENOSPC;
    case SQLITE_NOMEM:
        return BW_ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return BW_EBUSY;
    case SQLITE_INTERRUPT:
        return BW_ETIMEDOUT;
    case SQLITE_TOOBIG:
        return BW_ETOOBIG;
    case SQLITE_IOERR: {
        if (rc == SQLITE_IOERR_NOMEM)
            return BW_ENOMEM;
        int why = db ? sqlite3_system_errno(db) : 0;
        return why == ENOSPC || why == EDQUOT ? BW_ENOSPC : BW_EIO;
    }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return BW_EIO;
    default:
        return BW_EINTERNAL;
    }
}

int bw_db_fault(sqlite3 *db, int rc, struct bw_fault *fault, const char *doing)
{
    int err = bw_db_err(db, rc);
    if (err == 0)
        return 0;
    if (err == BW_ETIMEDOUT)
        return bw_fault(fault, err, "", "%s took too long; ask for less, or filter more", doing);
    return bw_fault(fault, err, "", "%s failed: %s", doing, db ? sqlite3_errmsg(db) : "no memory");
}

int bw_db_exec(sqlite3 *db, const char *sql, struct bw_fault *fault)
{
    return bw_db_fault(db, sqlite3_exec(db, sql, NULL, NULL, NULL), fault,
                       "the journal's database");
}

int bw_db_rollback(sqlite3_stmt *rollback)
{
    return sqlite3_get_autocommit(sqlite3_db_handle(rollback)) ? 0 : bw_db_run(rollback);
}

int bw_db_int(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    int err = rc == SQLITE_OK ? bw_db_row(st) : bw_db_err(db, rc);
    if (err == 1)
        *out = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return err == 1 ? 0 : err == 0 ? BW_ENOTFOUND : err;
}

int bw_db_prepare(sqlite3 *db, sqlite3_stmt **out, const char *sql)
{
    return bw_db_err(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL));
}

int bw_db_run(sqlite3_stmt *st)
{
    int more = bw_db_row(st);
    if (more > 0)
        sqlite3_reset(st);
    return more < 0 ? more : 0;
}

int bw_db_row(sqlite3_stmt *st)
{
    int rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
        return 1;
    int err = bw_db_err(sqlite3_db_handle(st), rc);
    sqlite3_reset(st);
    return err;
}

struct bw_str bw_db_str(sqlite3_stmt *st, int column)
{
    const void *p = sqlite3_column_blob(st, column);
    return (struct bw_str){p, (size_t)sqlite3_column_bytes(st, column)};
}

void bw_db_bind_int(sqlite3_stmt *st, int at, int64_t v)
{
    (void)sqlite3_bind_int64(st, at, v);
}

void bw_db_bind_text(sqlite3_stmt *st, int at, struct bw_str s)
{
    (void)sqlite3_bind_text(st, at, s.ptr ? s.ptr : "", (int)s.len, SQLITE_STATIC);
}

void bw_db_bind_blob(sqlite3_stmt *st, int at, struct bw_str s)
{
    (void)sqlite3_bind_blob(st, at, s.ptr ? s.ptr : "", (int)s.len, SQLITE_STATIC);
}

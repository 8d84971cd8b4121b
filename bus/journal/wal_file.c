/* A VFS that writes the WAL in large pieces.
 *
 * DESIGN. What SQLite writes one after the other is one piece, until it syncs or writes elsewhere.
 * A commit is told to anybody only after its sync, so a piece that was not synced belongs to no
 * commit: what a rollback leaves is written over by the next commit, or thrown away at the end. */
#include "journal/wal_file.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>

enum { PIECE_BYTES = 0x1ffff }; /* SQLite's own VFS writes no more at a time */

/* What SQLite allocates for a file; the system's own file follows it. */
struct wal_file {
    sqlite3_file base;
    char *piece; /* NULL until the first write */
    int n;
    sqlite3_int64 at; /* where in the file the piece begins */
};

static sqlite3_vfs wal_vfs, *system_vfs;
static bool registered;

static struct wal_file *self(sqlite3_file *file)
{
    return (struct wal_file *)file;
}

static sqlite3_file *inner(sqlite3_file *file)
{
    return (sqlite3_file *)(self(file) + 1);
}

/* Whatever the outcome, nothing is kept: SQLite treats the commit as failed and writes anew. */
static int write_piece(sqlite3_file *file)
{
    struct wal_file *w = self(file);
    int n = w->n;
    w->n = 0;
    return n ? inner(file)->pMethods->xWrite(inner(file), w->piece, n, w->at) : SQLITE_OK;
}

static int wal_close(sqlite3_file *file)
{
    free(self(file)->piece);
    return inner(file)->pMethods->xClose(inner(file));
}

/* Older pages are read while a piece collects; it is written first only if it is asked for. */
static int wal_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    const struct wal_file *w = self(file);
    int rc = at < w->at + w->n && w->at < at + n ? write_piece(file) : SQLITE_OK;
    return rc ? rc : inner(file)->pMethods->xRead(inner(file), out, n, at);
}

static int wal_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    struct wal_file *w = self(file);
    if (w->n && (at != w->at + w->n || n > PIECE_BYTES - w->n)) {
        int rc = write_piece(file);
        if (rc)
            return rc;
    }
    if (!w->piece)
        w->piece = malloc(PIECE_BYTES);
    if (!w->piece || n > PIECE_BYTES)
        return inner(file)->pMethods->xWrite(inner(file), bytes, n, at);
    if (w->n == 0)
        w->at = at;
    memcpy(w->piece + w->n, bytes, (size_t)n);
    w->n += n;
    return SQLITE_OK;
}

static int wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = write_piece(file);
    return rc ? rc : inner(file)->pMethods->xTruncate(inner(file), size);
}

static int wal_sync(sqlite3_file *file, int flags)
{
    int rc = write_piece(file);
    return rc ? rc : inner(file)->pMethods->xSync(inner(file), flags);
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int rc = write_piece(file);
    return rc ? rc : inner(file)->pMethods->xFileSize(inner(file), size);
}

static int wal_lock(sqlite3_file *file, int level)
{
    return inner(file)->pMethods->xLock(inner(file), level);
}

static int wal_unlock(sqlite3_file *file, int level)
{
    return inner(file)->pMethods->xUnlock(inner(file), level);
}

static int wal_check_lock(sqlite3_file *file, int *out)
{
    return inner(file)->pMethods->xCheckReservedLock(inner(file), out);
}

static int wal_control(sqlite3_file *file, int op, void *arg)
{
    return inner(file)->pMethods->xFileControl(inner(file), op, arg);
}

static int wal_sector(sqlite3_file *file)
{
    return inner(file)->pMethods->xSectorSize(inner(file));
}

static int wal_character(sqlite3_file *file)
{
    return inner(file)->pMethods->xDeviceCharacteristics(inner(file));
}

/* Version 1: shared memory and mapping are for the database itself. */
static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = wal_lock,
    .xUnlock = wal_unlock,
    .xCheckReservedLock = wal_check_lock,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector,
    .xDeviceCharacteristics = wal_character,
};

static int wal_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    if (!(flags & SQLITE_OPEN_WAL))
        return system_vfs->xOpen(system_vfs, name, file, flags, out);
    *self(file) = (struct wal_file){0};
    int rc = system_vfs->xOpen(system_vfs, name, inner(file), flags, out);
    if (rc == SQLITE_OK)
        file->pMethods = &methods;
    return rc;
}

static void register_once(void)
{
    system_vfs = sqlite3_vfs_find(NULL);
    if (!system_vfs)
        return;
    wal_vfs = *system_vfs;
    wal_vfs.zName = BW_WAL_VFS;
    wal_vfs.szOsFile += (int)sizeof(struct wal_file);
    wal_vfs.xOpen = wal_open;
    registered = sqlite3_vfs_register(&wal_vfs, 0) == SQLITE_OK;
}

int bw_wal_vfs_register(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    return pthread_once(&once, register_once) == 0 && registered ? 0 : BW_EINTERNAL;
}

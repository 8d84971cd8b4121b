/* A disk that fails when told to: SQLite's own VFS, with the n-th write or sync refused. */
#ifndef TEST_JOURNAL_FAULT_VFS_H
#define TEST_JOURNAL_FAULT_VFS_H

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>

/* Counts down with every write and sync; at 0 and below they fail with `code`. Negative from the
 * start would fail at once; FAULT_OFF is far away. */
enum { FAULT_OFF = 1 << 30 };

static struct {
    atomic_int left;
    atomic_int code;
} fault_disk = {FAULT_OFF, SQLITE_FULL};

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real; /* right behind this struct */
};

static sqlite3_vfs fault_vfs, *fault_real_vfs;

static int fault_now(void)
{
    return atomic_fetch_sub(&fault_disk.left, 1) <= 0 ? atomic_load(&fault_disk.code) : SQLITE_OK;
}

static sqlite3_file *fault_real(sqlite3_file *f)
{
    return ((struct fault_file *)f)->real;
}

static int fault_close(sqlite3_file *f)
{
    return fault_real(f)->pMethods->xClose(fault_real(f));
}

static int fault_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    return fault_real(f)->pMethods->xRead(fault_real(f), p, n, at);
}

static int fault_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    int rc = fault_now();
    if (rc) /* a disk that is full, or fails, has often taken the beginning */
        (void)fault_real(f)->pMethods->xWrite(fault_real(f), p, n / 2, at);
    return rc ? rc : fault_real(f)->pMethods->xWrite(fault_real(f), p, n, at);
}

static int fault_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return fault_real(f)->pMethods->xTruncate(fault_real(f), size);
}

static int fault_sync(sqlite3_file *f, int flags)
{
    int rc = fault_now();
    return rc ? rc : fault_real(f)->pMethods->xSync(fault_real(f), flags);
}

static int fault_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return fault_real(f)->pMethods->xFileSize(fault_real(f), size);
}

static int fault_lock(sqlite3_file *f, int level)
{
    return fault_real(f)->pMethods->xLock(fault_real(f), level);
}

static int fault_unlock(sqlite3_file *f, int level)
{
    return fault_real(f)->pMethods->xUnlock(fault_real(f), level);
}

static int fault_check_lock(sqlite3_file *f, int *out)
{
    return fault_real(f)->pMethods->xCheckReservedLock(fault_real(f), out);
}

static int fault_control(sqlite3_file *f, int op, void *arg)
{
    return fault_real(f)->pMethods->xFileControl(fault_real(f), op, arg);
}

static int fault_sector(sqlite3_file *f)
{
    return fault_real(f)->pMethods->xSectorSize(fault_real(f));
}

static int fault_character(sqlite3_file *f)
{
    return fault_real(f)->pMethods->xDeviceCharacteristics(fault_real(f));
}

static int fault_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return fault_real(f)->pMethods->xShmMap(fault_real(f), page, size, extend, out);
}

static int fault_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return fault_real(f)->pMethods->xShmLock(fault_real(f), at, n, flags);
}

static void fault_shm_barrier(sqlite3_file *f)
{
    fault_real(f)->pMethods->xShmBarrier(fault_real(f));
}

static int fault_shm_unmap(sqlite3_file *f, int remove)
{
    return fault_real(f)->pMethods->xShmUnmap(fault_real(f), remove);
}

/* Version 2: with shared memory, without memory mapping. */
static const sqlite3_io_methods fault_methods = {
    2,
    fault_close,
    fault_read,
    fault_write,
    fault_truncate,
    fault_sync,
    fault_size,
    fault_lock,
    fault_unlock,
    fault_check_lock,
    fault_control,
    fault_sector,
    fault_character,
    fault_shm_map,
    fault_shm_lock,
    fault_shm_barrier,
    fault_shm_unmap,
    NULL,
    NULL,
};

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct fault_file *f = (struct fault_file *)file;
    (void)vfs;
    f->real = (sqlite3_file *)(f + 1);
    int rc = fault_real_vfs->xOpen(fault_real_vfs, name, f->real, flags, out);
    f->base.pMethods = rc == SQLITE_OK ? &fault_methods : NULL;
    return rc;
}

/* Makes it the VFS that every connection opened from now on uses. */
static void fault_vfs_install(void)
{
    fault_real_vfs = sqlite3_vfs_find(NULL);
    fault_vfs = *fault_real_vfs;
    fault_vfs.zName = "fault";
    fault_vfs.szOsFile = (int)sizeof(struct fault_file) + fault_real_vfs->szOsFile;
    fault_vfs.xOpen = fault_open;
    sqlite3_vfs_register(&fault_vfs, 1);
}

#endif

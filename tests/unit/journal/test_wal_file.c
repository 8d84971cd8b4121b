/* The file that writes in pieces: what is in the file when, and that nothing else is. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sqlite3.h>

#include "journal/wal_file.h"

struct wal {
    char db_path[32], path[40]; /* SQLite takes a WAL's mode from its database */
    sqlite3_file *file;
};

static int setup(void **state)
{
    struct wal *w = calloc(1, sizeof *w);
    sqlite3_initialize();
    assert_int_equal(bw_wal_vfs_register(), 0);
    sqlite3_vfs *vfs = sqlite3_vfs_find(BW_WAL_VFS);
    assert_non_null(vfs);
    strcpy(w->db_path, "/tmp/bw-db-XXXXXX");
    close(mkstemp(w->db_path));
    snprintf(w->path, sizeof w->path, "%s-wal", w->db_path);
    w->file = calloc(1, (size_t)vfs->szOsFile);
    int flags = SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, out;
    assert_int_equal(vfs->xOpen(vfs, w->path, w->file, flags, &out), SQLITE_OK);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct wal *w = *state;
    unlink(w->path);
    unlink(w->db_path);
    free(w->file);
    free(w);
    return 0;
}

static void put(struct wal *w, const char *text, sqlite3_int64 at)
{
    assert_int_equal(w->file->pMethods->xWrite(w->file, text, (int)strlen(text), at), SQLITE_OK);
}

static void expect_read(struct wal *w, sqlite3_int64 at, const char *text)
{
    char got[64] = "";
    assert_int_equal(w->file->pMethods->xRead(w->file, got, (int)strlen(text), at), SQLITE_OK);
    assert_string_equal(got, text);
}

/* What others see. */
static void expect_file(const struct wal *w, const char *text)
{
    char got[64] = "";
    int fd = open(w->path, O_RDONLY);
    assert_int_equal(read(fd, got, sizeof got), (ssize_t)strlen(text));
    close(fd);
    assert_string_equal(got, text);
}

static void close_wal(struct wal *w)
{
    assert_int_equal(w->file->pMethods->xClose(w->file), SQLITE_OK);
}

static void a_sync_writes_what_was_collected(void **state)
{
    struct wal *w = *state;
    put(w, "one", 0);
    put(w, "two", 3);
    expect_file(w, "");
    assert_int_equal(w->file->pMethods->xSync(w->file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    expect_file(w, "onetwo");
    close_wal(w);
}

static void what_is_read_is_what_was_written(void **state)
{
    struct wal *w = *state;
    put(w, "onetwo", 0);
    assert_int_equal(w->file->pMethods->xSync(w->file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    put(w, "THREE", 6);
    expect_read(w, 0, "onetwo"); /* this is no reason to write the piece … */
    expect_file(w, "onetwo");
    expect_read(w, 3, "twoTHREE"); /* … and this is */
    expect_file(w, "onetwoTHREE");
    put(w, "four", 11);
    put(w, "FIVE", 0); /* elsewhere */
    expect_file(w, "onetwoTHREEfour");
    close_wal(w);
}

/* As a rollback leaves it. */
static void what_was_not_synced_is_not_there_after_closing(void **state)
{
    struct wal *w = *state;
    put(w, "one", 0);
    assert_int_equal(w->file->pMethods->xSync(w->file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    put(w, "two", 3);
    close_wal(w);
    expect_file(w, "one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sync_writes_what_was_collected, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_read_is_what_was_written, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_not_synced_is_not_there_after_closing, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

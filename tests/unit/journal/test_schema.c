/* Opening: new files, older and newer versions, files of others. */
#include "journal/db.h"
#include "journal/kit.h"
#include "journal/schema.h"

static void run_sql(struct kit *k, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int64_t read_int(struct kit *k, const char *sql)
{
    sqlite3 *db;
    int64_t v = -1;
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    assert_int_equal(bw_db_int(db, sql, &v), 0);
    sqlite3_close(db);
    return v;
}

static int migrate(struct kit *k, const struct bw_schema *schema)
{
    sqlite3 *db;
    int err = bw_db_open(&db, k->path, BW_DB_WRITER, &k->fault);
    if (err)
        return err;
    err = bw_schema_migrate(db, schema, &k->fault);
    sqlite3_close(db);
    return err;
}

static const char *const steps[] = {
    "CREATE TABLE t (a); INSERT INTO t VALUES (1);",
    "ALTER TABLE t ADD COLUMN b; UPDATE t SET b = a * 10;",
    "INSERT INTO t VALUES (2, 20); SELECT no_such_function();",
};

static int without_journal(void **state)
{
    int err = kit_setup(state);
    struct kit *k = *state;
    kit_stop(k);
    unlink(k->path);
    return err;
}

static void each_step_is_taken_once(void **state)
{
    struct kit *k = *state;
    for (int version = 1; version <= 2; version++)
        for (int again = 0; again < 2; again++) {
            struct bw_schema schema = {steps, version};
            assert_int_equal(migrate(k, &schema), 0);
            assert_int_equal(read_int(k, "PRAGMA user_version"), version);
            assert_int_equal(read_int(k, "SELECT count(*) FROM t"), 1);
        }
    assert_int_equal(read_int(k, "SELECT b FROM t"), 10);
    assert_int_equal(read_int(k, "PRAGMA page_size"), BW_PAGE_BYTES);
}

static void a_step_that_fails_leaves_the_version_before(void **state)
{
    struct kit *k = *state;
    struct bw_schema schema = {steps, 3};
    assert_int_not_equal(migrate(k, &schema), 0);
    assert_non_null(strstr(k->fault.message, "no_such_function"));
    assert_int_equal(read_int(k, "PRAGMA user_version"), 2);
    assert_int_equal(read_int(k, "SELECT count(*) FROM t"), 1);
}

static void a_newer_journal_is_refused(void **state)
{
    struct kit *k = *state;
    struct bw_journal *journal;
    struct bw_journal_sink sink = {k, kit_committed};
    kit_stop(k);
    run_sql(k, "PRAGMA user_version = 99");
    assert_int_equal(bw_sqlite_open(&k->options, sink, &journal, &k->fault), BW_EVERSION);
    assert_null(journal);
    assert_non_null(strstr(k->fault.message, "99"));
    assert_int_equal(bw_sqlite_verify(k->path, &k->fault), BW_EVERSION);
}

static void another_programs_file_is_refused_and_untouched(void **state)
{
    struct kit *k = *state;
    struct bw_journal *journal;
    struct bw_journal_sink sink = {k, kit_committed};
    static const char *const theirs[] = {"CREATE TABLE notes (text)",
                                         "PRAGMA application_id = 7; CREATE TABLE notes (text)"};
    for (size_t i = 0; i < 2; i++) {
        unlink(k->path);
        run_sql(k, theirs[i]);
        assert_int_equal(bw_sqlite_open(&k->options, sink, &journal, &k->fault), BW_EVERSION);
        assert_int_equal(read_int(k, "SELECT count(*) FROM sqlite_schema"), 1);
        assert_int_equal(read_int(k, "PRAGMA user_version"), 0);
    }
}

static void what_cannot_be_opened_is_told(void **state)
{
    struct kit *k = *state;
    struct bw_journal *journal;
    struct bw_journal_sink sink = {k, kit_committed};
    k->options.path = "/nonexistent/folder/journal.db";
    assert_int_equal(bw_sqlite_open(&k->options, sink, &journal, &k->fault), BW_EIO);
    k->options.path = k->path;
    FILE *f = fopen(k->path, "w");
    for (int i = 0; i < 2000; i++)
        fputs("this is no database\n", f);
    fclose(f);
    assert_int_equal(bw_sqlite_open(&k->options, sink, &journal, &k->fault), BW_EIO);
    assert_non_null(strstr(k->fault.message, "not a database"));
}

static void each_journal_has_an_epoch_of_its_own(void **state)
{
    struct kit *k = *state;
    uint32_t first = k->journal->ops->head(k->journal).epoch;
    kit_stop(k);
    unlink(k->path);
    kit_start(k);
    uint32_t second = k->journal->ops->head(k->journal).epoch;
    assert_true(first != 0 && second != 0 && first != second);
}

#define TEST(f)    cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)
#define TEST_ON(f) cmocka_unit_test_setup_teardown(f, without_journal, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_ON(each_step_is_taken_once),
        TEST_ON(a_step_that_fails_leaves_the_version_before),
        TEST(a_newer_journal_is_refused),
        TEST_ON(another_programs_file_is_refused_and_untouched),
        TEST_ON(what_cannot_be_opened_is_told),
        TEST(each_journal_has_an_epoch_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The verb `changed` and what was deleted: told once, in pages, filtered, and after a migration. */
#include "journal/db.h"
#include "journal/kit.h"
#include "journal/schema.h"

static void put(struct kit *k, const char *type, const char *id, const char *more)
{
    char json[256];
    snprintf(json, sizeof json, "[{\"event_type\":\"%s\",\"data\":{\"id\":\"%s\"%s}}]", type, id,
             more);
    assert_int_equal(kit_put(k, json), 0);
}

static void ask(struct kit *k, uint64_t after, const char *more)
{
    struct bw_head head = k->journal->ops->head(k->journal);
    assert_int_equal(
        kit_ask(k, "\"op\":\"changed\",\"after\":\"%08x.%d\"%s", head.epoch, (int)after, more), 0);
}

static void is_told(struct kit *k, uint32_t n_deleted, uint32_t n_tasks)
{
    assert_int_equal(kit_len(k, "deleted"), n_deleted);
    assert_int_equal(kit_len(k, "tasks"), n_tasks);
}

static void what_was_deleted_is_told_until_the_cursor_is_beyond(void **state)
{
    struct kit *k = *state;
    static const char uuid[] = "01890a5d-ac96-774b-bcce-b302099a8057";
    put(k, "TASK_CREATED", "one", "");
    put(k, "TASK_CREATED", uuid, "");
    put(k, "TASK_DELETED", uuid, "");
    ask(k, 1, "");
    is_told(k, 1, 0);
    kit_is_str(k, "deleted.0", uuid);
    assert_int_equal(kit_u64(k, "next"), 3);
    ask(k, 0, "");
    is_told(k, 1, 1);
    ask(k, 3, "");
    is_told(k, 0, 0);
}

static void what_was_made_again_is_a_row_as_well(void **state)
{
    struct kit *k = *state;
    put(k, "TASK_CREATED", "one", "");
    put(k, "TASK_DELETED", "one", "");
    put(k, "TASK_CREATED", "one", ",\"title\":\"again\"");
    ask(k, 1, "");
    is_told(k, 1, 1);
    kit_is_str(k, "tasks.0.title", "again");
    ask(k, 2, "");
    is_told(k, 0, 1);
}

static void a_filter_is_asked_of_what_is_known(void **state)
{
    struct kit *k = *state;
    put(k, "TASK_CREATED", "one", ",\"owner\":\"ann\",\"resource\":\"novel\"");
    put(k, "TASK_CREATED", "two", ",\"owner\":\"bob\"");
    put(k, "TASK_DELETED", "one", "");
    put(k, "TASK_DELETED", "two", "");
    ask(k, 0, ",\"owner\":[\"ann\"]");
    is_told(k, 1, 0);
    kit_is_str(k, "deleted.0", "one");
    ask(k, 0, ",\"resource\":[\"novel\"],\"status\":[\"failed\"]");
    is_told(k, 1, 0);
    ask(k, 0, ",\"id\":[\"two\",\"three\"]");
    is_told(k, 1, 0);
    kit_is_str(k, "deleted.0", "two");
    ask(k, 0, ",\"owner\":[\"bob\"],\"id\":[\"one\"]");
    is_told(k, 0, 0);
}

static void ids_that_are_asked_for_are_told_in_order(void **state)
{
    struct kit *k = *state;
    put(k, "TASK_CREATED", "one", "");
    put(k, "TASK_UPDATED", "two", "");
    put(k, "TASK_COMPLETED", "three", "");
    put(k, "TASK_CREATED", "four", "");
    ask(k, 0, ",\"id\":[\"three\",\"two\",\"none\",\"two\"]");
    is_told(k, 0, 2);
    kit_is_str(k, "tasks.0.id", "two");
    kit_is_str(k, "tasks.1.id", "three");
    assert_int_equal(kit_u64(k, "next"), 4);
    ask(k, 2, ",\"id\":[\"three\",\"two\"],\"status\":[\"completed\"],\"limit\":1");
    is_told(k, 0, 1);
    kit_is_str(k, "tasks.0.id", "three");
    ask(k, 3, ",\"id\":[\"three\",\"two\"]");
    is_told(k, 0, 0);
}

/* Of tasks that come and go, what a reader of pages has at the end is what there is. */
static void pages_end_with_what_there_is(void **state)
{
    enum { N = 40 };
    struct kit *k = *state;
    bool exists[N] = {0};
    srand(7);
    for (int i = 0; i < 600; i++) {
        int n = rand() % N;
        char id[16];
        snprintf(id, sizeof id, "t%d", n);
        put(k,
            exists[n] && rand() % 3 == 0 ? (exists[n] = false, "TASK_DELETED")
            : exists[n]                  ? "TASK_UPDATED"
                                         : (exists[n] = true, "TASK_CREATED"),
            id, "");
    }
    for (int limit = 1; limit < 64; limit += 9) {
        bool have[N] = {0}, more = true;
        char option[32];
        snprintf(option, sizeof option, ",\"limit\":%d", limit);
        for (uint64_t after = 0; more; after = kit_u64(k, "next")) {
            ask(k, after, option);
            more = kit_answer(k, "more")->via.boolean;
            assert_true(kit_u64(k, "next") > after);
            for (uint32_t i = 0; i < kit_len(k, "deleted"); i++) {
                char path[32];
                snprintf(path, sizeof path, "deleted.%u", i);
                have[strtol(kit_answer(k, path)->via.str.ptr + 1, NULL, 10)] = false;
            }
            for (uint32_t i = 0; i < kit_len(k, "tasks"); i++) {
                char path[32];
                snprintf(path, sizeof path, "tasks.%u.id", i);
                have[strtol(kit_answer(k, path)->via.str.ptr + 1, NULL, 10)] = true;
            }
        }
        assert_memory_equal(have, exists, sizeof have);
    }
}

static void what_was_deleted_before_the_migration_is_told(void **state)
{
    struct kit *k = *state;
    struct bw_schema before = {bw_journal_schema.steps, 1};
    sqlite3 *db;
    put(k, "TASK_CREATED", "one", "");
    put(k, "TASK_CREATED", "two", "");
    put(k, "TASK_DELETED", "one", "");
    kit_stop(k);
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    assert_int_equal(
        bw_db_exec(db,
                   KIT_BACK_TO_VERSION_4
                   "DROP TABLE deleted_tasks; DROP TABLE open_commands; PRAGMA user_version = 1",
                   &k->fault),
        0);
    assert_int_equal(bw_schema_check(db, &before, &k->fault), 0);
    sqlite3_close(db);
    kit_start(k);
    ask(k, 2, "");
    is_told(k, 1, 0);
    kit_is_str(k, "deleted.0", "one");
    assert_int_equal(kit_u64(k, "next"), 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_deleted_is_told_until_the_cursor_is_beyond),
        TEST(what_was_made_again_is_a_row_as_well),
        TEST(a_filter_is_asked_of_what_is_known),
        TEST(ids_that_are_asked_for_are_told_in_order),
        TEST(pages_end_with_what_there_is),
        TEST(what_was_deleted_before_the_migration_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Where the end of a task's lane in topic system is kept: in its row while it has one, else in the
 * table `lanes`, and never in both. What is read along the lane does not depend on it. */
#include "journal/kit.h"

enum { TASKS = 5, EVENTS = 40 /* more than from mark to mark */ };

static void sql(struct kit *k, const char *statements)
{
    sqlite3 *db;
    char *error = NULL;
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, statements, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s in %s", error, statements);
    sqlite3_close(db);
}

/* How many lanes in topic system end in the table. */
static int64_t in_lanes(struct kit *k)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*) FROM lanes WHERE lane & 3 = 1", -1, &st, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return n;
}

static void put_each(struct kit *k, const char *type, const char *data)
{
    for (int task = 0; task < TASKS; task++)
        kit_event(k, "{\"event_type\":\"%s\",\"topic\":\"system\",\"data\":{\"id\":\"t%d\"%s}}",
                  type, task, data);
}

static void updates(struct kit *k)
{
    for (int i = 0; i < EVENTS; i++)
        put_each(k, "TASK_UPDATED", ",\"progress\":5");
}

/* All is well, and each lane has so many events. */
static void check(struct kit *k, uint32_t events)
{
    if (bw_sqlite_verify(k->path, &k->fault) != 0)
        fail_msg("%s: %s", k->fault.field, k->fault.message);
    for (int task = 0; task < TASKS; task++) {
        assert_int_equal(kit_ask(k,
                                 "\"op\":\"events\",\"topics\":[\"system\"],\"after\":\"oldest\","
                                 "\"limit\":1000,\"task_ids\":[\"t%d\"]",
                                 task),
                         0);
        assert_int_equal(kit_len(k, "events"), events);
    }
}

static void the_end_of_a_lane_goes_with_the_row(void **state)
{
    struct kit *k = *state;
    put_each(k, "NOTED", ""); /* says nothing that makes a row */
    assert_int_equal(in_lanes(k), TASKS);
    check(k, 1);
    updates(k);
    assert_int_equal(in_lanes(k), 0);
    check(k, 1 + EVENTS);
    put_each(k, "NOTED", ""); /* changes nothing of the row but this */
    assert_int_equal(in_lanes(k), 0);
    check(k, 2 + EVENTS);
    put_each(k, "TASK_DELETED", "");
    assert_int_equal(in_lanes(k), TASKS);
    check(k, 3 + EVENTS);
    put_each(k, "TASK_CREATED", "");
    assert_int_equal(in_lanes(k), 0);
    check(k, 4 + EVENTS);
}

static void lanes_of_before_are_continued(void **state)
{
    struct kit *k = *state;
    updates(k);
    kit_stop(k);
    sql(k, KIT_BACK_TO_VERSION_4);
    kit_start(k);
    assert_int_equal(in_lanes(k), TASKS);
    check(k, EVENTS);
    kit_event(k, "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t0\",\"progress\":6}}");
    assert_int_equal(in_lanes(k), TASKS - 1);
    put_each(k, "TASK_DELETED", "");
    assert_int_equal(in_lanes(k), TASKS);
    put_each(k, "TASK_CREATED", "");
    updates(k);
    assert_int_equal(in_lanes(k), 0);
    if (bw_sqlite_verify(k->path, &k->fault) != 0)
        fail_msg("%s: %s", k->fault.field, k->fault.message);
}

/* With a cache of one task each is read again, with the end of its lane. */
static int forgetful_setup(void **state)
{
    int err = kit_setup(state);
    struct kit *k = *state;
    kit_stop(k);
    k->options.task_cache_rows = 1;
    kit_start(k);
    return err;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_end_of_a_lane_goes_with_the_row, kit_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(the_end_of_a_lane_goes_with_the_row, forgetful_setup,
                                        kit_teardown),
        cmocka_unit_test_setup_teardown(lanes_of_before_are_continued, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(lanes_of_before_are_continued, forgetful_setup,
                                        kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

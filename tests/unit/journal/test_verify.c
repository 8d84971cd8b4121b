/* Verification: a sound journal passes, and each kind of damage is found and named. */
#include "journal/kit.h"

static void fill(struct kit *k)
{
    kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t\",\"title\":\"one\","
                 "\"owner\":\"ann\",\"params\":{\"a\":1}}}");
    kit_event(k, "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t\",\"progress\":30}}");
    kit_event(k, "{\"event_type\":\"TASK_LOG\",\"data\":{\"task_id\":\"t\",\"level\":\"info\"}}");
    kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"u\",\"owner\":\"bob\"}}");
    kit_event(k, "{\"event_type\":\"TASK_DELETED\",\"data\":{\"id\":\"u\"}}");
    kit_event(k, "{\"event_type\":\"TASK_FAILED\",\"data\":{\"id\":\"v\",\"error\":{\"type\":\"E\","
                 "\"message\":\"m\",\"trace\":\"at …\"}}}");
    kit_event(k, "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"v\",\"attempt\":2}}");
    kit_event(k, "{\"event_type\":\"TASK_COMMAND\",\"data\":{\"id\":\"v\",\"action\":\"stop\"}}");
    kit_event(k, "{\"topic\":\"mine\",\"event_type\":\"X\"}");
}

static void a_sound_journal_passes(void **state)
{
    struct kit *k = *state;
    assert_int_equal(bw_sqlite_verify(k->path, &k->fault), 0);
    fill(k);
    if (bw_sqlite_verify(k->path, &k->fault) != 0)
        fail_msg("%s: %s", k->fault.field, k->fault.message);
}

/* Runs SQL on the file behind the journal's back and expects verify to complain of `word`. */
static void damage(struct kit *k, const char *sql, const char *word)
{
    sqlite3 *db;
    char *why = NULL;
    kit_stop(k);
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
    assert_int_equal(bw_sqlite_verify(k->path, &k->fault), BW_ECONFLICT);
    if (!strstr(k->fault.message, word))
        fail_msg("%s: told \"%s\", without \"%s\"", sql, k->fault.message, word);
}

static void each_damage_is_named(void **state)
{
    static const struct {
        const char *sql, *word;
    } cases[] = {
        {"DELETE FROM events WHERE place = (SELECT max(place) FROM events WHERE place >> 44 = 1)",
         "last of its topic"},
        {"DELETE FROM events WHERE place >> 44 = 1 AND place & 0xffff = 2", "does not follow"},
        {"UPDATE events SET body = x'c0' WHERE place & 0xffff = 3", "cannot be decoded"},
        {"UPDATE events SET place = place + 100 WHERE place >> 44 > 4", "outside of the journal"},
        {"UPDATE event_ids SET place = place + 1", "its id leads elsewhere"},
        {"INSERT INTO event_ids VALUES ('x', 1)", "ids are kept"},
        {"UPDATE task_rows SET body = (SELECT body FROM task_rows ORDER BY key DESC LIMIT 1)",
         "stored otherwise"},
        {"DELETE FROM task_rows WHERE key = 1", "a doc is stored otherwise"},
        {"INSERT INTO lanes SELECT key << 2 | 1, lane_seq, lane_count FROM task_rows WHERE key = 1;"
         "DELETE FROM task_rows WHERE key = 1",
         "has no row"},
        {"INSERT INTO task_rows (key, updated_at, seq, body)"
         " SELECT 2, updated_at, seq, body FROM task_rows WHERE key = 1",
         "was deleted"},
        {"DELETE FROM task_docs", "doc is missing"},
        {"UPDATE task_docs SET body = x'c0'", "doc is stored otherwise"},
        {"UPDATE tasks SET owner = 'eve' WHERE key = 1", "queries"},
        {"UPDATE tasks SET rest_at = 1 WHERE key = 1", "queries"},
        {"DELETE FROM tasks WHERE key = 1", "no query"},
        {"UPDATE lanes SET count = count + 1", "not as many"},
        {"UPDATE task_rows SET lane_count = lane_count + 1", "not as many"},
        {"INSERT INTO lanes SELECT key << 2 | 1, lane_seq, lane_count FROM task_rows",
         "in two places"},
        {"UPDATE events SET lane_prev = 0 WHERE place >> 44 = 4 + 1", "the lanes have"},
        {"DELETE FROM open_commands", "not among the open ones"},
        {"INSERT INTO open_commands VALUES (1, 1)", "open commands are kept"},
        {"DELETE FROM deleted_tasks", "kept nowhere"},
        {"UPDATE deleted_tasks SET id = 'v'", "kept as another's"},
        {"UPDATE deleted_tasks SET owner = 'eve'", "kept as another's"},
        {"UPDATE deleted_tasks SET seq = seq + 1", "kept nowhere"},
        {"INSERT INTO deleted_tasks VALUES (1, 't', NULL, NULL)", "deletions are kept"},
        {"UPDATE state SET running = running + 1", "counted as running"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        void *fresh;
        kit_setup(&fresh);
        fill(fresh);
        damage(fresh, cases[i].sql, cases[i].word);
        kit_teardown(&fresh);
    }
    (void)state;
}

static void what_is_not_a_journal_is_refused(void **state)
{
    struct kit *k = *state;
    assert_int_equal(bw_sqlite_verify("/nonexistent/journal.db", &k->fault), BW_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sound_journal_passes, kit_setup, kit_teardown),
        cmocka_unit_test(each_damage_is_named),
        cmocka_unit_test_setup_teardown(what_is_not_a_journal_is_refused, kit_setup, kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

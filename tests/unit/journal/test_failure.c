/* When a commit fails nothing is told and nothing has happened; when the cause is gone the next one
 * succeeds. The disk fails at every write and sync, memory at every allocation, in turn. */
#include "journal/fault_vfs.h"
#include "journal/kit.h"

static const char batch[] =
    "[{\"id\":\"e%d-1\",\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t%d\",\"title\":\"a b "
    "c\","
    "\"owner\":\"ann\",\"params\":{\"a\":1}}},"
    "{\"id\":\"e%d-2\",\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"t%d\",\"progress\":5}},"
    "{\"id\":\"e%d-3\",\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"old\",\"title\":\"now "
    "%d\"}},"
    "{\"id\":\"e%d-4\",\"event_type\":\"TASK_LOG\",\"data\":{\"task_id\":\"t%d\"}},"
    "{\"id\":\"e%d-5\",\"topic\":\"topic-%d\",\"event_type\":\"X\"}]";

enum { BATCH = 5 };

static const char *make_batch(int n)
{
    static char json[2048];
    snprintf(json, sizeof json, batch, n, n, n, n, n, n, n, n, n, n);
    return json;
}

static void check_whole(struct kit *k, int n)
{
    for (int i = 0; i < BATCH; i++) {
        const struct bw_publish_result *r = &k->drafts[i].result;
        if (r->fault.err || r->duplicate || r->stale || !r->seq)
            fail_msg("event %d of batch %d: seq %d, %s", i, n, (int)r->seq, r->fault.message);
    }
    assert_int_equal(k->n_records, BATCH);
}

static void check_sound(struct kit *k)
{
    if (bw_sqlite_verify(k->path, &k->fault) != 0)
        fail_msg("%s: %s", k->fault.field, k->fault.message);
}

/* Of what a failed batch would have changed, nothing may be seen. */
static void check_untouched(struct kit *k, uint64_t head, int n)
{
    assert_int_equal(k->journal->ops->head(k->journal).head, head);
    assert_int_equal(kit_ask(k, "\"op\":\"task\",\"task_id\":\"t%d\"", n), BW_ENOTFOUND);
    assert_int_equal(kit_ask(k, "\"op\":\"stats\""), 0);
    assert_int_equal(kit_u64(k, "head"), head);
}

static void disk_fails(struct kit *k, int code, int expected)
{
    int n = 0, failures = 0;
    kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"old\",\"title\":\"was\"}}");
    for (int at = 0;; at++, n++) {
        uint64_t head = k->journal->ops->head(k->journal).head;
        atomic_store(&fault_disk.code, code);
        atomic_store(&fault_disk.left, at);
        int err = kit_put(k, make_batch(n));
        bool reached = atomic_load(&fault_disk.left) < 0;
        atomic_store(&fault_disk.left, FAULT_OFF);
        if (!reached) {
            assert_int_equal(err, 0);
            break;
        }
        if (err) {
            assert_int_equal(err, expected);
            check_untouched(k, head, n);
            failures++;
            assert_int_equal(kit_put(k, make_batch(n)), 0);
        }
        check_whole(k, n);
    }
    assert_true(failures >= 2); /* the WAL is written in one piece, and synced */
    check_sound(k);
    kit_restart(k);
    check_sound(k);
    kit_event(k, "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"old\",\"title\":\"end\"}}");
}

static void a_full_disk_costs_nothing_but_the_batch(void **state)
{
    disk_fails(*state, SQLITE_FULL, BW_ENOSPC);
}

static void a_failing_disk_costs_nothing_but_the_batch(void **state)
{
    disk_fails(*state, SQLITE_IOERR_WRITE, BW_EIO);
}

static void a_failing_sync_costs_nothing_but_the_batch(void **state)
{
    disk_fails(*state, SQLITE_IOERR_FSYNC, BW_EIO);
}

static void a_large_commit_is_few_writes(void **state)
{
    enum { EVENTS = 300, TEXT = 3000, PIECE = 64 * 1024 };
    struct kit *k = *state;
    static char text[TEXT + 1];
    struct bw_buf json = {0};
    memset(text, 'x', TEXT);
    for (int i = 0; i < EVENTS; i++)
        bw_buf_printf(&json, "%s{\"topic\":\"a\",\"event_type\":\"X\",\"data\":{\"text\":\"%s\"}}",
                      i ? "," : "[", text);
    bw_buf_put(&json, "]", 2);
    atomic_store(&fault_disk.left, FAULT_OFF);
    assert_int_equal(kit_put(k, json.data), 0);
    assert_in_range(FAULT_OFF - atomic_load(&fault_disk.left), 2, EVENTS * TEXT / PIECE + 8);
    bw_buf_free(&json);
    check_sound(k);
}

static sqlite3_mem_methods real_memory;
static atomic_int allocations_left = FAULT_OFF;

static void *failing_malloc(int n)
{
    return atomic_fetch_sub(&allocations_left, 1) <= 0 ? NULL : real_memory.xMalloc(n);
}

static void *failing_realloc(void *p, int n)
{
    return atomic_fetch_sub(&allocations_left, 1) <= 0 ? NULL : real_memory.xRealloc(p, n);
}

static void memory_fails(void **state)
{
    struct kit *k = *state;
    int n = 0, failures = 0;
    kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"old\",\"title\":\"was\"}}");
    for (int at = 0;; at++, n++) {
        uint64_t head = k->journal->ops->head(k->journal).head;
        atomic_store(&allocations_left, at);
        int err = kit_put(k, make_batch(n));
        bool reached = atomic_load(&allocations_left) < 0;
        atomic_store(&allocations_left, FAULT_OFF);
        if (!reached) {
            assert_int_equal(err, 0);
            break;
        }
        if (err) {
            assert_int_equal(err, BW_ENOMEM);
            check_untouched(k, head, n);
            failures++;
            /* SQLite's text index may have kept a wrong count, until its next roll-back. */
            if (kit_put(k, make_batch(n)) != 0) {
                check_untouched(k, head, n);
                assert_int_equal(kit_put(k, make_batch(n)), 0);
            }
        }
        check_whole(k, n);
    }
    assert_true(failures >= 5);
    check_sound(k);
}

static int small_setup(void **state)
{
    int err = kit_setup(state);
    struct kit *k = *state;
    kit_stop(k);
    k->options.max_bytes = 1 << 20;
    kit_start(k);
    return err;
}

static void the_size_limit_is_kept_and_space_counts_again(void **state)
{
    struct kit *k = *state;
    int n = 0, err;
    char result[4096];
    memset(result, 'x', sizeof result - 1);
    result[sizeof result - 1] = '\0';
    do {
        char json[8192];
        snprintf(json, sizeof json,
                 "{\"id\":\"%d\",\"topic\":\"a\",\"event_type\":\"X\",\"message\":\"%s\"}", n,
                 result);
        err = kit_put(k, json);
        n += !err;
    } while (!err && n < 1000);
    assert_int_equal(err, BW_ENOSPC);
    assert_in_range(n, 100, 256);
    assert_int_equal(kit_ask(k, "\"op\":\"events\",\"topics\":[\"a\"],\"after\":\"oldest\","
                                "\"limit\":1000"),
                     0);
    assert_int_equal(kit_len(k, "events"), n);
    /* What a later clean-up will do: take events away, which makes room. */
    sqlite3 *db;
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "DELETE FROM events WHERE place & 0xffff <= 50;"
                                  "DELETE FROM event_ids WHERE place & 0xffff <= 50;"
                                  "UPDATE state SET oldest = 51",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(kit_event(k, "{\"topic\":\"a\",\"event_type\":\"X\"}"), n + 1);
    check_sound(k);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
    sqlite3_mem_methods failing = real_memory;
    failing.xMalloc = failing_malloc;
    failing.xRealloc = failing_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
    fault_vfs_install();
    const struct CMUnitTest tests[] = {
        TEST(a_full_disk_costs_nothing_but_the_batch),
        TEST(a_failing_disk_costs_nothing_but_the_batch),
        TEST(a_failing_sync_costs_nothing_but_the_batch),
        TEST(a_large_commit_is_few_writes),
        TEST(memory_fails),
        cmocka_unit_test_setup_teardown(the_size_limit_is_kept_and_space_counts_again, small_setup,
                                        kit_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The table of cached tasks: whoever comes and goes, what is found under an id is that task. */
#include "unit.h"

#include <stdio.h>
#include <sqlite3.h>

#include "journal/schema.h"
#include "journal/task_cache.h"

enum { TASKS = 6000, KEPT = 1500, ROUNDS = 40, PER_ROUND = 700 };

static sqlite3 *open_empty(void)
{
    sqlite3 *db;
    struct bw_fault fault = {0};
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(bw_schema_migrate(db, &bw_journal_schema, &fault), 0);
    return db;
}

static struct bw_cached_task *get(struct bw_task_cache *c, unsigned n)
{
    char id[16];
    struct bw_cached_task *task;
    snprintf(id, sizeof id, "task-%u", n);
    assert_int_equal(bw_task_cache_get(c, bw_str(id), &task), 0);
    assert_true(bw_str_is(task->id, id));
    return task;
}

static size_t count_tasks(const struct bw_task_cache *c)
{
    size_t n = 0;
    for (size_t i = 0; i <= c->mask; i++)
        n += c->slots[i].task != NULL;
    return n;
}

/* No event has been stored, so a task that left comes back without a key. */
static void every_task_is_found_under_its_own_id(void **state)
{
    (void)state;
    struct bw_task_cache c;
    sqlite3 *db = open_empty();
    size_t found = 0;
    unsigned random = 1;
    assert_int_equal(bw_task_cache_open(&c, db, KEPT), 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < PER_ROUND; i++) {
            random = random * 1664525 + 1013904223;
            unsigned n = random >> 8 & 1 ? random % TASKS : random % (KEPT / 2);
            struct bw_cached_task *task = get(&c, n);
            found += task->now.key != 0;
            assert_true(task->now.key == 0 || task->now.key == n + 1);
            task->now.key = n + 1;
        }
        bw_task_cache_settle(&c);
        assert_int_equal(count_tasks(&c), c.n);
        assert_true(c.n <= KEPT);
    }
    assert_true(found > ROUNDS * PER_ROUND / 2); /* those that are asked for often stay */
    bw_task_cache_close(&c);
    sqlite3_close(db);
}

static void what_a_commit_asked_for_stays_until_it_is_over(void **state)
{
    (void)state;
    struct bw_task_cache c;
    struct bw_cached_task *tasks[100];
    sqlite3 *db = open_empty();
    assert_int_equal(bw_task_cache_open(&c, db, 10), 0);
    for (unsigned i = 0; i < 100; i++)
        tasks[i] = get(&c, i);
    for (unsigned i = 0; i < 100; i++)
        assert_ptr_equal(get(&c, i), tasks[i]);
    bw_task_cache_undo(&c);
    assert_int_equal(c.n, 10);
    bw_task_cache_close(&c);
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_is_found_under_its_own_id),
        cmocka_unit_test(what_a_commit_asked_for_stays_until_it_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

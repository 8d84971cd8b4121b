/* The verbs `tasks` and `changed` against the oracle of task_world.h. */
#include "journal/reader.h"
#include "journal/task_world.h"

static const struct question *sorting;

static int64_t sort_value(const struct model *m)
{
    return sorting->by_created ? m->created : m->updated;
}

static int compare(const void *x, const void *y)
{
    int64_t a = sort_value(*(struct model *const *)x), b = sort_value(*(struct model *const *)y);
    int order = (a > b) - (a < b);
    return sorting->ascending ? order : -order;
}

static int compare_seq(const void *x, const void *y)
{
    uint64_t a = (*(struct model *const *)x)->seq, b = (*(struct model *const *)y)->seq;
    return (a > b) - (a < b);
}

static int expect(const struct question *q, const struct model **out)
{
    int n = 0;
    for (int i = 0; i < TASKS; i++)
        if (passes(&world.tasks[i], q))
            out[n++] = &world.tasks[i];
    return n;
}

/* Where rows have the same time their order is the journal's own; that a task comes once is what
 * counts then. */
static void check_row(const struct question *q, uint32_t i, const struct model **expected, int n,
                      int at, bool *seen)
{
    char path[32];
    snprintf(path, sizeof path, "tasks.%u.id", i);
    struct bw_str id = bw_mp_as_str(kit_answer(world.k, path));
    if (at >= n)
        fail_msg("more rows than the %d expected for {%s}", n, q->json);
    sorting = q;
    for (int j = 0; j < n; j++) {
        if (!bw_str_is(id, expected[j]->id))
            continue;
        if (sort_value(expected[j]) != sort_value(expected[at]))
            fail_msg("row %d of {%s} is %.*s, out of order", at, q->json, BW_STR_ARG(id));
        if (seen[j])
            fail_msg("%.*s comes twice for {%s}", BW_STR_ARG(id), q->json);
        seen[j] = true;
        return;
    }
    fail_msg("%.*s does not belong to {%s}", BW_STR_ARG(id), q->json);
}

static void compare_lists(struct kit *k, bool short_pages)
{
    static const struct model *expected[TASKS];
    for (int round = 0; round < 150; round++) {
        struct question q = {.by_created = rand() % 3 == 0, .ascending = rand() % 3 == 0};
        bool seen[TASKS] = {0};
        char page[64] = "";
        int at = 0, limit = 1 + rand() % 200;
        make_filter(&q);
        make_text(&q);
        add(&q, ",\"sort\":\"%s\",\"ascending\":%s", q.by_created ? "created_at" : "updated_at",
            q.ascending ? "true" : "false");
        int n = expect(&q, expected);
        sorting = &q;
        qsort(expected, (size_t)n, sizeof expected[0], compare);
        for (int pages = 0;; pages++) {
            assert_int_equal(kit_ask(k, "\"op\":\"tasks\",\"limit\":%d%s%s", limit, q.json, page),
                             0);
            uint32_t rows = kit_len(k, "tasks");
            for (uint32_t i = 0; i < rows; i++)
                check_row(&q, i, expected, n, at++, seen);
            bool exact = kit_answer(k, "total_exact")->via.boolean;
            if (exact && kit_u64(k, "total") != (uint64_t)n)
                fail_msg("total %d instead of %d for {%s}", (int)kit_u64(k, "total"), n, q.json);
            assert_true(exact || *q.q || short_pages);
            assert_true(kit_u64(k, "total") <= (uint64_t)n);
            if (!kit_has(k, "next"))
                break;
            assert_true(rows == (uint32_t)limit || short_pages);
            snprintf(page, sizeof page, ",\"page\":\"%.*s\"",
                     BW_STR_ARG(bw_mp_as_str(kit_answer(k, "next"))));
        }
        if (at != n)
            fail_msg("%d rows instead of %d for {%s}", at, n, q.json);
    }
}

static void lists_equal_the_oracles(void **state)
{
    compare_lists(*state, false);
}

/* As it is with a million tasks: nothing is taken whole, counted to its end, or found by its text
 * alone, and pages may end early. */
static void lists_equal_the_oracles_when_there_are_too_many(void **state)
{
    struct kit *k = *state;
    static const struct bw_task_limits small[] = {
        {.counted = 60, .gathered = 20, .text = 10, .refused = 50000},
        {.counted = 300, .gathered = 5, .text = 1, .refused = 300},
        {.counted = 0, .gathered = 0, .text = 0, .refused = 900},
        {.counted = 60, .gathered = 20, .text = 1000, .verified = 10, .refused = 400},
        {.counted = 60, .gathered = 300, .verified = 50, .text = 1000, .refused = 400},
    };
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++) {
        k->reader->limits = small[i];
        compare_lists(k, true);
    }
    k->reader->limits = bw_task_limits;
}

static void ids_are_looked_up(void **state)
{
    struct kit *k = *state;
    struct question q = {.ascending = true};
    const struct model *expected[TASKS];
    int n = 0, some[20];
    for (int i = 0; i < 20; i++)
        some[i] = i * 37;
    add(&q, ",\"ascending\":true,\"id\":[\"unknown\"");
    for (int i = 0; i < 20; i++) {
        add(&q, ",\"%s\"", world.tasks[some[i]].id);
        if (world.tasks[some[i]].status >= 0)
            expected[n++] = &world.tasks[some[i]];
    }
    add(&q, ",\"%s\"]", world.tasks[0].id);
    sorting = &q;
    qsort(expected, (size_t)n, sizeof expected[0], compare);
    assert_int_equal(kit_ask(k, "\"op\":\"tasks\"%s", q.json), 0);
    bool seen[TASKS] = {0};
    assert_int_equal(kit_len(k, "tasks"), n);
    for (int i = 0; i < n; i++)
        check_row(&q, (uint32_t)i, expected, n, i, seen);
    assert_int_equal(kit_u64(k, "total"), n);
}

static void changed_equals_the_oracles(void **state)
{
    static const struct model *expected[TASKS];
    struct kit *k = *state;
    struct bw_head head = k->journal->ops->head(k->journal);
    for (int round = 0; round < 100; round++) {
        struct question q = {.after = (uint64_t)rand() % (head.head + 1)};
        int at = 0, limit = 1 + rand() % 300;
        make_filter(&q);
        int n = expect(&q, expected);
        qsort(expected, (size_t)n, sizeof expected[0], compare_seq);
        for (uint64_t after = q.after;;) {
            assert_int_equal(kit_ask(k, "\"op\":\"changed\",\"after\":\"%08x.%d\",\"limit\":%d%s",
                                     head.epoch, (int)after, limit, q.json),
                             0);
            for (uint32_t i = 0; i < kit_len(k, "tasks"); i++, at++) {
                char path[32];
                snprintf(path, sizeof path, "tasks.%u.id", i);
                assert_true(at < n);
                kit_is_str(k, path, expected[at]->id);
            }
            after = kit_u64(k, "next");
            if (!kit_answer(k, "more")->via.boolean)
                break;
        }
        assert_int_equal(at, n);
        assert_int_equal(kit_u64(k, "next"), head.head);
    }
}

/* Every task that does not move is seen exactly once, however others move meanwhile. */
static void pages_neither_skip_nor_repeat_what_rests(void **state)
{
    struct world *w = &world;
    struct kit *k = *state;
    for (int round = 0; round < 10; round++) {
        int seen[TASKS] = {0};
        uint64_t started = k->journal->ops->head(k->journal).head;
        char page[64] = "";
        do {
            assert_int_equal(kit_ask(k, "\"op\":\"tasks\",\"limit\":40%s", page), 0);
            for (uint32_t i = 0; i < kit_len(k, "tasks"); i++) {
                char path[32];
                snprintf(path, sizeof path, "tasks.%u.id", i);
                struct bw_str id = bw_mp_as_str(kit_answer(k, path));
                for (int t = 0; t < TASKS; t++)
                    seen[t] += bw_str_is(id, w->tasks[t].id);
            }
            *page = '\0';
            if (kit_has(k, "next"))
                snprintf(page, sizeof page, ",\"page\":\"%.*s\"",
                         BW_STR_ARG(bw_mp_as_str(kit_answer(k, "next"))));
            for (int i = 0; i < 20; i++)
                step(w);
            flush(w);
        } while (*page);
        for (int t = 0; t < TASKS; t++) {
            assert_true(seen[t] <= 1);
            if (w->tasks[t].status >= 0 && w->tasks[t].seq <= started)
                assert_int_equal(seen[t], 1);
        }
    }
}

static void counts_are_kept(void **state)
{
    struct kit *k = *state;
    uint64_t counts[BW_N_STATUS] = {0};
    for (int i = 0; i < TASKS; i++)
        if (world.tasks[i].status >= 0)
            counts[world.tasks[i].status]++;
    assert_int_equal(kit_ask(k, "\"op\":\"stats\""), 0);
    for (int i = 0; i < BW_N_STATUS; i++) {
        char path[32];
        snprintf(path, sizeof path, "tasks.%s", bw_status_name((enum bw_status)i));
        assert_int_equal(kit_u64(k, path), counts[i]);
    }
    assert_int_equal(kit_u64(k, "topics.system.head"), k->journal->ops->head(k->journal).head);
    assert_true(kit_u64(k, "db_bytes") > 0);
    assert_true(kit_has(k, "metrics.bellwire_journal_wal_pages"));
}

static void a_bad_page_is_refused(void **state)
{
    struct kit *k = *state;
    char next[64];
    assert_int_equal(kit_ask(k, "\"op\":\"tasks\",\"limit\":1"), 0);
    snprintf(next, sizeof next, "%.*s", BW_STR_ARG(bw_mp_as_str(kit_answer(k, "next"))));
    static const char *const others[] = {",\"sort\":\"created_at\"", ",\"ascending\":true"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(kit_ask(k, "\"op\":\"tasks\",\"page\":\"%s\"%s", next, others[i]),
                         BW_EINVAL);
        assert_string_equal(k->fault.field, "page");
    }
    for (size_t i = 0; next[i]; i++) {
        char bad[64];
        strcpy(bad, next);
        bad[i] = '!';
        assert_int_equal(kit_ask(k, "\"op\":\"tasks\",\"page\":\"%s\"", bad), BW_EINVAL);
        strcpy(bad, next);
        bad[i] = '\0';
        if (i > 0)
            assert_int_equal(kit_ask(k, "\"op\":\"tasks\",\"page\":\"%s\"", bad), BW_EINVAL);
        assert_string_equal(k->fault.field, "page");
    }
}

static void all_of_it_verifies(void **state)
{
    struct kit *k = *state;
    if (bw_sqlite_verify(k->path, &k->fault) != 0)
        fail_msg("%s: %s", k->fault.field, k->fault.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_equal_the_oracles),
        cmocka_unit_test(lists_equal_the_oracles_when_there_are_too_many),
        cmocka_unit_test(ids_are_looked_up),
        cmocka_unit_test(changed_equals_the_oracles),
        cmocka_unit_test(counts_are_kept),
        cmocka_unit_test(a_bad_page_is_refused),
        cmocka_unit_test(pages_neither_skip_nor_repeat_what_rests),
        cmocka_unit_test(counts_are_kept),
        cmocka_unit_test(all_of_it_verifies),
    };
    return cmocka_run_group_tests(tests, make_world, kit_teardown);
}

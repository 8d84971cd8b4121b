/* The verbs `events` and `logs`: cursors, limits, merging, filters, lanes. */
#include "journal/kit.h"

static void put_many(struct kit *k, const char *format, int from, int to)
{
    static char json[1 << 20];
    size_t len = 0;
    json[len++] = '[';
    for (int i = from; i < to; i++) {
        len += (size_t)snprintf(json + len, sizeof json - len, format, i, i);
        json[len++] = ',';
    }
    json[len - 1] = ']';
    json[len] = '\0';
    assert_int_equal(kit_put(k, json), 0);
    assert_int_equal(k->n_records, to - from);
}

static uint64_t seq_of(struct kit *k, uint32_t i)
{
    char path[32];
    snprintf(path, sizeof path, "events.%u.seq", i);
    return kit_u64(k, path);
}

static bool more(struct kit *k)
{
    return kit_answer(k, "more")->via.boolean;
}

static void cursors_are_served_or_reset(void **state)
{
    struct kit *k = *state;
    put_many(k, "{\"topic\":\"a\",\"event_type\":\"X\",\"message\":\"%d\",\"source\":\"%d\"}", 0,
             10);
    uint32_t epoch = k->journal->ops->head(k->journal).epoch;
    const struct {
        char after[32];
        const char *reset;
        uint32_t n;
    } cases[] = {
        {"oldest", NULL, 10}, {"latest", NULL, 0}, {"%0", NULL, 10},   {"%4", NULL, 6},
        {"%10", NULL, 0},     {"%11", "ahead", 0}, {"!5", "epoch", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char after[48];
        const char *spec = cases[i].after;
        if (*spec == '%' || *spec == '!')
            snprintf(after, sizeof after, "%08x.%s", *spec == '%' ? epoch : epoch ^ 1, spec + 1);
        else
            strcpy(after, spec);
        static const char *const verbs[] = {"\"op\":\"events\",\"topics\":[\"a\"]",
                                            "\"op\":\"logs\",\"task_id\":\"t\"",
                                            "\"op\":\"changed\""};
        for (size_t v = 0; v < 3; v++) {
            assert_int_equal(kit_ask(k, "%s,\"after\":\"%s\"", verbs[v], after), 0);
            if (cases[i].reset)
                kit_is_str(k, "reset", cases[i].reset);
            else
                assert_false(kit_has(k, "reset"));
            assert_int_equal(kit_len(k, v == 2 ? "tasks" : "events"), v ? 0 : cases[i].n);
            assert_int_equal(kit_u64(k, "next"), 10);
            assert_int_equal(kit_u64(k, "epoch"), epoch);
            assert_int_equal(kit_u64(k, "oldest"), 1);
            assert_false(more(k));
        }
    }
}

/* As clean-up will leave it one day. */
static void what_is_not_retained_any_more_is_a_reset(void **state)
{
    struct kit *k = *state;
    sqlite3 *db;
    put_many(k, "{\"topic\":\"a\",\"event_type\":\"X\",\"message\":\"%d\",\"source\":\"%d\"}", 0,
             10);
    assert_int_equal(sqlite3_open(k->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "DELETE FROM events WHERE place & 0xffff < 5;"
                                  "UPDATE state SET oldest = 5",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    uint32_t epoch = k->journal->ops->head(k->journal).epoch;
    assert_int_equal(kit_ask(k, "\"op\":\"events\",\"topics\":[\"a\"],\"after\":\"%08x.3\"", epoch),
                     0);
    kit_is_str(k, "reset", "retention");
    assert_int_equal(kit_ask(k, "\"op\":\"events\",\"topics\":[\"a\"],\"after\":\"%08x.4\"", epoch),
                     0);
    assert_int_equal(kit_len(k, "events"), 6);
    assert_int_equal(kit_ask(k, "\"op\":\"events\",\"topics\":[\"a\"],\"after\":\"oldest\""), 0);
    assert_int_equal(kit_len(k, "events"), 6);
    assert_int_equal(kit_u64(k, "oldest"), 5);
}

static void topics_are_merged_in_order_and_limited(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < 30; i++)
        kit_event(k, "{\"topic\":\"t%d\",\"event_type\":\"X\"}", i % 3);
    assert_int_equal(kit_ask(k, "\"op\":\"events\",\"topics\":[\"t2\",\"t0\",\"t2\",\"none\"],"
                                "\"after\":\"oldest\",\"limit\":7"),
                     0);
    assert_int_equal(kit_len(k, "events"), 7);
    static const uint64_t expected[] = {1, 3, 4, 6, 7, 9, 10};
    for (uint32_t i = 0; i < 7; i++)
        assert_int_equal(seq_of(k, i), expected[i]);
    assert_true(more(k));
    assert_int_equal(kit_u64(k, "next"), 10);
    assert_int_equal(kit_ask(k, "\"op\":\"events\",\"topics\":[\"t0\",\"t1\",\"t2\"],"
                                "\"after\":\"oldest\",\"up_to\":12,\"limit\":1000"),
                     0);
    assert_int_equal(kit_len(k, "events"), 12);
    assert_int_equal(kit_u64(k, "next"), 12);
    assert_false(more(k));
    assert_int_equal(kit_ask(k, "\"op\":\"events\",\"topics\":[\"none\"],\"after\":\"oldest\""), 0);
    assert_int_equal(kit_len(k, "events"), 0);
    assert_int_equal(kit_u64(k, "next"), 30);
}

static void pages_end_near_a_size_but_have_one_event_at_least(void **state)
{
    struct kit *k = *state;
    size_t size = 200 * 1024;
    char *json = malloc(size + 200);
    for (int i = 0; i < 12; i++) {
        int n = sprintf(json, "{\"topic\":\"a\",\"event_type\":\"X\",\"message\":\"");
        memset(json + n, 'x', size);
        strcpy(json + n + size, "\"}");
        assert_int_equal(kit_put(k, json), 0);
    }
    free(json);
    uint32_t epoch = k->journal->ops->head(k->journal).epoch, pages = 0;
    for (uint64_t after = 0; after < 12; pages++) {
        assert_int_equal(kit_ask(k,
                                 "\"op\":\"events\",\"topics\":[\"a\"],\"limit\":1000,"
                                 "\"after\":\"%08x.%d\"",
                                 epoch, (int)after),
                         0);
        assert_true(k->answer_bytes.len <= BW_RPC_REPLY_BYTES + 1024);
        assert_int_equal(seq_of(k, 0), after + 1);
        assert_int_equal(kit_u64(k, "next"), after + kit_len(k, "events"));
        after = kit_u64(k, "next");
        assert_int_equal(more(k), after < 12);
    }
    assert_in_range(pages, 2, 4);
}

static void filters_choose_and_the_cursor_goes_on(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < 40; i++)
        kit_event(k,
                  "{\"event_type\":\"TASK_%s\",\"data\":{\"id\":\"t%d\",\"owner\":\"o%d\","
                  "\"resource\":\"r%d\"}}",
                  i < 8 ? "CREATED" : "UPDATED", i % 8, i % 4, i % 2);
    static const struct {
        const char *filter;
        uint32_t n;
    } cases[] = {
        {"\"owners\":[\"o1\"]", 10},
        {"\"owners\":[\"o1\",\"o2\"]", 20},
        {"\"resources\":[\"r0\"],\"owners\":[\"o1\"]", 0},
        {"\"event_types\":[\"TASK_CREATED\"]", 8},
        {"\"task_ids\":[\"t3\"]", 5},
        {"\"task_ids\":[\"t3\",\"t3\",\"t5\",\"unknown\"]", 10},
        {"\"task_ids\":[\"t3\"],\"event_types\":[\"TASK_UPDATED\"]", 4},
        {"\"task_ids\":[\"t3\"],\"topics\":[\"system\",\"mine\"]", 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(kit_ask(k, "\"op\":\"events\",\"after\":\"oldest\",%s", cases[i].filter),
                         0);
        if (kit_len(k, "events") != cases[i].n)
            fail_msg("%s: %u events", cases[i].filter, kit_len(k, "events"));
        for (uint32_t e = 1; e < cases[i].n; e++)
            assert_true(seq_of(k, e - 1) < seq_of(k, e));
        assert_int_equal(kit_u64(k, "next"), 40);
    }
}

/* A filter that nothing passes must not read the whole journal for one answer. */
static void a_page_looks_at_a_bounded_number_of_events(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < 25; i++)
        put_many(k, "{\"topic\":\"a\",\"event_type\":\"X\",\"message\":\"%d\",\"source\":\"%d\"}",
                 i * 1000, i * 1000 + 1000);
    kit_event(k, "{\"topic\":\"a\",\"event_type\":\"Y\"}");
    assert_int_equal(kit_ask(k, "\"op\":\"events\",\"topics\":[\"a\"],\"after\":\"oldest\","
                                "\"event_types\":[\"Y\"]"),
                     0);
    assert_int_equal(kit_len(k, "events"), 0);
    assert_true(more(k));
    uint64_t next = kit_u64(k, "next");
    assert_in_range(next, 10000, 24999);
    assert_int_equal(kit_ask(k,
                             "\"op\":\"events\",\"topics\":[\"a\"],\"after\":\"%08x.%d\","
                             "\"event_types\":[\"Y\"]",
                             k->journal->ops->head(k->journal).epoch, (int)next),
                     0);
    assert_int_equal(kit_len(k, "events"), 1);
    assert_false(more(k));
}

static void levels_are_at_least(void **state)
{
    struct kit *k = *state;
    static const char *const levels[] = {"debug", "info",  "warning", "error",
                                         "INFO",  "Error", "success", "trace"};
    for (size_t i = 0; i < 8; i++)
        kit_event(k, "{\"event_type\":\"TASK_LOG\",\"data\":{\"task_id\":\"t\",\"level\":\"%s\"}}",
                  levels[i]);
    kit_event(k, "{\"event_type\":\"TASK_LOG\",\"data\":{\"task_id\":\"t\"}}");
    static const struct {
        const char *level;
        uint32_t n;
    } cases[] = {{"debug", 9}, {"info", 7}, {"warning", 3}, {"error", 2}};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kit_ask(k,
                                 "\"op\":\"logs\",\"task_id\":\"t\",\"after\":\"oldest\","
                                 "\"level\":\"%s\"",
                                 cases[i].level),
                         0);
        assert_int_equal(kit_len(k, "events"), cases[i].n);
    }
}

enum { EVENTS = 3000, TASKS = 5 };

/* What each task said, by seq. */
static struct {
    uint64_t seqs[TASKS][EVENTS];
    int n[TASKS];
} said;

/* Many events of a few tasks, in chunks of every size. */
static void say_much(struct kit *k)
{
    memset(&said, 0, sizeof said);
    srand(7);
    for (int i = 0; i < EVENTS;) {
        static char json[1 << 18];
        size_t len = 0;
        int batch = 1 + rand() % 100, owners[100], count = 0;
        json[len++] = '[';
        for (; count < batch && i < EVENTS; i++, count++) {
            owners[count] = rand() % TASKS;
            len +=
                (size_t)snprintf(json + len, sizeof json - len,
                                 "%s{\"event_type\":\"TASK_LOG\",\"data\":{\"task_id\":\"t%d\"}}",
                                 count ? "," : "", owners[count]);
        }
        strcpy(json + len, "]");
        assert_int_equal(kit_put(k, json), 0);
        for (int j = 0; j < count; j++)
            said.seqs[owners[j]][said.n[owners[j]]++] = k->drafts[j].result.seq;
        if (rand() % 10 == 0)
            kit_restart(k);
    }
}

/* Each lane has all of its own, in order. */
static void lanes_have_everything_from_any_place(void **state)
{
    struct kit *k = *state;
    say_much(k);
    uint32_t epoch = k->journal->ops->head(k->journal).epoch;
    for (int round = 0; round < 300; round++) {
        int task = rand() % TASKS, from = 0;
        uint32_t limit = 1 + (uint32_t)rand() % 150;
        uint64_t after = (uint64_t)rand() % EVENTS;
        while (from < said.n[task] && said.seqs[task][from] <= after)
            from++;
        assert_int_equal(kit_ask(k,
                                 "\"op\":\"logs\",\"task_id\":\"t%d\",\"after\":\"%08x.%d\","
                                 "\"limit\":%u",
                                 task, epoch, (int)after, limit),
                         0);
        uint32_t left = (uint32_t)(said.n[task] - from), expected = left < limit ? left : limit;
        assert_int_equal(kit_len(k, "events"), expected);
        for (uint32_t i = 0; i < expected; i++)
            assert_int_equal(seq_of(k, i), said.seqs[task][(uint32_t)from + i]);
        assert_int_equal(more(k), left > limit);
    }
    assert_int_equal(bw_sqlite_verify(k->path, &k->fault), 0);
}

static void lanes_have_everything_before_any_place(void **state)
{
    struct kit *k = *state;
    say_much(k);
    uint32_t epoch = k->journal->ops->head(k->journal).epoch;
    for (int round = 0; round < 300; round++) {
        int task = rand() % TASKS, to = 0;
        uint32_t limit = 1 + (uint32_t)rand() % 150;
        uint64_t before = (uint64_t)rand() % EVENTS;
        while (to < said.n[task] && said.seqs[task][to] < before)
            to++;
        assert_int_equal(kit_ask(k,
                                 "\"op\":\"logs\",\"task_id\":\"t%d\",\"before\":\"%08x.%d\","
                                 "\"limit\":%u",
                                 task, epoch, (int)before, limit),
                         0);
        uint32_t n = (uint32_t)to < limit ? (uint32_t)to : limit;
        assert_int_equal(kit_len(k, "events"), n);
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(seq_of(k, i), said.seqs[task][(uint32_t)to - n + i]);
        assert_int_equal(more(k), (uint32_t)to > n);
        if (more(k))
            assert_int_equal(kit_u64(k, "earlier"), seq_of(k, 0));
        assert_int_equal(kit_u64(k, "next"), before);
    }
}

static void what_is_known_is_not_told_again(void **state)
{
    struct kit *k = *state;
    static const char *const ask = "\"op\":\"%s\",\"task_id\":\"t\",\"known\":\"%08x.%d\"";
    uint32_t epoch = k->journal->ops->head(k->journal).epoch;
    for (int i = 0; i < 2; i++)
        kit_event(k, "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"t\"}}");
    static const char *const ops[] = {"tasks", "task"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(kit_ask(k, ask, ops[i], epoch, 2), 0);
        assert_true(kit_has(k, "unchanged"));
        assert_false(kit_has(k, ops[i]));
        for (int seq = 1; seq <= 3; seq += 2) {
            assert_int_equal(kit_ask(k, ask, ops[i], epoch, seq), 0);
            assert_false(kit_has(k, "unchanged"));
            assert_true(kit_has(k, ops[i]));
        }
        assert_int_equal(kit_ask(k, ask, ops[i], epoch ^ 1u, 2), 0);
        assert_true(kit_has(k, ops[i]));
    }
}

static void the_end_of_a_log(void **state)
{
    struct kit *k = *state;
    static const char *const ask = "\"op\":\"logs\",\"task_id\":\"%s\",\"before\":\"%s\"%s";
    for (int i = 0; i < 70; i++)
        kit_event(k, "{\"event_type\":\"TASK_LOG\",\"data\":{\"task_id\":\"t\",\"level\":\"%s\"}}",
                  i % 10 ? "info" : "error");
    assert_int_equal(kit_ask(k, ask, "t", "latest", ",\"limit\":2"), 0);
    assert_int_equal(kit_len(k, "events"), 2);
    assert_int_equal(seq_of(k, 1), 70);
    assert_int_equal(kit_u64(k, "next"), 70);
    assert_int_equal(kit_ask(k, ask, "t", "latest", ",\"limit\":5,\"level\":\"error\""), 0);
    assert_int_equal(kit_len(k, "events"), 5);
    assert_int_equal(seq_of(k, 0), 21);
    assert_true(more(k));
    assert_int_equal(kit_ask(k, ask, "t", "latest", ",\"limit\":7,\"level\":\"error\""), 0);
    assert_int_equal(kit_len(k, "events"), 7);
    assert_int_equal(seq_of(k, 0), 1);
    assert_false(more(k));
    assert_int_equal(kit_ask(k, ask, "nobody", "latest", ""), 0);
    assert_int_equal(kit_len(k, "events"), 0);
    assert_false(more(k));
    assert_int_equal(kit_ask(k, ask, "t", "00000001.5", ""), 0);
    assert_true(kit_has(k, "reset"));
}

static void the_logs_of_all_tasks(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < 90; i++)
        kit_event(k,
                  "{\"event_type\":\"TASK_LOG\",\"message\":\"%s row %d of Gr\u00f6\u00dfe\","
                  "\"data\":{\"task_id\":\"t%d\"}}",
                  i % 9 ? "read" : "WROTE", i, i % 3);
    assert_int_equal(kit_ask(k, "\"op\":\"logs\",\"before\":\"latest\",\"limit\":3"), 0);
    assert_int_equal(kit_len(k, "events"), 3);
    assert_int_equal(seq_of(k, 0), 88);
    assert_int_equal(kit_u64(k, "earlier"), 88);
    assert_true(more(k));
    static const char *const texts[] = {"wrote ROW", "Gr\u00f6\u00dfe", "t1", "row 89 of"};
    static const uint32_t found[] = {10, 90, 0, 1};
    static const char *const ways[] = {"\"before\":\"latest\"", "\"after\":\"oldest\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t w = 0; w < 2; w++) {
            assert_int_equal(
                kit_ask(k, "\"op\":\"logs\",%s,\"limit\":100,\"text\":\"%s\"", ways[w], texts[i]),
                0);
            assert_int_equal(kit_len(k, "events"), found[i]);
            assert_false(more(k));
        }
    assert_int_equal(kit_ask(k,
                             "\"op\":\"logs\",\"task_id\":\"t0\",\"before\":\"latest\",\"limit\":4,"
                             "\"text\":\"wrote\""),
                     0);
    assert_int_equal(kit_len(k, "events"), 4);
    assert_int_equal(seq_of(k, 3), 82);
    assert_true(more(k));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cursors_are_served_or_reset),
        TEST(what_is_not_retained_any_more_is_a_reset),
        TEST(topics_are_merged_in_order_and_limited),
        TEST(pages_end_near_a_size_but_have_one_event_at_least),
        TEST(filters_choose_and_the_cursor_goes_on),
        TEST(a_page_looks_at_a_bounded_number_of_events),
        TEST(levels_are_at_least),
        TEST(lanes_have_everything_from_any_place),
        TEST(lanes_have_everything_before_any_place),
        TEST(the_end_of_a_log),
        TEST(the_logs_of_all_tasks),
        TEST(what_is_known_is_not_told_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The verbs `tasks` and `changed` against a brute-force oracle: random tasks, random questions. */
#include "journal/kit.h"
#include "journal/reader.h"

enum { TASKS = 1500, STEPS = 9000, N_OWNERS = 40, N_TYPES = 6, N_QUEUES = 3, N_RESOURCES = 200 };

/* A task as the oracle knows it. */
struct model {
    char id[40], title[48];
    int owner, type, queue, resource; /* -1: none */
    int status;                       /* enum bw_status; -1: no such task */
    int64_t created, updated;
    uint64_t seq;
    unsigned attempt;
};

struct world {
    struct kit *k;
    struct model tasks[TASKS];
    int64_t now; /* of the events, in seconds */
    char json[1 << 17];
    size_t len;
    int batch[100]; /* the tasks of the events in json */
    int n_batch;
};

static struct world world;

static const char *const words[] = {"novel", "Übersetzung", "IMPORT",
                                    "小说",  "\"x\" AND y", "report"};

static void put_field(struct world *w, const char *key, const char *prefix, int value)
{
    if (value >= 0)
        w->len += (size_t)snprintf(w->json + w->len, sizeof w->json - w->len, ",\"%s\":\"%s%d\"",
                                   key, prefix, value);
}

static void begin_event(struct world *w, int task, const char *type)
{
    w->now += rand() % 3; /* so that several have the same time */
    w->len += (size_t)snprintf(
        w->json + w->len, sizeof w->json - w->len,
        "%s{\"event_type\":\"%s\",\"timestamp\":\"2026-01-%02dT%02d:%02d:%02dZ\",\"data\":{\"id\":"
        "\"%s\"",
        w->n_batch ? "," : "[", type, 1 + (int)(w->now / 86400), (int)(w->now / 3600 % 24),
        (int)(w->now / 60 % 60), (int)(w->now % 60), w->tasks[task].id);
    w->batch[w->n_batch++] = task;
}

static void end_event(struct world *w)
{
    w->len += (size_t)snprintf(w->json + w->len, sizeof w->json - w->len, "}}");
}

static int maybe(int n)
{
    return rand() % (n + 1) - 1;
}

static void set_title(struct world *w, struct model *m)
{
    snprintf(m->title, sizeof m->title, "%s %d",
             words[(size_t)rand() % (sizeof words / sizeof words[0])], rand() % 50);
    w->len += (size_t)snprintf(w->json + w->len, sizeof w->json - w->len, ",\"title\":\"");
    for (const char *p = m->title; *p; p++) {
        if (*p == '"')
            w->json[w->len++] = '\\';
        w->json[w->len++] = *p;
    }
    w->json[w->len++] = '"';
}

static void create(struct world *w, int task)
{
    struct model *m = &w->tasks[task];
    begin_event(w, task, "TASK_CREATED");
    m->owner = maybe(N_OWNERS);
    m->type = maybe(N_TYPES);
    m->queue = maybe(N_QUEUES);
    m->resource = maybe(N_RESOURCES);
    m->status = BW_PENDING;
    m->created = w->now;
    m->attempt = 1;
    put_field(w, "owner", "o", m->owner);
    put_field(w, "type", "type-", m->type);
    put_field(w, "queue", "q", m->queue);
    put_field(w, "resource", "r", m->resource);
    set_title(w, m);
    end_event(w);
}

static void change(struct world *w, int task)
{
    static const char *const types[BW_N_STATUS] = {
        [BW_COMPLETED] = "TASK_COMPLETED", [BW_FAILED] = "TASK_FAILED"};
    struct model *m = &w->tasks[task];
    if (rand() % 25 == 0) {
        begin_event(w, task, "TASK_DELETED");
        end_event(w);
        m->status = -1;
        return;
    }
    bool again = bw_status_is_final((enum bw_status)m->status);
    int status = rand() % 3 ? BW_RUNNING : rand() % BW_N_STATUS;
    begin_event(w, task, types[status] ? types[status] : "TASK_STATUS_CHANGED");
    m->status = status;
    w->len += (size_t)snprintf(w->json + w->len, sizeof w->json - w->len,
                               ",\"status\":\"%s\",\"attempt\":%u",
                               bw_status_name((enum bw_status)status), m->attempt += again);
    if (rand() % 8 == 0)
        put_field(w, "owner", "o", m->owner = rand() % N_OWNERS);
    if (rand() % 8 == 0)
        set_title(w, m);
    end_event(w);
}

static void flush(struct world *w)
{
    if (w->n_batch == 0)
        return;
    strcpy(w->json + w->len, "]");
    assert_int_equal(kit_put(w->k, w->json), 0);
    for (int i = 0; i < w->n_batch; i++) {
        const struct bw_publish_result *r = &w->k->drafts[i].result;
        if (!r->seq || r->fault.err)
            fail_msg("event %d of %s: %s %s", i, w->json, r->fault.field, r->fault.message);
        w->tasks[w->batch[i]].seq = r->seq;
    }
    w->len = 0;
    w->n_batch = 0;
}

/* One random event; each task at most once in a batch with its own time. */
static void step(struct world *w)
{
    int task = rand() % TASKS;
    struct model *m = &w->tasks[task];
    if (m->status < 0)
        create(w, task);
    else
        change(w, task);
    m->updated = w->now;
    if (w->n_batch == 100 || rand() % 60 == 0)
        flush(w);
}

static int make_world(void **state)
{
    int err = kit_setup(state);
    struct world *w = &world;
    memset(w, 0, sizeof *w);
    w->k = *state;
    srand(42);
    for (int i = 0; i < TASKS; i++) {
        if (i % 2)
            bw_uuid7(w->tasks[i].id);
        else
            snprintf(w->tasks[i].id, sizeof w->tasks[i].id, "Task-%d.%x", i, rand());
        w->tasks[i].status = -1;
    }
    for (int i = 0; i < STEPS; i++)
        step(w);
    flush(w);
    return err;
}

/* A question, as JSON and as the oracle asks it. */
struct question {
    char json[1024];
    size_t len;
    int owners[3], types[2], queue, resource, status[3];
    int n_owners, n_types, n_status;
    char q[48];
    bool by_created, ascending;
    uint64_t after; /* for changed: seq */
};

static void add(struct question *q, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    q->len += (size_t)vsnprintf(q->json + q->len, sizeof q->json - q->len, format, args);
    va_end(args);
}

static void add_values(struct question *q, const char *key, const char *prefix, const int *v, int n)
{
    if (n == 0)
        return;
    add(q, ",\"%s\":[", key);
    for (int i = 0; i < n; i++)
        add(q, "%s\"%s%d\"", i ? "," : "", prefix, v[i]);
    add(q, "]");
}

static void make_filter(struct question *q)
{
    q->n_owners = rand() % 2 ? 0 : 1 + rand() % 3;
    for (int i = 0; i < q->n_owners; i++)
        q->owners[i] = i * 10 + rand() % 10;
    q->n_types = rand() % 3 ? 0 : 1 + rand() % 2;
    for (int i = 0; i < q->n_types; i++)
        q->types[i] = i * 3 + rand() % 3;
    q->queue = rand() % 4 ? -1 : rand() % N_QUEUES;
    q->resource = rand() % 6 ? -1 : rand() % N_RESOURCES;
    q->n_status = rand() % 2 ? 0 : 1 + rand() % 3;
    for (int i = 0; i < q->n_status; i++)
        q->status[i] = i * 2 + rand() % 2;
    add_values(q, "owner", "o", q->owners, q->n_owners);
    add_values(q, "type", "type-", q->types, q->n_types);
    add_values(q, "queue", "q", &q->queue, q->queue >= 0);
    add_values(q, "resource", "r", &q->resource, q->resource >= 0);
    for (int i = 0; i < q->n_status; i++)
        add(q, "%s\"%s\"", i ? "," : ",\"status\":[", bw_status_name((enum bw_status)q->status[i]));
    if (q->n_status)
        add(q, "]");
}

static void make_text(struct question *q)
{
    static const char *const texts[] = {"novel",           "NOVEL 1", "übersetz", "ÜBERSETZUNG 4",
                                        "import",          "小说",    "\"x\" A",  "task-1",
                                        "nothing like it", "7",       "el 2",     "小说 3"};
    if (rand() % 3)
        return;
    snprintf(q->q, sizeof q->q, "%s", texts[(size_t)rand() % (sizeof texts / sizeof texts[0])]);
    add(q, ",\"q\":\"");
    for (const char *p = q->q; *p; p++)
        add(q, *p == '"' ? "\\%c" : "%c", *p);
    add(q, "\"");
}

static bool is_one_of(int value, const int *set, int n)
{
    for (int i = 0; i < n; i++)
        if (set[i] == value)
            return true;
    return n == 0;
}

/* Lower case of what the test's words have. */
static void lower(const char *from, char *to)
{
    for (; *from; from++) {
        if (from[0] == '\xc3' && from[1] == '\x9c') { /* Ü */
            *to++ = *from++;
            *to++ = '\xbc';
        } else {
            *to++ = (char)(*from >= 'A' && *from <= 'Z' ? *from + 32 : *from);
        }
    }
    *to = '\0';
}

static bool has_text(const char *text, const char *part)
{
    char a[64], b[64];
    lower(text, a);
    lower(part, b);
    return strstr(a, b) != NULL;
}

static bool passes(const struct model *m, const struct question *q)
{
    return m->status >= 0 && is_one_of(m->owner, q->owners, q->n_owners) &&
           is_one_of(m->type, q->types, q->n_types) &&
           is_one_of(m->queue, &q->queue, q->queue >= 0) &&
           is_one_of(m->resource, &q->resource, q->resource >= 0) &&
           is_one_of(m->status, q->status, q->n_status) &&
           (!*q->q || has_text(m->title, q->q) || has_text(m->id, q->q)) && m->seq > q->after;
}

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

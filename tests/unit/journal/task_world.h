/* Random tasks, as events and as a brute-force oracle knows them, and random questions about them.
 */
#ifndef TEST_TASK_WORLD_H
#define TEST_TASK_WORLD_H

#include "journal/kit.h"

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

#endif

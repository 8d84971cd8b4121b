/* A bus in memory behind the streams' own few operations: a journal of events, a table of tasks,
 * and switches for what can go wrong. */
#ifndef FAKE_UPSTREAM_H
#define FAKE_UPSTREAM_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "unit.h"
#include "base/buf.h"
#include "base/clock.h"
#include "web/stream/upstream.h"
#include "wire/cursor.h"
#include "wire/event.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/task.h"

enum { FAKE_EPOCH = 0x1f0c22aa };

struct fake_event {
    char topic[32], type[32], task[32], owner[32];
    uint64_t seq, prev;
    struct bw_buf bytes, data;
};

struct fake_upstream {
    pthread_mutex_t lock;
    uint32_t epoch;
    uint64_t oldest;
    struct fake_event *events;
    size_t n, cap;
    unsigned n_tasks; /* rows "task-0" … */
    struct bw_bridge *bridge;
    _Atomic bool away;        /* requests fail */
    _Atomic bool hushed;      /* the bridge is told nothing */
    _Atomic int refuse;       /* requests are answered with this error */
    _Atomic int n_deaf;       /* so many subscriptions fail */
    _Atomic unsigned n_came;  /* requests … */
    _Atomic unsigned n_asked; /* … of which so many were answered */
    _Atomic bool closed;
};

/* Waits for a condition, for half a minute at most. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        int64_t end_ = bw_clock_mono_us() + 30000000;                                              \
        while (!(condition)) {                                                                     \
            if (bw_clock_mono_us() > end_)                                                         \
                fail_msg("never happened: %s", #condition);                                        \
            nanosleep(&(struct timespec){0, 1000000}, NULL);                                       \
        }                                                                                          \
    } while (0)

static inline uint64_t fake_head(const struct fake_upstream *f)
{
    return f->n ? f->events[f->n - 1].seq : f->oldest ? f->oldest - 1 : 0;
}

static inline uint64_t fake_topic_head(const struct fake_upstream *f, const char *topic)
{
    for (size_t i = f->n; i > 0; i--)
        if (strcmp(f->events[i - 1].topic, topic) == 0)
            return f->events[i - 1].seq;
    return 0;
}

/* --- Publishing ---------------------------------------------------------------------- */

static inline void fake_tell(const struct fake_upstream *f, const struct fake_event *e)
{
    char id[64];
    snprintf(id, sizeof id, "event-%lu", (unsigned long)e->seq);
    struct bellwire_received got = {.topic = e->topic,
                                    .event_type = e->type,
                                    .id = id,
                                    .message = "",
                                    .source = "fake",
                                    .task_id = e->task,
                                    .data_msgpack = e->data.data,
                                    .data_msgpack_len = e->data.len,
                                    .event_msgpack = e->bytes.data,
                                    .event_msgpack_len = e->bytes.len,
                                    .timestamp_us = 1,
                                    .seq = e->seq,
                                    .prev = e->prev,
                                    .epoch = f->epoch};
    bw_bridge_event(f->bridge, &got);
}

static inline void fake_encode(struct fake_event *e, size_t fill)
{
    msgpack_packer pk;
    msgpack_zone zone;
    msgpack_object data;
    char id[64];
    snprintf(id, sizeof id, "event-%lu", (unsigned long)e->seq);
    bw_mp_packer(&pk, &e->data);
    msgpack_pack_map(&pk, 3);
    bw_mp_cstr(&pk, "id");
    bw_mp_cstr(&pk, e->task);
    bw_mp_cstr(&pk, "owner");
    bw_mp_cstr(&pk, e->owner);
    bw_mp_cstr(&pk, "fill");
    char *filling = malloc(fill + 1);
    memset(filling, 'f', fill);
    bw_mp_str(&pk, (struct bw_str){filling, fill});
    free(filling);
    msgpack_zone_init(&zone, 1024);
    assert_int_equal(bw_mp_unpack(bw_buf_str(&e->data), 8, &zone, &data, NULL), 0);
    struct bw_event event = {.id = bw_str(id),
                             .topic = bw_str(e->topic),
                             .event_type = bw_str(e->type),
                             .source = BW_STR("fake"),
                             .task_id = bw_str(e->task),
                             .data = &data,
                             .timestamp_us = 1,
                             .received_at_us = 1,
                             .seq = e->seq,
                             .prev = e->prev};
    bw_event_encode(&e->bytes, &event, NULL);
    msgpack_zone_destroy(&zone);
}

/* Journals an event and, unless hushed, tells the bridge. `owner` may be "". */
static inline uint64_t fake_publish(struct fake_upstream *f, const char *topic, const char *type,
                                    const char *task, const char *owner, size_t fill)
{
    pthread_mutex_lock(&f->lock);
    if (f->n == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 64;
        f->events = realloc(f->events, f->cap * sizeof *f->events);
    }
    struct fake_event e = {.seq = fake_head(f) + 1, .prev = fake_topic_head(f, topic)};
    snprintf(e.topic, sizeof e.topic, "%s", topic);
    snprintf(e.type, sizeof e.type, "%s", type);
    snprintf(e.task, sizeof e.task, "%s", task);
    snprintf(e.owner, sizeof e.owner, "%s", owner);
    fake_encode(&e, fill);
    f->events[f->n++] = e;
    if (f->bridge && !f->hushed)
        fake_tell(f, &e);
    pthread_mutex_unlock(&f->lock);
    return e.seq;
}

/* Whether the bridge has begun. */
static inline bool fake_is_followed(struct fake_upstream *f)
{
    pthread_mutex_lock(&f->lock);
    bool followed = f->bridge != NULL;
    pthread_mutex_unlock(&f->lock);
    return followed;
}

/* The end of a run of events. */
static inline void fake_idle(struct fake_upstream *f)
{
    pthread_mutex_lock(&f->lock);
    if (f->bridge)
        bw_bridge_idle(f->bridge);
    pthread_mutex_unlock(&f->lock);
}

/* A heartbeat: everything up to seq was told, or will never be. */
static inline void fake_reached(struct fake_upstream *f, uint64_t seq)
{
    char cursor[BW_CURSOR_LEN + 1];
    bw_cursor_format(f->epoch, seq, cursor);
    pthread_mutex_lock(&f->lock);
    bw_bridge_reached(f->bridge, cursor);
    bw_bridge_idle(f->bridge);
    pthread_mutex_unlock(&f->lock);
}

/* --- Answering ----------------------------------------------------------------------- */

static inline bool fake_wants(const struct bw_rpc_request *q, const struct fake_event *e)
{
    const struct {
        struct bw_str_set set;
        const char *value;
    } tests[] = {{q->topics, e->topic},
                 {q->task_ids, e->task},
                 {q->owners, e->owner},
                 {q->event_types, e->type}};
    for (size_t t = 0; t < sizeof tests / sizeof *tests; t++) {
        bool found = tests[t].set.n == 0;
        for (size_t i = 0; i < tests[t].set.n; i++)
            found = found || bw_str_is(tests[t].set.v[i], tests[t].value);
        if (!found)
            return false;
    }
    return true;
}

static inline void fake_places(struct bw_mp_map *m, const struct fake_upstream *f)
{
    bw_mp_put_bool(m, "ok", true);
    bw_mp_put_u64(m, "epoch", f->epoch);
    bw_mp_put_u64(m, "head", fake_head(f));
    bw_mp_put_u64(m, "oldest", f->oldest);
}

static inline const char *fake_reset(const struct fake_upstream *f, const struct bw_cursor *after)
{
    if (after->kind != BW_CURSOR_AT)
        return NULL;
    return after->epoch != f->epoch     ? "epoch"
           : after->seq > fake_head(f)  ? "ahead"
           : after->seq + 1 < f->oldest ? "retention"
                                        : NULL;
}

static inline void fake_events(const struct fake_upstream *f, const struct bw_rpc_request *q,
                               struct bw_buf *out)
{
    struct bw_mp_map m;
    struct bw_buf events = {0};
    uint32_t n = 0, limit = q->limit ? q->limit : 100;
    const char *reset = fake_reset(f, &q->after);
    uint64_t after = q->after.kind == BW_CURSOR_AT       ? q->after.seq
                     : q->after.kind == BW_CURSOR_LATEST ? fake_head(f)
                                                         : 0;
    uint64_t next = after;
    size_t i = 0;
    for (; i < f->n && n < limit && !reset; i++) {
        const struct fake_event *e = &f->events[i];
        if (e->seq <= after || e->seq < f->oldest || !fake_wants(q, e))
            continue;
        bw_buf_put(&events, e->bytes.data, e->bytes.len);
        next = e->seq;
        n++;
    }
    bw_mp_map_begin(&m, out);
    fake_places(&m, f);
    if (reset)
        bw_mp_put_cstr(&m, "reset", reset);
    bw_mp_put_bool(&m, "more", n == limit && i < f->n);
    bw_mp_put_u64(&m, "next", next);
    bw_mp_key(&m, "events");
    msgpack_pack_array(&m.pk, n);
    bw_buf_put(out, events.data, events.len);
    bw_mp_map_end(&m);
    bw_buf_free(&events);
}

static inline void fake_rows(const struct fake_upstream *f, const struct bw_rpc_request *q,
                             struct bw_buf *out)
{
    struct bw_mp_map m;
    struct bw_buf rows = {0};
    unsigned i = 0, n = 0;
    char id[32];
    if (q->tasks.page.len > 0) { /* the request's bytes go on right behind it */
        snprintf(id, sizeof id, "%.*s", (int)q->tasks.page.len, q->tasks.page.ptr);
        i = (unsigned)strtoul(id, NULL, 10);
    }
    for (; i < f->n_tasks && n < q->limit; i++) {
        snprintf(id, sizeof id, "task-%u", i);
        struct bw_task task = {.id = bw_str(id), .attempt = 1, .seq = 1};
        bool wanted = q->tasks.id.n == 0;
        for (size_t t = 0; t < q->tasks.id.n; t++)
            wanted = wanted || bw_str_is(q->tasks.id.v[t], id);
        if (!wanted)
            continue;
        bw_task_encode(&rows, &task);
        n++;
    }
    bw_mp_map_begin(&m, out);
    fake_places(&m, f);
    if (i < f->n_tasks) {
        snprintf(id, sizeof id, "%u", i);
        bw_mp_put_cstr(&m, "next", id);
    }
    bw_mp_put_u64(&m, "total", f->n_tasks);
    bw_mp_key(&m, "tasks");
    msgpack_pack_array(&m.pk, n);
    bw_buf_put(out, rows.data, rows.len);
    bw_mp_map_end(&m);
    bw_buf_free(&rows);
}

/* One row per changed task, in one page: the same as rows, but of tasks in events after the cursor.
 * A task whose last event is TASK_DELETED is told as deleted. */
static inline void fake_changed(const struct fake_upstream *f, const struct bw_rpc_request *q,
                                struct bw_buf *out)
{
    struct bw_mp_map m;
    struct bw_buf rows = {0}, deleted = {0};
    msgpack_packer pk;
    const char *reset = fake_reset(f, &q->after);
    uint32_t n = 0, n_deleted = 0;
    bw_mp_packer(&pk, &deleted);
    for (size_t i = 0; i < f->n && !reset; i++) {
        const struct fake_event *e = &f->events[i];
        bool is_last = true;
        for (size_t j = i + 1; j < f->n; j++)
            is_last = is_last && strcmp(f->events[j].task, e->task) != 0;
        if (e->seq <= q->after.seq || strcmp(e->topic, "system") != 0 || !is_last)
            continue;
        if (strcmp(e->type, "TASK_DELETED") == 0) {
            bw_mp_cstr(&pk, e->task);
            n_deleted++;
            continue;
        }
        struct bw_task task = {.id = bw_str(e->task), .attempt = 1, .seq = e->seq};
        bw_task_encode(&rows, &task);
        n++;
    }
    bw_mp_map_begin(&m, out);
    fake_places(&m, f);
    if (reset)
        bw_mp_put_cstr(&m, "reset", reset);
    bw_mp_put_bool(&m, "more", false);
    bw_mp_put_u64(&m, "next", fake_head(f));
    bw_mp_key(&m, "deleted");
    msgpack_pack_array(&m.pk, n_deleted);
    bw_buf_put(out, deleted.data, deleted.len);
    bw_mp_key(&m, "tasks");
    msgpack_pack_array(&m.pk, n);
    bw_buf_put(out, rows.data, rows.len);
    bw_mp_map_end(&m);
    bw_buf_free(&rows);
    bw_buf_free(&deleted);
}

static int fake_request(void *bus, struct bw_str request, uint32_t timeout_ms, struct bw_buf *reply,
                        struct bw_fault *fault)
{
    struct fake_upstream *f = bus;
    struct bw_rpc_request q;
    msgpack_zone zone;
    msgpack_object map;
    (void)timeout_ms;
    f->n_came++;
    if (f->away)
        return bw_fault(fault, BW_EUNAVAILABLE, "", "the bus cannot be reached");
    if (f->refuse)
        return bw_fault(fault, f->refuse, "", "refused");
    msgpack_zone_init(&zone, 4096);
    if (bw_mp_unpack(request, BW_RPC_DEPTH_MAX, &zone, &map, fault) != 0 ||
        bw_rpc_request_decode(&map, &zone, &q, fault) != 0)
        abort();
    pthread_mutex_lock(&f->lock);
    if (q.op == BW_RPC_EVENTS)
        fake_events(f, &q, reply);
    else if (q.op == BW_RPC_TASKS)
        fake_rows(f, &q, reply);
    else
        fake_changed(f, &q, reply);
    pthread_mutex_unlock(&f->lock);
    msgpack_zone_destroy(&zone);
    f->n_asked++;
    return 0;
}

static int fake_subscribe(void *bus, const char *after, struct bw_bridge *bridge)
{
    struct fake_upstream *f = bus;
    struct bw_cursor cursor;
    struct bw_fault fault;
    if (bw_cursor_parse(bw_str(after), "after", &cursor, &fault) != 0)
        abort();
    if (f->n_deaf > 0) {
        f->n_deaf--;
        return BW_ENOMEM;
    }
    pthread_mutex_lock(&f->lock);
    f->bridge = bridge;
    for (size_t i = 0; i < f->n; i++)
        if (f->events[i].seq > cursor.seq)
            fake_tell(f, &f->events[i]);
    bw_bridge_idle(bridge);
    pthread_mutex_unlock(&f->lock);
    return 0;
}

static void fake_close(void *bus)
{
    struct fake_upstream *f = bus;
    pthread_mutex_lock(&f->lock);
    f->bridge = NULL;
    f->closed = true;
    pthread_mutex_unlock(&f->lock);
}

/* --- Life ---------------------------------------------------------------------------- */

static inline struct fake_upstream *fake_create(void)
{
    struct fake_upstream *f = calloc(1, sizeof *f);
    pthread_mutex_init(&f->lock, NULL);
    f->epoch = FAKE_EPOCH;
    f->oldest = 1;
    return f;
}

static inline struct bw_upstream fake_upstream_of(struct fake_upstream *f)
{
    return (struct bw_upstream){
        .bus = f, .request = fake_request, .subscribe = fake_subscribe, .close = fake_close};
}

static inline void fake_destroy(struct fake_upstream *f)
{
    for (size_t i = 0; i < f->n; i++) {
        bw_buf_free(&f->events[i].bytes);
        bw_buf_free(&f->events[i].data);
    }
    free(f->events);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

#endif

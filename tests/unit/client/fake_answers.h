/* What the fake bus holds, and what it answers and broadcasts. */
#ifndef FAKE_ANSWERS_H
#define FAKE_ANSWERS_H

#include <nng/nng.h>
#include <pthread.h>
#include <uthash.h>

#include "base/clock.h"
#include "unit.h"
#include "wire/cursor.h"
#include "wire/mp.h"
#include "wire/pub.h"
#include "wire/rpc.h"

struct fake_event {
    uint64_t seq, prev;
    char id[BW_EVENT_ID_MAX + 1], topic[BW_EVENT_ID_MAX + 1], message[64];
    struct bw_buf bytes;
    UT_hash_handle hh;
};

struct fake_bus {
    char url[64];
    nng_socket rep, pub;
    bool is_up;
    pthread_t thread;
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t changed;
    bool stopping;
    uint32_t epoch;
    uint64_t oldest; /* first seq retained */
    struct fake_event **events;
    size_t n, cap;
    struct fake_event *by_id;

    bool held;       /* requests wait */
    unsigned refuse; /* that many requests are answered with refuse_with */
    int refuse_with;
    unsigned drop_answers;   /* that many are done, but the connection breaks before the answer */
    unsigned lose_messages;  /* that many messages are not published */
    const char *bad_message; /* an event with this message is invalid */
    unsigned short_by;       /* publish answers with that many results too few */

    unsigned n_requests, n_publishes; /* received */
    uint32_t largest;                 /* publish request, in events */
    bool waiting;                     /* a request is being held */
};

static inline uint64_t fake_topic_head(struct fake_bus *f, struct bw_str topic)
{
    for (size_t i = f->n; i > 0; i--)
        if (bw_str_is(topic, f->events[i - 1]->topic))
            return f->events[i - 1]->seq;
    return 0;
}

static inline uint64_t fake_head(const struct fake_bus *f)
{
    return f->n ? f->events[f->n - 1]->seq : 0;
}

/* --- Publishing ----------------------------------------------------------------------------------
 */

static inline void fake_send(struct fake_bus *f, const struct bw_buf *message)
{
    nng_msg *msg;
    if (f->lose_messages > 0) {
        f->lose_messages--;
        return;
    }
    if (nng_msg_alloc(&msg, 0) || nng_msg_append(msg, message->data, message->len))
        abort();
    if (nng_sendmsg(f->pub, msg, 0) != 0)
        nng_msg_free(msg);
}

/* One message per topic of what was stored from `first` on. */
static inline void fake_broadcast(struct fake_bus *f, size_t first)
{
    bool *sent = calloc(f->n + 1, sizeof *sent);
    for (size_t i = first; i < f->n; i++) {
        struct bw_buf events = {0}, message = {0};
        uint32_t n = 0;
        for (size_t k = i; k < f->n; k++) {
            if (sent[k] || strcmp(f->events[k]->topic, f->events[i]->topic) != 0)
                continue;
            sent[k] = true;
            bw_buf_puts(&events, bw_buf_str(&f->events[k]->bytes));
            n++;
        }
        if (n > 0) {
            bw_pub_begin(&message, bw_str(f->events[i]->topic), f->epoch, f->events[i]->prev, n);
            bw_buf_puts(&message, bw_buf_str(&events));
            fake_send(f, &message);
        }
        bw_buf_free(&events);
        bw_buf_free(&message);
    }
    free(sent);
}

static inline struct fake_event *fake_append(struct fake_bus *f, struct bw_event *e)
{
    struct fake_event *stored = calloc(1, sizeof *stored);
    stored->seq = e->seq = fake_head(f) + 1;
    stored->prev = e->prev = fake_topic_head(f, e->topic);
    snprintf(stored->id, sizeof stored->id, "%.*s", BW_STR_ARG(e->id));
    snprintf(stored->topic, sizeof stored->topic, "%.*s", BW_STR_ARG(e->topic));
    snprintf(stored->message, sizeof stored->message, "%.*s", BW_STR_ARG(e->message));
    e->received_at_us = bw_clock_wall_us();
    bw_event_encode(&stored->bytes, e, NULL);
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 1024;
        f->events = realloc(f->events, f->cap * sizeof(void *));
    }
    f->events[f->n++] = stored;
    HASH_ADD_STR(f->by_id, id, stored);
    return stored;
}

/* --- Answering -----------------------------------------------------------------------------------
 */

static inline void fake_publish_one(struct fake_bus *f, const msgpack_object *map,
                                    struct bw_publish_result *r)
{
    struct bw_event e;
    struct fake_event *known = NULL;
    char id[BW_EVENT_ID_MAX + 1];
    if (bw_event_decode(map, &e, &r->fault) != 0)
        return;
    snprintf(id, sizeof id, "%.*s", BW_STR_ARG(e.id));
    HASH_FIND_STR(f->by_id, id, known);
    r->id = e.id;
    if (f->bad_message && bw_str_is(e.message, f->bad_message)) {
        bw_fault(&r->fault, BW_EINVAL, "data.progress", "must be at most 100");
    } else if (known) {
        r->seq = known->seq;
        r->duplicate = true;
    } else {
        r->seq = fake_append(f, &e)->seq;
    }
}

static inline void fake_publish(struct fake_bus *f, const msgpack_object *events,
                                struct bw_buf *out)
{
    size_t first = f->n;
    uint32_t n = events->via.array.size;
    f->n_publishes++;
    if (n > f->largest)
        f->largest = n;
    n -= f->short_by;
    bw_rpc_publish_reply_begin(out, f->epoch, n);
    for (uint32_t i = 0; i < n; i++) {
        struct bw_publish_result r = {0};
        fake_publish_one(f, &events->via.array.ptr[i], &r);
        bw_rpc_publish_result_encode(out, &r);
    }
    fake_broadcast(f, first);
}

static inline const char *fake_reset(struct fake_bus *f, const struct bw_cursor *after)
{
    if (after->kind != BW_CURSOR_AT)
        return NULL;
    if (after->epoch != f->epoch)
        return "epoch";
    if (after->seq > fake_head(f))
        return "ahead";
    return after->seq + 1 < f->oldest ? "retention" : NULL;
}

static inline void fake_events_page(struct fake_bus *f, const struct bw_rpc_request *q,
                                    struct bw_buf *out)
{
    struct bw_buf events = {0};
    struct bw_mp_map m;
    const char *reset = fake_reset(f, &q->after);
    uint64_t after = q->after.seq;
    if (q->after.kind == BW_CURSOR_OLDEST)
        after = f->oldest ? f->oldest - 1 : 0;
    else if (q->after.kind == BW_CURSOR_LATEST)
        after = fake_head(f);
    uint64_t next = after;
    uint32_t n = 0, limit = q->limit ? q->limit : 100;
    bool more = false;
    for (size_t i = 0; i < f->n && !reset && !more; i++) {
        struct fake_event *e = f->events[i];
        bool wanted = false;
        for (size_t k = 0; k < q->topics.n; k++)
            wanted = wanted || bw_str_is(q->topics.v[k], e->topic);
        if (!wanted || e->seq <= after || (q->up_to && e->seq > q->up_to))
            continue;
        more = n == limit;
        if (more)
            break;
        bw_buf_puts(&events, bw_buf_str(&e->bytes));
        next = e->seq;
        n++;
    }
    bw_mp_map_begin(&m, out);
    bw_mp_put_bool(&m, "ok", true);
    bw_mp_put_u64(&m, "epoch", f->epoch);
    bw_mp_put_u64(&m, "head", fake_head(f));
    bw_mp_put_u64(&m, "oldest", f->oldest);
    bw_mp_key(&m, "events");
    msgpack_pack_array(&m.pk, n);
    bw_buf_puts(out, bw_buf_str(&events));
    if (reset) {
        bw_mp_put_cstr(&m, "reset", reset);
    } else {
        bw_mp_put_bool(&m, "more", more);
        bw_mp_put_u64(&m, "next", next);
    }
    bw_mp_map_end(&m);
    bw_buf_free(&events);
}

/* Counts the topics; with `put`, also writes each with its head. */
static inline uint32_t fake_each_topic(struct fake_bus *f, struct bw_buf *out,
                                       void (*put)(struct bw_buf *, const char *, uint64_t))
{
    uint32_t n = 0;
    for (size_t i = f->n; i > 0; i--) {
        struct fake_event *e = f->events[i - 1];
        if (fake_topic_head(f, bw_str(e->topic)) != e->seq)
            continue;
        n++;
        if (put)
            put(out, e->topic, e->seq);
    }
    return n;
}

static inline void fake_put_stats_topic(struct bw_buf *out, const char *topic, uint64_t head)
{
    struct bw_mp_map m;
    msgpack_packer pk;
    bw_mp_packer(&pk, out);
    bw_mp_cstr(&pk, topic);
    bw_mp_map_begin(&m, out);
    bw_mp_put_u64(&m, "events", 1);
    bw_mp_put_u64(&m, "head", head);
    bw_mp_map_end(&m);
}

static inline void fake_put_head(struct bw_buf *out, const char *topic, uint64_t head)
{
    msgpack_packer pk;
    bw_mp_packer(&pk, out);
    bw_mp_cstr(&pk, topic);
    msgpack_pack_uint64(&pk, head);
}

static inline void fake_stats(struct fake_bus *f, struct bw_buf *out)
{
    struct bw_mp_map m;
    bw_mp_map_begin(&m, out);
    bw_mp_put_bool(&m, "ok", true);
    bw_mp_put_u64(&m, "epoch", f->epoch);
    bw_mp_put_u64(&m, "head", fake_head(f));
    bw_mp_put_u64(&m, "oldest", f->oldest);
    bw_mp_key(&m, "topics");
    msgpack_pack_map(&m.pk, fake_each_topic(f, NULL, NULL));
    fake_each_topic(f, out, fake_put_stats_topic);
    bw_mp_map_end(&m);
}

static inline void fake_tasks(struct fake_bus *f, const struct bw_rpc_request *q,
                              struct bw_buf *out)
{
    struct bw_task task = {
        .id = BW_STR("t1"),
        .title = BW_STR("One"),
        .progress = 40,
        .attempt = 2,
        .total_units = -1,
        .completed_units = -1,
        .rate = -1,
        .eta_s = -1,
        .created_at_us = 1,
        .updated_at_us = 2,
        .seq = 1,
    };
    struct bw_mp_map m;
    bw_mp_map_begin(&m, out);
    bw_mp_put_bool(&m, "ok", true);
    bw_mp_put_u64(&m, "epoch", f->epoch);
    bw_mp_put_u64(&m, "head", fake_head(f));
    if (q->op == BW_RPC_TASKS) {
        bw_mp_key(&m, "tasks");
        msgpack_pack_array(&m.pk, 1);
        bw_task_encode(out, &task);
        bw_mp_put_u64(&m, "total", 1);
        bw_mp_put_bool(&m, "total_exact", true);
    } else {
        bw_mp_key(&m, "task");
        bw_task_encode(out, &task);
        bw_mp_key(&m, "docs");
        msgpack_pack_map(&m.pk, 1);
        bw_mp_cstr(&m.pk, "result");
        bw_mp_cstr(&m.pk, "forty");
    }
    bw_mp_map_end(&m);
}

static inline void fake_answer(struct fake_bus *f, struct bw_str request, struct bw_buf *out)
{
    struct bw_rpc_request q;
    struct bw_fault fault = {0};
    msgpack_object map;
    msgpack_zone zone;
    msgpack_zone_init(&zone, 4096);
    if (bw_mp_unpack(request, BW_RPC_DEPTH_MAX, &zone, &map, &fault) ||
        bw_rpc_request_decode(&map, &zone, &q, &fault)) {
        bw_rpc_error_encode(out, &fault);
    } else if (f->refuse > 0) {
        f->refuse--;
        bw_fault(&fault, f->refuse_with, "", "told to refuse");
        bw_rpc_error_encode(out, &fault);
    } else if (q.op == BW_RPC_PUBLISH) {
        fake_publish(f, q.events, out);
    } else if (q.op == BW_RPC_EVENTS || q.op == BW_RPC_LOGS) {
        fake_events_page(f, &q, out);
    } else if (q.op == BW_RPC_STATS) {
        fake_stats(f, out);
    } else if (q.op == BW_RPC_TASK && bw_str_is(q.task_id, "none")) {
        bw_fault(&fault, BW_ENOTFOUND, "task_id", "there is no task none");
        bw_rpc_error_encode(out, &fault);
    } else {
        fake_tasks(f, &q, out);
    }
    msgpack_zone_destroy(&zone);
}

#endif

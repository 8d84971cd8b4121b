/* The verb `workers`: each with what it said of itself, and the newest of its active tasks. */
#include "journal/workers.h"

#include "base/clock.h"
#include "journal/reader.h"

enum { DEFAULT_LIMIT = 100 };

static void put_ids(struct bw_mp_map *map, const struct bw_worker *w)
{
    bw_mp_key(map, "tasks");
    msgpack_pack_array(&map->pk, w->n_tasks);
    for (unsigned i = 0; i < w->n_tasks; i++)
        bw_mp_str(&map->pk, w->tasks[i].id);
}

static void put_worker(struct bw_answer *a, const struct bw_worker *w, int64_t now_us)
{
    struct bw_mp_map map;
    bw_mp_map_begin(&map, a->map.buf);
    bw_mp_put_str(&map, "name", w->name);
    bw_mp_put_bool(&map, "alive", now_us - w->heard_us <= w->alive_s * INT64_C(1000000));
    bw_mp_put_time(&map, "heard_at", w->heard_us);
    bw_mp_put_u64(&map, "alive_s", w->alive_s);
    bw_mp_put_u64(&map, "running", (uint64_t)w->running);
    bw_mp_put_u64(&map, "paused", (uint64_t)w->paused);
    put_ids(&map, w);
    if (w->heartbeat.len > 0) {
        bw_mp_key(&map, "heartbeat");
        bw_buf_puts(a->map.buf, w->heartbeat);
    }
    bw_mp_map_end(&map);
    a->n++;
}

static size_t bytes_of(const struct bw_worker *w)
{
    size_t n = w->name.len + w->heartbeat.len;
    for (unsigned i = 0; i < w->n_tasks; i++)
        n += w->tasks[i].id.len + w->tasks[i].row.len;
    return n;
}

int bw_read_workers(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                    struct bw_fault *fault)
{
    struct bw_workers workers;
    struct bw_answer a;
    size_t limit = q->limit ? q->limit : DEFAULT_LIMIT, rows = 0, n = 0;
    int64_t now_us = bw_clock_wall_us();
    (void)fault;
    bw_answer_begin(&a, out, &r->state);
    int err = bw_workers_collect(&workers, r);
    bw_answer_array(&a, "workers");
    for (; !err && n < workers.n && n < limit; n++) {
        rows += bytes_of(&workers.v[n]);
        if (bw_answer_is_full(&a, rows))
            break;
        put_worker(&a, &workers.v[n], now_us);
    }
    bw_answer_array_end(&a);
    bw_answer_array(&a, "tasks");
    for (size_t i = 0; i < n; i++)
        for (unsigned k = 0; k < workers.v[i].n_tasks; k++)
            bw_answer_item(&a, workers.v[i].tasks[k].row);
    bw_answer_array_end(&a);
    bw_mp_put_bool(&a.map, "more", n < workers.n);
    bw_mp_put_bool(&a.map, "all_counted", workers.all_counted);
    bw_answer_end(&a);
    bw_workers_free(&workers);
    return err;
}

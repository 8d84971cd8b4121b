/* Who works: collected from the last heartbeats and from the tasks that are active. */
#include "journal/workers.h"

#include <stdlib.h>

#include "base/clock.h"
#include "journal/reader.h"
#include "wire/event_type.h"
#include "wire/scan.h"

static int keep(struct bw_workers *w, struct bw_str s, struct bw_str *out)
{
    char *p = s.len ? msgpack_zone_malloc_no_align(&w->zone, s.len) : "";
    if (!p)
        return BW_ENOMEM;
    if (s.len)
        memcpy(p, s.ptr, s.len);
    *out = (struct bw_str){p, s.len};
    return 0;
}

static int compare(struct bw_str a, struct bw_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

/* The worker of this name, made if there is none. *out is NULL when there is no room for it. */
static int find(struct bw_workers *w, struct bw_str name, struct bw_worker **out)
{
    size_t low = 0, high = w->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = compare(w->v[mid].name, name);
        if (c == 0) {
            *out = &w->v[mid];
            return 0;
        }
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *out = NULL;
    if (w->n == BW_WORKERS_MAX) {
        w->all_counted = false;
        return 0;
    }
    struct bw_worker made = {.alive_s = BW_WORKER_ALIVE_S};
    int err = keep(w, name, &made.name);
    if (err)
        return err;
    memmove(&w->v[low + 1], &w->v[low], (w->n - low) * sizeof *w->v);
    w->v[low] = made;
    w->n++;
    *out = &w->v[low];
    return 0;
}

/* --- Heartbeats ------------------------------------------------------------------------------ */

/* What a heartbeat calls its worker; Celery's says hostname. Else it is whoever emitted it. */
static struct bw_str name_of(const struct bw_event *e)
{
    static const char *const keys[] = {"worker", "name", "hostname"};
    struct bw_str name = {0};
    for (size_t i = 0; e->data && i < sizeof keys / sizeof keys[0] && name.len == 0; i++)
        bw_mp_get_str(e->data, keys[i], BW_EVENT_SOURCE_MAX, &name, NULL);
    return name.len ? name : e->source;
}

static uint32_t alive_s(const struct bw_event *e)
{
    double every_s = 0;
    if (e->data && bw_mp_get_f64(e->data, "heartbeat_s", &every_s, NULL) && every_s > 0 &&
        every_s <= BW_WORKER_GONE_S)
        return (uint32_t)(every_s * BW_WORKER_BEATS_MISSED) + 1;
    return BW_WORKER_ALIVE_S;
}

static int keep_data(struct bw_workers *w, const struct bw_event *e, struct bw_str *out)
{
    struct bw_buf bytes = {0};
    msgpack_packer pk;
    int err = 0;
    if (!e->data)
        return 0;
    bw_mp_packer(&pk, &bytes);
    bw_mp_object(&pk, e->data);
    if (bytes.failed)
        err = BW_ENOMEM;
    else if (bytes.len <= BW_WORKER_HEARTBEAT_MAX)
        err = keep(w, bw_buf_str(&bytes), out);
    bw_buf_free(&bytes);
    return err;
}

/* The newest come first, so of each worker only the first one counts. */
static int add_heartbeat(struct bw_workers *w, const struct bw_event *e)
{
    struct bw_worker *worker;
    struct bw_str name = name_of(e);
    if (name.len == 0 || bw_event_kind(e->event_type) != BW_WORKER_HEARTBEAT)
        return 0;
    int err = find(w, name, &worker);
    if (err || !worker || worker->heard_us)
        return err;
    worker->heard_us = e->received_at_us;
    worker->alive_s = alive_s(e);
    return keep_data(w, e, &worker->heartbeat);
}

static int add_heartbeats(struct bw_workers *w, struct bw_reader *r, int64_t now_us)
{
    sqlite3_stmt *st = r->st[BW_READ_BACKWARDS];
    size_t bytes = 0;
    int err = 0;
    bw_db_bind_int(st, 1, bw_place(BW_TOPIC_WORKERS_ID, 0));
    bw_db_bind_int(st, 2, bw_place(BW_TOPIC_WORKERS_ID + 1, 0) - 1);
    bw_db_bind_int(st, 3, BW_WORKER_EVENTS_LOOKED);
    while (bytes < BW_WORKER_BYTES_LOOKED && (err = bw_db_row(st)) == 1) {
        struct bw_str body = bw_db_str(st, 0);
        struct bw_event event;
        msgpack_object o;
        bytes += body.len;
        msgpack_zone_clear(&r->zone);
        err = bw_mp_unpack(body, BW_RPC_DEPTH_MAX, &r->zone, &o, NULL);
        if (!err)
            err = bw_event_decode(&o, &event, NULL);
        if (err)
            break;
        if (event.received_at_us < now_us - BW_WORKER_GONE_S * INT64_C(1000000)) {
            sqlite3_reset(st);
            return 0;
        }
        err = add_heartbeat(w, &event);
        if (err)
            break;
    }
    sqlite3_reset(st);
    return err == 1 ? 0 : err;
}

/* --- Tasks ----------------------------------------------------------------------------------- */

/* Two members of a row, read in place; false if the row is not as it should be. */
static bool scan_row(struct bw_str row, struct bw_str *id, struct bw_str *worker)
{
    struct bw_scan scan = bw_scan_begin(row);
    *id = *worker = (struct bw_str){0};
    for (uint32_t pairs = bw_scan_map(&scan); pairs > 0 && !worker->len; pairs--) {
        struct bw_str key = bw_scan_str(&scan);
        struct bw_str *wanted = bw_str_is(key, "id")       ? id
                                : bw_str_is(key, "worker") ? worker
                                                           : NULL;
        if (wanted)
            *wanted = bw_scan_str(&scan);
        else
            bw_scan_skip(&scan, BW_RPC_DEPTH_MAX);
    }
    return !scan.failed;
}

static int add_task(struct bw_workers *w, enum bw_status status, int64_t updated_us,
                    struct bw_str row)
{
    struct bw_str id, name;
    struct bw_worker *worker;
    if (!scan_row(row, &id, &name))
        return BW_EIO;
    if (name.len == 0)
        return 0;
    int err = find(w, name, &worker);
    if (err || !worker)
        return err;
    *(status == BW_RUNNING ? &worker->running : &worker->paused) += 1;
    if (updated_us > worker->heard_us)
        worker->heard_us = updated_us;
    if (worker->n_tasks == BW_WORKER_TASKS_MAX)
        return 0;
    struct bw_worker_task *task = &worker->tasks[worker->n_tasks++];
    err = keep(w, id, &task->id);
    return err ? err : keep(w, row, &task->row);
}

/* Leaves in *left how many more may be looked at. */
static int add_tasks(struct bw_workers *w, struct bw_reader *r, enum bw_status status,
                     int64_t *left)
{
    sqlite3_stmt *st = r->st[BW_READ_ACTIVE];
    int err;
    bw_db_bind_int(st, 1, status);
    bw_db_bind_int(st, 2, *left);
    while ((err = bw_db_row(st)) == 1) {
        --*left;
        err = add_task(w, status, sqlite3_column_int64(st, 0), bw_db_str(st, 1));
        if (err)
            break;
    }
    sqlite3_reset(st);
    return err;
}

int bw_workers_collect(struct bw_workers *w, struct bw_reader *r)
{
    int64_t active = r->state.tasks[BW_RUNNING] + r->state.tasks[BW_PAUSED];
    int64_t left = BW_WORKER_ACTIVE_LOOKED;
    *w = (struct bw_workers){.all_counted = active <= left};
    if (!msgpack_zone_init(&w->zone, MSGPACK_ZONE_CHUNK_SIZE))
        return BW_ENOMEM;
    w->v = calloc(BW_WORKERS_MAX, sizeof *w->v);
    if (!w->v)
        return BW_ENOMEM;
    int err = add_heartbeats(w, r, bw_clock_wall_us());
    if (!err)
        err = add_tasks(w, r, BW_RUNNING, &left);
    if (!err)
        err = add_tasks(w, r, BW_PAUSED, &left);
    return err;
}

void bw_workers_free(struct bw_workers *w)
{
    free(w->v);
    if (w->zone.chunk_list.head)
        msgpack_zone_destroy(&w->zone);
    *w = (struct bw_workers){.n = 0};
}

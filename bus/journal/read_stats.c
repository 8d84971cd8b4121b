/* The verb `stats`: what there is, counted as it was written, and what the process counts. */
#include "journal/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/metrics.h"

enum { FINISHED_MAX = 10000 }; /* counted of each status and span */

static int put_topics(struct bw_reader *r, struct bw_answer *a)
{
    struct bw_mp_map topics, one;
    sqlite3_stmt *st = r->st[BW_READ_TOPICS];
    int err;
    bw_mp_key(&a->map, "topics");
    bw_mp_map_begin(&topics, a->map.buf);
    while ((err = bw_db_row(st)) == 1) {
        bw_mp_str(&topics.pk, bw_db_str(st, 0));
        topics.n++;
        bw_mp_map_begin(&one, a->map.buf);
        bw_mp_put_u64(&one, "head", (uint64_t)sqlite3_column_int64(st, 1));
        bw_mp_map_end(&one);
    }
    bw_mp_map_end(&topics);
    return err;
}

static void put_tasks(const struct bw_journal_state *state, struct bw_answer *a)
{
    struct bw_mp_map tasks;
    bw_mp_key(&a->map, "tasks");
    bw_mp_map_begin(&tasks, a->map.buf);
    for (int i = 0; i < BW_N_STATUS; i++)
        bw_mp_put_u64(&tasks, bw_status_name((enum bw_status)i), (uint64_t)state->tasks[i]);
    bw_mp_map_end(&tasks);
}

/* Those that are final now and came to it since then. */
static int put_finished(struct bw_reader *r, struct bw_mp_map *span, int64_t since_us)
{
    sqlite3_stmt *st = r->st[BW_READ_FINISHED];
    for (int i = 0; i < BW_N_STATUS; i++) {
        if (!bw_status_is_final((enum bw_status)i))
            continue;
        bw_db_bind_int(st, 1, i);
        bw_db_bind_int(st, 2, since_us);
        bw_db_bind_int(st, 3, FINISHED_MAX);
        int err = bw_db_row(st);
        if (err != 1)
            return err ? err : BW_EIO;
        bw_mp_put_u64(span, bw_status_name((enum bw_status)i),
                      (uint64_t)sqlite3_column_int64(st, 0));
        sqlite3_reset(st);
    }
    return 0;
}

static int put_recent(struct bw_reader *r, struct bw_answer *a)
{
    static const struct {
        const char *name;
        int64_t s;
    } spans[] = {{"hour", 3600}, {"day", 86400}};
    int64_t now_us = bw_clock_wall_us();
    struct bw_mp_map recent, span;
    int err = 0;
    bw_mp_key(&a->map, "recent");
    bw_mp_map_begin(&recent, a->map.buf);
    for (size_t i = 0; i < sizeof spans / sizeof spans[0] && !err; i++) {
        bw_mp_key(&recent, spans[i].name);
        bw_mp_map_begin(&span, a->map.buf);
        err = put_finished(r, &span, now_us - spans[i].s * 1000000);
        bw_mp_map_end(&span);
    }
    bw_mp_map_end(&recent);
    return err;
}

static void put_metric(void *ctx, const struct bw_metric *m)
{
    char id[BW_METRIC_ID_MAX];
    bw_metric_id(m->name, m->labels, id);
    bw_mp_put_number(ctx, id, (double)bw_metric_get(m));
}

static void put_metrics(struct bw_answer *a)
{
    struct bw_mp_map metrics;
    bw_mp_key(&a->map, "metrics");
    bw_mp_map_begin(&metrics, a->map.buf);
    bw_metrics_each(put_metric, &metrics);
    bw_mp_map_end(&metrics);
}

static uint64_t file_bytes(const char *path, const char *suffix)
{
    struct stat st;
    char *name;
    if (asprintf(&name, "%s%s", path, suffix) < 0)
        return 0;
    uint64_t bytes = stat(name, &st) == 0 ? (uint64_t)st.st_size : 0;
    free(name);
    return bytes;
}

int bw_read_stats(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                  struct bw_fault *fault)
{
    struct bw_answer a;
    (void)q, (void)fault;
    bw_answer_begin(&a, out, &r->state);
    int err = put_topics(r, &a);
    put_tasks(&r->state, &a);
    if (!err)
        err = put_recent(r, &a);
    bw_mp_put_u64(&a.map, "db_bytes", file_bytes(r->path, ""));
    bw_mp_put_u64(&a.map, "wal_bytes", file_bytes(r->path, "-wal"));
    put_metrics(&a);
    bw_answer_end(&a);
    return err;
}

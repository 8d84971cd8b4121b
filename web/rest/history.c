/* How it went lately: what charts are drawn from.
 *
 * What the streams did is this process's to tell, the rest is the bus's, which may be another
 * process. Both count in the same steps, and the newest steps of both are put side by side. */
#include "base/history.h"

#include <string.h>

#include "base/metrics.h"
#include "web/rest/ask.h"
#include "web/rest/params.h"
#include "wire/json.h"
#include "wire/mp.h"

#define COMMIT   "bellwire_writer_commit_seconds"
#define DELIVERY "bellwire_stream_delivery_seconds"
#define TYPES    "bellwire_writer_events_by_type_total"
#define FINISHED "bellwire_journal_tasks_finished_total"
#define WATCHERS "bellwire_stream_transport_connections"

/* What a chart may show, in the order of the answer. Counters are told per step. */
static const struct chart {
    const char *key, *id;
    bool is_here; /* else the bus's */
} charts[] = {
    {"events", "bellwire_writer_events_total", false},
    {"created", TYPES "{type=\"TASK_CREATED\"}", false},
    {"updated", TYPES "{type=\"TASK_UPDATED\"}", false},
    {"logs", TYPES "{type=\"TASK_LOG\"}", false},
    {"completed", FINISHED "{status=\"completed\"}", false},
    {"failed", FINISHED "{status=\"failed\"}", false},
    {"cancelled", FINISHED "{status=\"cancelled\"}", false},
    {"timeout", FINISHED "{status=\"timeout\"}", false},
    {"commit_us_p50", COMMIT "{quantile=\"0.5\"}", false},
    {"commit_us_p95", COMMIT "{quantile=\"0.95\"}", false},
    {"commit_us_p99", COMMIT "{quantile=\"0.99\"}", false},
    {"delivery_us_p50", DELIVERY "{quantile=\"0.5\"}", true},
    {"delivery_us_p95", DELIVERY "{quantile=\"0.95\"}", true},
    {"delivery_us_p99", DELIVERY "{quantile=\"0.99\"}", true},
    {"deliveries", "bellwire_stream_deliveries_total", true},
    {"websocket", WATCHERS "{transport=\"websocket\"}", true},
    {"sse", WATCHERS "{transport=\"sse\"}", true},
    {"long_poll", WATCHERS "{transport=\"long_poll\"}", true},
};
enum { N_CHARTS = sizeof charts / sizeof charts[0] };

struct drawing {
    struct bw_buf *out;
    uint64_t points; /* in each series */
    size_t chart;    /* of which this process's is looked for */
    bool found;
};

static void begin_series(const struct drawing *d, size_t chart)
{
    bw_buf_printf(d->out, "%s\"%s\":[", chart ? "," : "", charts[chart].key);
}

/* The i-th place of a series that has n points; what is missing is missing at the beginning. A time
 * that was not measured in a step is null, too. */
static void put_point(const struct drawing *d, uint64_t i, uint64_t n, const int64_t *value)
{
    if (i > 0)
        bw_buf_putc(d->out, ',');
    if (i + n < d->points || *value < 0)
        bw_buf_puts(d->out, BW_STR("null"));
    else
        bw_json_uint(d->out, (uint64_t)*value);
}

static void put_here(void *ctx, const struct bw_history_series *s)
{
    struct drawing *d = ctx;
    char id[BW_METRIC_ID_MAX];
    bw_history_id(s, id);
    if (d->found || strcmp(id, charts[d->chart].id) != 0)
        return;
    d->found = true;
    uint64_t n = s->n < d->points ? s->n : d->points;
    for (uint64_t i = 0; i < d->points; i++)
        put_point(d, i, n, &s->points[i + n < d->points ? 0 : s->n + i - d->points]);
}

static void put_bus(const struct drawing *d, const msgpack_object *points)
{
    uint64_t n = points && points->type == MSGPACK_OBJECT_ARRAY ? points->via.array.size : 0;
    for (uint64_t i = 0; i < d->points; i++) {
        const msgpack_object *o =
            i + n < d->points ? NULL : &points->via.array.ptr[i + n - d->points];
        int64_t value = o && o->type == MSGPACK_OBJECT_POSITIVE_INTEGER ? o->via.i64 : -1;
        put_point(d, i, n, &value);
    }
}

static void put_all(struct drawing *d, const msgpack_object *series, enum bw_history_step step)
{
    static const int64_t none = -1;
    for (d->chart = 0; d->chart < N_CHARTS; d->chart++) {
        const struct chart *c = &charts[d->chart];
        begin_series(d, d->chart);
        if (c->is_here) {
            d->found = false;
            bw_history_each(step, d->points, put_here, d);
            for (uint64_t i = 0; !d->found && i < d->points; i++)
                put_point(d, i, 0, &none);
        } else {
            put_bus(d, series ? bw_mp_get(series, c->id) : NULL);
        }
        bw_buf_putc(d->out, ']');
    }
}

static int ask(const struct bw_rest *rest, uint32_t step_s, uint32_t points, struct bw_asked *out,
               struct bw_fault *fault)
{
    static const struct bw_str names[] = {BW_STR("bellwire_writer_events_total"), BW_STR(TYPES),
                                          BW_STR(FINISHED), BW_STR(COMMIT)};
    struct bw_rpc_request question = {.op = BW_RPC_HISTORY,
                                      .step_s = step_s,
                                      .limit = points,
                                      .series = {names, sizeof names / sizeof names[0]}};
    return bw_rest_ask(rest, &question, out, fault);
}

void bw_rest_get_history(void *ctx, const struct bw_http_request *request,
                         struct bw_http_answer *answer)
{
    struct bw_params p;
    struct bw_asked asked = {.reply = NULL};
    struct drawing d = {.out = &answer->body};
    struct bw_str end = {NULL, 0};
    bw_params_begin(&p, &request->query);
    uint32_t step_s = bw_params_u32(&p, "step_s", 1, 120, 5);
    uint32_t points = bw_params_u32(&p, "points", 1, BW_HISTORY_POINTS_MAX, BW_HISTORY_POINTS_MAX);
    enum bw_history_step step = step_s == 120 ? BW_HISTORY_COARSE : BW_HISTORY_FINE;
    if (p.fault.err == 0 && step_s != bw_history_step_s(step))
        bw_fault(&p.fault, BW_EINVAL, "step_s", "must be 5 or 120");
    if (p.fault.err == 0 && ask(ctx, step_s, points, &asked, &p.fault) == 0) {
        bw_mp_get_u64(&asked.root, "points", &d.points, &p.fault);
        bw_mp_get_str(&asked.root, "end", SIZE_MAX, &end, &p.fault);
    }
    if (p.fault.err) {
        bw_http_fault(answer, &p.fault);
    } else {
        bw_rest_begin(answer, 200);
        bw_buf_printf(d.out, "{\"step_s\":%u,\"points\":%u,\"end\":", step_s, (unsigned)d.points);
        if (end.len)
            bw_json_string(d.out, end);
        else
            bw_buf_puts(d.out, BW_STR("null"));
        bw_buf_puts(d.out, BW_STR(",\"series\":{"));
        put_all(&d, bw_mp_get(&asked.root, "series"), step);
        bw_buf_puts(d.out, BW_STR("}}"));
        bw_rest_end(answer, asked.epoch, asked.head);
    }
    bw_asked_free(&asked);
    bw_params_free(&p);
}

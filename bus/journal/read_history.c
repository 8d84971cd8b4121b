/* The verb `history`: what the metrics of the bus's process were. Nothing of it is in the journal;
 * it is answered here because all questions are. */
#include "base/history.h"
#include "base/metrics.h"
#include "journal/reader.h"

struct telling {
    const struct bw_str_set *wanted;
    struct bw_mp_map series;
    size_t points;
};

static bool is_wanted(const struct bw_str_set *wanted, const char *name)
{
    for (size_t i = 0; i < wanted->n; i++)
        if (bw_str_is(wanted->v[i], name))
            return true;
    return wanted->n == 0;
}

static void put_series(void *ctx, const struct bw_history_series *s)
{
    struct telling *t = ctx;
    char id[BW_METRIC_ID_MAX];
    if (!is_wanted(t->wanted, s->name))
        return;
    bw_history_id(s, id);
    bw_mp_key(&t->series, id);
    msgpack_pack_array(&t->series.pk, s->n);
    for (size_t i = 0; i < s->n; i++)
        msgpack_pack_int64(&t->series.pk, s->points[i]);
    t->points = s->n;
}

int bw_read_history(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                    struct bw_fault *fault)
{
    enum bw_history_step step = q->step_s == 120 ? BW_HISTORY_COARSE : BW_HISTORY_FINE;
    struct telling t = {.wanted = &q->series};
    struct bw_answer a;
    (void)fault;
    bw_answer_begin(&a, out, &r->state);
    bw_mp_put_u64(&a.map, "step_s", bw_history_step_s(step));
    bw_mp_key(&a.map, "series");
    bw_mp_map_begin(&t.series, out);
    int64_t end_us = bw_history_each(step, q->limit ? q->limit : SIZE_MAX, put_series, &t);
    bw_mp_map_end(&t.series);
    bw_mp_put_u64(&a.map, "points", t.points);
    if (end_us)
        bw_mp_put_time(&a.map, "end", end_us);
    bw_answer_end(&a);
    return 0;
}

/* The counters of this process, in Prometheus's text format. */
#include <inttypes.h>
#include <string.h>

#include "base/metrics.h"
#include "web/rest/rest.h"

struct putting {
    struct bw_buf *out;
    const char *name; /* of the metric before */
};

static void put_head(struct bw_buf *out, const char *name, const char *help, const char *type)
{
    bw_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_metric(void *ctx, const struct bw_metric *m)
{
    struct putting *p = ctx;
    if (!p->name || strcmp(p->name, m->name) != 0)
        put_head(p->out, m->name, m->help, m->is_gauge ? "gauge" : "counter");
    p->name = m->name;
    if (m->labels)
        bw_buf_printf(p->out, "%s{%s} %" PRId64 "\n", m->name, m->labels, bw_metric_get(m));
    else
        bw_buf_printf(p->out, "%s %" PRId64 "\n", m->name, bw_metric_get(m));
}

static void put_histogram(void *ctx, const struct bw_histogram *h)
{
    struct putting *p = ctx;
    int64_t n = 0;
    put_head(p->out, h->name, h->help, "histogram");
    for (int i = 0; i < BW_HISTOGRAM_BUCKETS; i++) {
        bool is_last = i == BW_HISTOGRAM_BUCKETS - 1;
        n += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        if (is_last)
            bw_buf_printf(p->out, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n", h->name, n);
        else
            bw_buf_printf(p->out, "%s_bucket{le=\"%g\"} %" PRId64 "\n", h->name,
                          (double)bw_histogram_bound_us(i) / 1e6, n);
    }
    double sum_s = (double)atomic_load_explicit(&h->sum_us, memory_order_relaxed) / 1e6;
    bw_buf_printf(p->out, "%s_sum %.6f\n%s_count %" PRId64 "\n", h->name, sum_s, h->name, n);
}

void bw_rest_get_metrics(void *ctx, const struct bw_http_request *request,
                         struct bw_http_answer *answer)
{
    (void)ctx, (void)request;
    answer->status = 200;
    answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
    struct putting p = {.out = &answer->body};
    bw_metrics_each(put_metric, &p);
    bw_histograms_each(put_histogram, &p);
}

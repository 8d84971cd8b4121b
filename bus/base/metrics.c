/* The lists of all metrics; they are complete before main() and never change after. */
#include "base/metrics.h"

#include <stddef.h>
#include <stdio.h>

static struct bw_metric *all;
static struct bw_histogram *histograms;

/* In steps of 1, 2 and 5: what is shown of a time is off by less than half of it. */
static const int64_t bounds_us[BW_HISTOGRAM_BUCKETS] = {
    50,    100,    200,    500,    1000,    2000,    5000,    10000,    20000,
    50000, 100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000, INT64_MAX,
};

void bw_metric_register(struct bw_metric *m)
{
    m->next = all;
    all = m;
}

void bw_metric_id(const char *name, const char *labels, char id[BW_METRIC_ID_MAX])
{
    if (labels)
        snprintf(id, BW_METRIC_ID_MAX, "%s{%s}", name, labels);
    else
        snprintf(id, BW_METRIC_ID_MAX, "%s", name);
}

void bw_metrics_each(void (*visit)(void *ctx, const struct bw_metric *m), void *ctx)
{
    for (const struct bw_metric *m = all; m; m = m->next)
        visit(ctx, m);
}

void bw_histogram_register(struct bw_histogram *h)
{
    h->next = histograms;
    histograms = h;
}

void bw_histograms_each(void (*visit)(void *ctx, const struct bw_histogram *h), void *ctx)
{
    for (const struct bw_histogram *h = histograms; h; h = h->next)
        visit(ctx, h);
}

int64_t bw_histogram_bound_us(int bucket)
{
    return bounds_us[bucket];
}

void bw_histogram_add(struct bw_histogram *h, int64_t us)
{
    int bucket = 0;
    if (us < 0)
        us = 0;
    while (us > bounds_us[bucket])
        bucket++;
    atomic_fetch_add_explicit(&h->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum_us, us, memory_order_relaxed);
}

int64_t bw_histogram_quantile_us(const int64_t counts[BW_HISTOGRAM_BUCKETS], double part)
{
    int64_t n = 0, before = 0;
    for (int i = 0; i < BW_HISTOGRAM_BUCKETS; i++)
        n += counts[i];
    if (n <= 0)
        return -1;
    double wanted = part * (double)n;
    int bucket = 0;
    while (bucket < BW_HISTOGRAM_BUCKETS - 2 && (double)(before + counts[bucket]) < wanted)
        before += counts[bucket++];
    if (counts[bucket] <= 0)
        return bounds_us[bucket];
    int64_t low = bucket ? bounds_us[bucket - 1] : 0;
    double within = (wanted - (double)before) / (double)counts[bucket];
    return low + (int64_t)((double)(bounds_us[bucket] - low) * (within > 1 ? 1 : within));
}

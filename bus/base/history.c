/* What the metrics of this process were. */
#include "base/history.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/thread.h"

enum {
    COARSE_EVERY = 24,
    SAMPLES = BW_HISTORY_POINTS_MAX + 1, /* a step is between two */
};

static const unsigned steps_s[BW_N_HISTORY_STEPS] = {
    [BW_HISTORY_FINE] = 5,
    [BW_HISTORY_COARSE] = 5 * COARSE_EVERY,
};

/* Of one value. */
struct track {
    int64_t *samples[BW_N_HISTORY_STEPS];
};

/* How far one ring is. */
struct ring {
    uint64_t taken;  /* samples, from the beginning */
    int64_t last_us; /* when the last one was */
};

static struct {
    pthread_mutex_t lock;
    struct track *tracks; /* all metrics in the order of their list, then all buckets */
    int64_t *memory;
    size_t n_tracks;
    struct ring rings[BW_N_HISTORY_STEPS];
    uint64_t ticks;
    struct bw_mailbox *box; /* closed to end the thread */
    struct bw_thread thread;
} history = {.lock = PTHREAD_MUTEX_INITIALIZER};

unsigned bw_history_step_s(enum bw_history_step step)
{
    return steps_s[step];
}

void bw_history_id(const struct bw_history_series *series, char id[BW_METRIC_ID_MAX])
{
    if (series->quantile)
        snprintf(id, BW_METRIC_ID_MAX, "%s{quantile=\"%s\"}", series->name, series->quantile);
    else
        bw_metric_id(series->name, series->labels, id);
}

static void count_metric(void *ctx, const struct bw_metric *m)
{
    (void)m;
    ++*(size_t *)ctx;
}

static void count_histogram(void *ctx, const struct bw_histogram *h)
{
    (void)h;
    *(size_t *)ctx += BW_HISTOGRAM_BUCKETS;
}

int bw_history_open(void)
{
    size_t n = 0;
    bw_metrics_each(count_metric, &n);
    bw_histograms_each(count_histogram, &n);
    history.n_tracks = n;
    history.tracks = calloc(n ? n : 1, sizeof *history.tracks);
    history.memory =
        calloc(n ? n : 1, (size_t)(BW_N_HISTORY_STEPS * SAMPLES) * sizeof *history.memory);
    if (!history.tracks || !history.memory) {
        bw_history_stop();
        return BW_ENOMEM;
    }
    int64_t *at = history.memory;
    for (size_t i = 0; i < n; i++)
        for (int r = 0; r < BW_N_HISTORY_STEPS; r++) {
            history.tracks[i].samples[r] = at;
            at += SAMPLES;
        }
    return 0;
}

/* --- Taking samples -------------------------------------------------------------------------- */

struct taking {
    size_t track;
    enum bw_history_step step;
    size_t at;
};

static void take(struct taking *t, int64_t value)
{
    history.tracks[t->track++].samples[t->step][t->at] = value;
}

static void take_metric(void *ctx, const struct bw_metric *m)
{
    take(ctx, bw_metric_get(m));
}

static void take_histogram(void *ctx, const struct bw_histogram *h)
{
    for (int i = 0; i < BW_HISTOGRAM_BUCKETS; i++)
        take(ctx, atomic_load_explicit(&h->buckets[i], memory_order_relaxed));
}

static void sample_into(enum bw_history_step step, int64_t wall_us)
{
    struct ring *ring = &history.rings[step];
    struct taking t = {.step = step, .at = (size_t)(ring->taken % SAMPLES)};
    bw_metrics_each(take_metric, &t);
    bw_histograms_each(take_histogram, &t);
    ring->taken++;
    ring->last_us = wall_us;
}

void bw_history_sample(int64_t wall_us)
{
    pthread_mutex_lock(&history.lock);
    sample_into(BW_HISTORY_FINE, wall_us);
    if (history.ticks++ % COARSE_EVERY == 0)
        sample_into(BW_HISTORY_COARSE, wall_us);
    pthread_mutex_unlock(&history.lock);
}

/* A tick that comes late does not move those after it, unless it is a whole step late. */
static void run(void *arg)
{
    const int64_t step_us = steps_s[BW_HISTORY_FINE] * INT64_C(1000000);
    int64_t due_us = bw_clock_mono_us();
    (void)arg;
    while (!bw_mailbox_is_closed(history.box)) {
        int64_t now_us = bw_clock_mono_us();
        if (now_us >= due_us) {
            bw_history_sample(bw_clock_wall_us());
            due_us = now_us - due_us < step_us ? due_us + step_us : now_us + step_us;
        }
        bw_mailbox_take(history.box, (int)((due_us - now_us) / 1000) + 1);
    }
}

int bw_history_start(void)
{
    int err = bw_history_open();
    if (!err)
        err = bw_mailbox_create(&history.box, 1, 0);
    if (!err)
        err = bw_thread_start(&history.thread, "bw-history", run, NULL);
    if (err)
        bw_history_stop();
    return err;
}

void bw_history_stop(void)
{
    if (history.box) {
        bw_mailbox_close(history.box);
        bw_thread_join(&history.thread);
        bw_mailbox_destroy(&history.box);
    }
    pthread_mutex_lock(&history.lock);
    free(history.tracks);
    free(history.memory);
    history.tracks = NULL;
    history.memory = NULL;
    history.n_tracks = 0;
    history.ticks = 0;
    for (int r = 0; r < BW_N_HISTORY_STEPS; r++)
        history.rings[r] = (struct ring){0};
    pthread_mutex_unlock(&history.lock);
}

/* --- Reading --------------------------------------------------------------------------------- */

struct reading {
    enum bw_history_step step;
    size_t n, track;
    uint64_t first; /* the sample with which the first step begins */
    void (*visit)(void *ctx, const struct bw_history_series *series);
    void *ctx;
    int64_t points[BW_HISTORY_POINTS_MAX];
};

static int64_t sample(const struct reading *r, size_t track, size_t i)
{
    return history.tracks[track].samples[r->step][(r->first + i) % SAMPLES];
}

static void tell(struct reading *r, const char *name, const char *labels, const char *quantile)
{
    const struct bw_history_series series = {name, labels, quantile, r->points, r->n};
    r->visit(r->ctx, &series);
}

static void read_metric(void *ctx, const struct bw_metric *m)
{
    struct reading *r = ctx;
    for (size_t i = 0; i < r->n; i++)
        r->points[i] = sample(r, r->track, i + 1) - (m->is_gauge ? 0 : sample(r, r->track, i));
    r->track++;
    tell(r, m->name, m->labels, NULL);
}

static void read_histogram(void *ctx, const struct bw_histogram *h)
{
    static const struct {
        const char *name;
        double part;
    } quantiles[] = {{"0.5", 0.5}, {"0.95", 0.95}, {"0.99", 0.99}};
    struct reading *r = ctx;
    for (size_t q = 0; q < sizeof quantiles / sizeof quantiles[0]; q++) {
        for (size_t i = 0; i < r->n; i++) {
            int64_t counts[BW_HISTOGRAM_BUCKETS];
            for (size_t b = 0; b < BW_HISTOGRAM_BUCKETS; b++)
                counts[b] = sample(r, r->track + b, i + 1) - sample(r, r->track + b, i);
            r->points[i] = bw_histogram_quantile_us(counts, quantiles[q].part);
        }
        tell(r, h->name, NULL, quantiles[q].name);
    }
    r->track += BW_HISTOGRAM_BUCKETS;
}

int64_t bw_history_each(enum bw_history_step step, size_t limit,
                        void (*visit)(void *ctx, const struct bw_history_series *series), void *ctx)
{
    int64_t end_us = 0;
    struct reading *r = malloc(sizeof *r);
    if (!r)
        return 0;
    *r = (struct reading){.step = step, .visit = visit, .ctx = ctx};
    pthread_mutex_lock(&history.lock);
    const struct ring *ring = &history.rings[step];
    size_t kept = ring->taken < SAMPLES ? (size_t)ring->taken : SAMPLES;
    if (kept > 1) {
        r->n = kept - 1 < limit ? kept - 1 : limit;
        r->first = ring->taken - r->n - 1;
        end_us = ring->last_us;
        bw_metrics_each(read_metric, r);
        bw_histograms_each(read_histogram, r);
    }
    pthread_mutex_unlock(&history.lock);
    free(r);
    return end_us;
}

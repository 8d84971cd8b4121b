/* Counters, gauges and histograms of time. Each is a variable in the file that counts; all are on
 * one list, which /metrics, `stats` and the history read. */
#ifndef BW_BASE_METRICS_H
#define BW_BASE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

struct bw_metric {
    const char *name, *help;
    const char *labels; /* as Prometheus writes them, without braces; NULL: none */
    int is_gauge;
    _Atomic int64_t value;
    struct bw_metric *next;
};

void bw_metric_register(struct bw_metric *m);

#define BW_METRIC_DEFINE(var, name_, help_, gauge_)                                                \
    static struct bw_metric var = {.name = (name_), .help = (help_), .is_gauge = (gauge_)};        \
    __attribute__((constructor)) static void register_##var(void)                                  \
    {                                                                                              \
        bw_metric_register(&var);                                                                  \
    }
/* An array of metrics of one name, told apart by their labels: give them as initializers; one that
 * is given none is not on the list. */
#define BW_METRICS_DEFINE(var, n, name_, help_, gauge_, ...)                                       \
    static struct bw_metric var[n];                                                                \
    __attribute__((constructor)) static void register_##var(void)                                  \
    {                                                                                              \
        static const char *const labels[n] = {__VA_ARGS__};                                        \
        for (int i = 0; i < (n); i++) {                                                            \
            if (!labels[i])                                                                        \
                continue;                                                                          \
            var[i].name = (name_), var[i].help = (help_);                                          \
            var[i].labels = labels[i], var[i].is_gauge = (gauge_);                                 \
            bw_metric_register(&var[i]);                                                           \
        }                                                                                          \
    }
/* At file scope: BW_COUNTER(events_in, "bellwire_ingest_events_total", "Events received."); */
#define BW_COUNTER(var, name, help) BW_METRIC_DEFINE(var, name, help, 0)
#define BW_GAUGE(var, name, help)   BW_METRIC_DEFINE(var, name, help, 1)

static inline void bw_metric_add(struct bw_metric *m, int64_t n)
{
    atomic_fetch_add_explicit(&m->value, n, memory_order_relaxed);
}

static inline void bw_metric_set(struct bw_metric *m, int64_t value)
{
    atomic_store_explicit(&m->value, value, memory_order_relaxed);
}

static inline int64_t bw_metric_get(const struct bw_metric *m)
{
    return atomic_load_explicit(&m->value, memory_order_relaxed);
}

enum { BW_METRIC_ID_MAX = 160 };
/* Name and labels as Prometheus writes them: "name" or "name{labels}". Cut off if too long. */
void bw_metric_id(const char *name, const char *labels, char id[BW_METRIC_ID_MAX]);

/* Calls visit for each metric; those of one name come together, else in no order. Any thread, after
 * main began. */
void bw_metrics_each(void (*visit)(void *ctx, const struct bw_metric *m), void *ctx);

/* --- How long something took --------------------------------------------------------------------
 */
enum { BW_HISTOGRAM_BUCKETS = 18 };

struct bw_histogram {
    const char *name, *help;                       /* the name ends in _seconds */
    _Atomic int64_t buckets[BW_HISTOGRAM_BUCKETS]; /* each by itself */
    _Atomic int64_t sum_us;
    struct bw_histogram *next;
};

void bw_histogram_register(struct bw_histogram *h);

#define BW_HISTOGRAM(var, name_, help_)                                                            \
    static struct bw_histogram var = {.name = (name_), .help = (help_)};                           \
    __attribute__((constructor)) static void register_##var(void)                                  \
    {                                                                                              \
        bw_histogram_register(&var);                                                               \
    }

void bw_histogram_add(struct bw_histogram *h, int64_t us);
void bw_histograms_each(void (*visit)(void *ctx, const struct bw_histogram *h), void *ctx);
/* Up to where a bucket goes; the last one has no bound: INT64_MAX. */
int64_t bw_histogram_bound_us(int bucket);
/* The time below which this part (0 to 1) of what the buckets count lies, interpolated; negative
 * when they count nothing. */
int64_t bw_histogram_quantile_us(const int64_t counts[BW_HISTOGRAM_BUCKETS], double part);

#endif

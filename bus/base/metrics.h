/* Counters and gauges. Each is a variable in the file that counts; all are on one list, which
 * /metrics and `stats` read. */
#ifndef BW_BASE_METRICS_H
#define BW_BASE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

struct bw_metric {
    const char *name, *help;
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

/* Calls visit for each metric, sorted by nothing in particular. Any thread, after main began. */
void bw_metrics_each(void (*visit)(void *ctx, const struct bw_metric *m), void *ctx);

#endif

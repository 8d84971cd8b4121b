/* The list of all metrics; it is complete before main() and never changes after. */
#include "base/metrics.h"

#include <stddef.h>

static struct bw_metric *all;

void bw_metric_register(struct bw_metric *m)
{
    m->next = all;
    all = m;
}

void bw_metrics_each(void (*visit)(void *ctx, const struct bw_metric *m), void *ctx)
{
    for (const struct bw_metric *m = all; m; m = m->next)
        visit(ctx, m);
}

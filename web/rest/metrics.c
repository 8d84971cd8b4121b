/* The counters of this process, in Prometheus's text format. */
#include <inttypes.h>

#include "base/metrics.h"
#include "web/rest/rest.h"

static void put_metric(void *ctx, const struct bw_metric *m)
{
    bw_buf_printf(ctx, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n", m->name, m->help, m->name,
                  m->is_gauge ? "gauge" : "counter", m->name, bw_metric_get(m));
}

void bw_rest_get_metrics(void *ctx, const struct bw_http_request *request,
                         struct bw_http_answer *answer)
{
    (void)ctx, (void)request;
    answer->status = 200;
    answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
    bw_metrics_each(put_metric, &answer->body);
}

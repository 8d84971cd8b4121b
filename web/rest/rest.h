/* The REST interface: one handler per method and path, one file per resource. web/routes.c binds
 * them to paths. Each handler's ctx is a struct bw_rest. */
#ifndef BW_REST_REST_H
#define BW_REST_REST_H

#include <stdbool.h>
#include <stdint.h>

#include "bellwire.h"
#include "web/http/route.h"
#include "web/rest/fresh.h"

/* What the handlers work with; constant while the server runs. */
struct bw_rest {
    struct bellwire *bus; /* borrowed */
    uint32_t timeout_ms;  /* of one request to the bus */
    struct bw_fresh *fresh;
    /* What the live streams say of themselves; any thread. */
    bool (*streams_are_live)(void *streams);
    bool (*streams_are_draining)(void *streams);
    unsigned (*watchers)(void *streams);
    unsigned (*subscriptions)(void *streams, struct bw_str topic);
    void *streams;
};

/* tasks.c: reading */
bw_http_handler bw_rest_list_tasks;   /* GET /tasks */
bw_http_handler bw_rest_get_task;     /* GET /tasks/{id} */
bw_http_handler bw_rest_get_progress; /* GET /tasks/{id}/progress */

/* task_write.c: each write is an event like any other */
bw_http_handler bw_rest_create_task; /* POST /tasks */
bw_http_handler bw_rest_patch_task;  /* PATCH /tasks/{id} */
bw_http_handler bw_rest_put_task;    /* PUT /tasks/{id} */
bw_http_handler bw_rest_delete_task; /* DELETE /tasks/{id} */

/* commands.c */
bw_http_handler bw_rest_command; /* POST /tasks/{id}/{action} */

/* bulk.c */
bw_http_handler bw_rest_bulk; /* POST /tasks/bulk */

/* events.c: reading */
bw_http_handler bw_rest_get_events;      /* GET /events */
bw_http_handler bw_rest_get_task_events; /* GET /tasks/{id}/events */
bw_http_handler bw_rest_get_logs;        /* GET /logs, GET /tasks/{id}/logs */

/* publish.c */
bw_http_handler bw_rest_publish; /* POST /events */

/* values.c, workers.c */
bw_http_handler bw_rest_get_values;  /* GET /tasks/values */
bw_http_handler bw_rest_get_workers; /* GET /workers */

/* stats.c, history.c, health.c, metrics.c */
bw_http_handler bw_rest_get_stats;   /* GET /stats */
bw_http_handler bw_rest_get_history; /* GET /stats/history */
bw_http_handler bw_rest_get_healthz; /* GET /healthz */
bw_http_handler bw_rest_get_readyz;  /* GET /readyz */
bw_http_handler bw_rest_get_metrics; /* GET /metrics */

#endif

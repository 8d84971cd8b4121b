/* The route table. Paths with more in them come before those with a {…} in the same place. */
#include "web/routes.h"

#include "web/assets.h"
#include "web/rest/rest.h"
#include "web/watches.h"

#define API          "/api/v1"
#define JSON         "application/json"
#define JSON_OR_NONE JSON " none"
#define EVENT_TYPES                                                                                \
    "application/json application/msgpack application/x-msgpack application/cloudevents+json "     \
    "application/cloudevents-batch+json"
#define TASK_FILTER  "id type owner resource queue status q sort limit page"
#define EVENT_FILTER "topic after limit wait task_id owner resource event_types"
#define TASK_STREAM  "topics after catchup snapshot event_types"
#define STREAM       TASK_STREAM " task_id owner resource"

/* A GET that was meant to become a WebSocket and did not ask for it. */
static void need_upgrade(void *ctx, const struct bw_http_request *request,
                         struct bw_http_answer *answer)
{
    struct bw_fault fault = {0};
    (void)ctx, (void)request;
    bw_fault(&fault, BW_EUNSUPPORTED, "Upgrade", "this is a WebSocket: see docs/http.md");
    bw_http_problem(answer, 426, &fault);
    bw_http_answer_header(answer, "Upgrade", "websocket");
}

const struct bw_route bw_routes[] = {
    {BW_HTTP_GET, API "/tasks", bw_rest_list_tasks, TASK_FILTER, NULL},
    {BW_HTTP_POST, API "/tasks", bw_rest_create_task, NULL, JSON},
    {BW_HTTP_GET, API "/tasks/values", bw_rest_get_values, "field prefix limit", NULL},
    {BW_HTTP_POST, API "/tasks/bulk", bw_rest_bulk, NULL, JSON},
    {BW_HTTP_GET, API "/tasks/{id}", bw_rest_get_task, NULL, NULL},
    {BW_HTTP_PATCH, API "/tasks/{id}", bw_rest_patch_task, NULL, JSON},
    {BW_HTTP_PUT, API "/tasks/{id}", bw_rest_put_task, NULL, JSON},
    {BW_HTTP_DELETE, API "/tasks/{id}", bw_rest_delete_task, NULL, NULL},
    {BW_HTTP_POST, API "/tasks/{id}/start", bw_rest_command, NULL, JSON_OR_NONE},
    {BW_HTTP_POST, API "/tasks/{id}/pause", bw_rest_command, NULL, JSON_OR_NONE},
    {BW_HTTP_POST, API "/tasks/{id}/resume", bw_rest_command, NULL, JSON_OR_NONE},
    {BW_HTTP_POST, API "/tasks/{id}/stop", bw_rest_command, NULL, JSON_OR_NONE},
    {BW_HTTP_POST, API "/tasks/{id}/cancel", bw_rest_command, NULL, JSON_OR_NONE},
    {BW_HTTP_POST, API "/tasks/{id}/retry", bw_rest_command, NULL, JSON_OR_NONE},
    {BW_HTTP_GET, API "/tasks/{id}/events", bw_rest_get_task_events,
     "topic after limit event_types", NULL},
    {BW_HTTP_GET, API "/tasks/{id}/logs", bw_rest_get_logs, "after before level q limit", NULL},
    {BW_HTTP_GET, API "/tasks/{id}/progress", bw_rest_get_progress, NULL, NULL},
    {BW_HTTP_GET, API "/tasks/{id}/stream", bw_watch_task, TASK_STREAM, NULL},
    {BW_HTTP_GET, API "/logs", bw_rest_get_logs, "task_id after before level q limit", NULL},
    {BW_HTTP_GET, API "/events", bw_watch_events, EVENT_FILTER, NULL},
    {BW_HTTP_GET, API "/stream", bw_watch_stream, STREAM, NULL},
    {BW_HTTP_POST, API "/events", bw_rest_publish, "topic", EVENT_TYPES},
    {BW_HTTP_GET, API "/workers", bw_rest_get_workers, "limit", NULL},
    {BW_HTTP_GET, API "/stats/history", bw_rest_get_history, "step_s points", NULL},
    {BW_HTTP_GET, API "/stats", bw_rest_get_stats, NULL, NULL},
    {BW_HTTP_GET, "/healthz", bw_rest_get_healthz, NULL, NULL},
    {BW_HTTP_GET, "/readyz", bw_rest_get_readyz, NULL, NULL},
    {BW_HTTP_GET, "/metrics", bw_rest_get_metrics, NULL, NULL},
    {BW_HTTP_GET, BW_WEBSOCKET_PATH, need_upgrade, NULL, NULL},
    {BW_HTTP_GET, "/", bw_asset_page_handler, "*", NULL},
    {BW_HTTP_GET, "/tasks", bw_asset_page_handler, "*", NULL},
    {BW_HTTP_GET, "/tasks.html", bw_asset_page_handler, "*", NULL},
    {BW_HTTP_GET, "/tasks/{id}", bw_asset_page_handler, "*", NULL},
    {BW_HTTP_GET, "/logs", bw_asset_page_handler, "*", NULL},
    {BW_HTTP_GET, "/logs.html", bw_asset_page_handler, "*", NULL},
    {BW_HTTP_GET, "/assets/{file}", bw_asset_hashed_handler, NULL, NULL},
    {BW_HTTP_GET, "/{file}", bw_asset_handler, NULL, NULL},
};
const size_t bw_n_routes = sizeof bw_routes / sizeof *bw_routes;

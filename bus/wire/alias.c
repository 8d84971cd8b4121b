/* The tables of other systems' words. */
#include "wire/alias.h"

#include <strings.h>

static const struct bw_alias types[] = {
    /* Celery's events */
    {"task-sent", BW_TASK_CREATED, NULL, false},
    {"task-received", BW_TASK_CREATED, NULL, false},
    {"task-started", BW_TASK_STATUS_CHANGED, "running", false},
    {"task-progress", BW_TASK_UPDATED, NULL, false},
    {"task-succeeded", BW_TASK_COMPLETED, NULL, false},
    {"task-failed", BW_TASK_FAILED, NULL, false},
    {"task-rejected", BW_TASK_FAILED, NULL, false},
    {"task-revoked", BW_TASK_FAILED, "cancelled", false},
    {"task-retried", BW_TASK_STATUS_CHANGED, "pending", true},
    {"worker-heartbeat", BW_WORKER_HEARTBEAT, NULL, false},
    /* Celery's task states, as events */
    {"started", BW_TASK_STATUS_CHANGED, "running", false},
    {"succeeded", BW_TASK_COMPLETED, NULL, false},
    {"retried", BW_TASK_STATUS_CHANGED, "pending", true},
    {"revoked", BW_TASK_FAILED, "cancelled", false},
    /* BullMQ's queue events */
    {"added", BW_TASK_CREATED, NULL, false},
    {"waiting", BW_TASK_STATUS_CHANGED, "pending", false},
    {"waiting-children", BW_TASK_STATUS_CHANGED, "pending", false},
    {"delayed", BW_TASK_STATUS_CHANGED, "pending", false},
    {"active", BW_TASK_STATUS_CHANGED, "running", false},
    {"progress", BW_TASK_UPDATED, NULL, false},
    {"stalled", BW_TASK_STATUS_CHANGED, "pending", false}, /* it goes back to the queue */
    {"completed", BW_TASK_COMPLETED, NULL, false},
    {"failed", BW_TASK_FAILED, NULL, false},
    {"removed", BW_TASK_DELETED, NULL, false},
};

static const struct {
    const char *word;
    enum bw_status status;
} statuses[] = {
    {"queued", BW_PENDING},      {"waiting", BW_PENDING},      {"waiting-children", BW_PENDING},
    {"delayed", BW_PENDING},     {"prioritized", BW_PENDING},  {"scheduled", BW_PENDING},
    {"created", BW_PENDING},     {"received", BW_PENDING},     {"sent", BW_PENDING},
    {"retry", BW_PENDING},       {"stalled", BW_PENDING},      {"new", BW_PENDING},
    {"active", BW_RUNNING},      {"processing", BW_RUNNING},   {"progress", BW_RUNNING},
    {"started", BW_RUNNING},     {"in_progress", BW_RUNNING},  {"in-progress", BW_RUNNING},
    {"executing", BW_RUNNING},   {"suspended", BW_PAUSED},     {"success", BW_COMPLETED},
    {"succeeded", BW_COMPLETED}, {"successful", BW_COMPLETED}, {"complete", BW_COMPLETED},
    {"done", BW_COMPLETED},      {"finished", BW_COMPLETED},   {"failure", BW_FAILED},
    {"error", BW_FAILED},        {"errored", BW_FAILED},       {"rejected", BW_FAILED},
    {"canceled", BW_CANCELLED},  {"revoked", BW_CANCELLED},    {"aborted", BW_CANCELLED},
    {"stopped", BW_CANCELLED},   {"terminated", BW_CANCELLED}, {"killed", BW_CANCELLED},
    {"timed_out", BW_TIMEOUT},   {"timed-out", BW_TIMEOUT},    {"timedout", BW_TIMEOUT},
    {"expired", BW_TIMEOUT},
};

const struct bw_alias *bw_alias_of_type(struct bw_str event_type)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (bw_str_is(event_type, types[i].name))
            return &types[i];
    return NULL;
}

bool bw_alias_of_status(struct bw_str word, enum bw_status *out)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (strlen(statuses[i].word) == word.len &&
            strncasecmp(statuses[i].word, word.ptr, word.len) == 0) {
            *out = statuses[i].status;
            return true;
        }
    return false;
}

/* Event types, and the topics they belong to. */
#include "wire/event_type.h"

#include "wire/topic.h"

static const struct bw_str names[BW_N_EVENT_KINDS] = {
    [BW_TASK_CREATED] = BW_STR("TASK_CREATED"),
    [BW_TASK_UPDATED] = BW_STR("TASK_UPDATED"),
    [BW_TASK_STATUS_CHANGED] = BW_STR("TASK_STATUS_CHANGED"),
    [BW_TASK_COMPLETED] = BW_STR("TASK_COMPLETED"),
    [BW_TASK_FAILED] = BW_STR("TASK_FAILED"),
    [BW_TASK_DELETED] = BW_STR("TASK_DELETED"),
    [BW_TASK_COMMAND_UNANSWERED] = BW_STR("TASK_COMMAND_UNANSWERED"),
    [BW_TASK_COMMAND_REFUSED] = BW_STR("TASK_COMMAND_REFUSED"),
    [BW_TASK_LOG] = BW_STR("TASK_LOG"),
    [BW_TASK_COMMAND] = BW_STR("TASK_COMMAND"),
    [BW_WORKER_HEARTBEAT] = BW_STR("WORKER_HEARTBEAT"),
};

enum bw_event_kind bw_event_kind(struct bw_str event_type)
{
    for (int kind = 0; kind < BW_N_EVENT_KINDS; kind++)
        if (bw_str_eq(names[kind], event_type))
            return (enum bw_event_kind)kind;
    return BW_OTHER_EVENT;
}

const char *bw_event_kind_name(enum bw_event_kind kind)
{
    return kind < BW_OTHER_EVENT ? names[kind].ptr : NULL;
}

struct bw_str bw_topic_of_type(struct bw_str event_type)
{
    static const struct bw_str task = BW_STR("TASK_");
    switch (bw_event_kind(event_type)) {
    case BW_TASK_LOG:
        return BW_STR(BW_TOPIC_LOGS);
    case BW_TASK_COMMAND:
        return BW_STR(BW_TOPIC_CONTROL);
    case BW_WORKER_HEARTBEAT:
        return BW_STR(BW_TOPIC_WORKERS);
    default:
        if (event_type.len > task.len && memcmp(event_type.ptr, task.ptr, task.len) == 0)
            return BW_STR(BW_TOPIC_SYSTEM);
        return (struct bw_str){0};
    }
}

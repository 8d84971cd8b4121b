/* The end of a task's log. */
#include "log_tail.h"

#include "answer.h"

int bw_log_tail(const struct bw_cli *cli, struct bellwire *bus, const char *task_id, uint32_t n,
                void (*visit)(void *ctx, const struct bw_event *event), void *ctx)
{
    struct bellwire_reply *reply;
    struct bw_answer answer;
    struct bw_event event;
    int err = bellwire_log_end(bus, task_id, NULL, NULL, n, &reply);
    int status = bw_answer_open(&answer, cli, err, reply);
    if (status)
        return status;
    msgpack_object_array events = bw_answer_list(&answer, "events");
    for (uint32_t i = 0; i < events.size; i++)
        if (bw_event_decode(&events.ptr[i], &event, NULL) == 0)
            visit(ctx, &event);
    bw_answer_close(&answer);
    return 0;
}

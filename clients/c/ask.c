/* Asking for commands, and refusing them: the events that do so. */
#include "bellwire.h"

#include "wire/event_type.h"
#include "wire/mp.h"

/* An action that there is not is left to the bus, which says so. */
int bellwire_ask(struct bellwire *handle, const char *task_id, enum bellwire_action action,
                 const char *by, const char *reason, struct bellwire_result *result)
{
    const char *name = bellwire_action_name(action);
    struct bw_buf bytes = {0};
    struct bw_mp_map data;
    bw_mp_map_begin(&data, &bytes);
    bw_mp_put_cstr(&data, "id", task_id);
    bw_mp_put_cstr(&data, "action", name ? name : "");
    if (by)
        bw_mp_put_cstr(&data, "by", by);
    if (reason)
        bw_mp_put_cstr(&data, "reason", reason);
    bw_mp_map_end(&data);
    const struct bellwire_event event = {
        .event_type = bw_event_kind_name(BW_TASK_COMMAND),
        .data_msgpack = bytes.data,
        .data_msgpack_len = bytes.len,
    };
    int err = bytes.failed ? BELLWIRE_ENOMEM : bellwire_publish(handle, &event, result);
    if (bytes.failed && result)
        *result = (struct bellwire_result){.error = err};
    bw_buf_free(&bytes);
    return err;
}

int bellwire_refuse(struct bellwire *handle, const struct bellwire_command *command,
                    const char *why)
{
    const char *name = bellwire_action_name(command->action);
    struct bw_buf bytes = {0};
    struct bw_mp_map data;
    bw_mp_map_begin(&data, &bytes);
    bw_mp_put_cstr(&data, "id", command->task_id);
    bw_mp_put_cstr(&data, "action", name ? name : "");
    bw_mp_put_cstr(&data, "command_id", command->id);
    bw_mp_map_end(&data);
    const struct bellwire_event event = {
        .event_type = bw_event_kind_name(BW_TASK_COMMAND_REFUSED),
        .message = why,
        .data_msgpack = bytes.data,
        .data_msgpack_len = bytes.len,
    };
    int err = bytes.failed ? BELLWIRE_ENOMEM : bellwire_publish_async(handle, &event, NULL, NULL);
    bw_buf_free(&bytes);
    return err;
}

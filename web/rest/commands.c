/* A command to one task: an event on topic `control`, which the bus checks against the task. */
#include "base/uuid.h"
#include "web/rest/ask.h"
#include "web/rest/body.h"
#include "web/rest/commands.h"
#include "wire/event_type.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/topic.h"

void bw_rest_put_command(struct bw_buf *out, const struct bw_rest_command_event *command)
{
    struct bw_mp_map event, data;
    bw_mp_map_begin(&event, out);
    bw_mp_put_str(&event, "id", command->id);
    bw_mp_put_cstr(&event, "event_type", bw_event_kind_name(BW_TASK_COMMAND));
    bw_mp_put_cstr(&event, "topic", BW_TOPIC_CONTROL);
    bw_mp_put_cstr(&event, "source", "http");
    bw_mp_key(&event, "data");
    bw_mp_map_begin(&data, out);
    bw_mp_put_str(&data, "id", command->task_id);
    bw_mp_put_str(&data, "action", command->action);
    if (command->reason.len)
        bw_mp_put_str(&data, "reason", command->reason);
    bw_mp_map_end(&data);
    bw_mp_map_end(&event);
}

/* The last segment of the path, which is one of the route table's. */
static struct bw_str action_of(const struct bw_http_request *request)
{
    const char *slash = memrchr(request->path.ptr, '/', request->path.len);
    const char *end = request->path.ptr + request->path.len;
    return (struct bw_str){slash + 1, (size_t)(end - slash - 1)};
}

int bw_rest_take_reason(const msgpack_object *body, struct bw_str *out, struct bw_fault *fault)
{
    const msgpack_object *reason = bw_mp_get(body, "reason");
    if (bw_mp_is_nil(reason))
        return 0;
    if (reason->type != MSGPACK_OBJECT_STR)
        return bw_fault(fault, BW_EINVAL, "reason", "must be a string");
    *out = bw_mp_as_str(reason);
    return 0;
}

static int read_body(const struct bw_http_request *request, struct bw_body *body,
                     struct bw_str *reason, struct bw_fault *fault)
{
    int err = bw_body_decode(request, body, fault);
    if (!err && body->root.type != MSGPACK_OBJECT_MAP)
        err = bw_fault(fault, BW_EINVAL, "", "the body must be an object, or there may be none");
    if (!err)
        err = bw_body_check_members(&body->root, "", "reason", fault);
    return err ? err : bw_rest_take_reason(&body->root, reason, fault);
}

static void put_answer(struct bw_http_answer *answer, const struct bw_rest_command_event *command,
                       const struct bw_publish_result *result, uint32_t epoch)
{
    struct bw_buf *b = &answer->body;
    bw_rest_begin(answer, 202);
    bw_buf_puts(b, BW_STR("{\"id\":"));
    bw_json_string(b, command->task_id);
    bw_buf_puts(b, BW_STR(",\"action\":"));
    bw_json_string(b, command->action);
    bw_buf_puts(b, BW_STR(",\"command_id\":"));
    bw_json_string(b, command->id);
    bw_buf_printf(b, ",\"effect\":\"%s\"}",
                  bw_effect_name(result->effect ? result->effect : BW_EFFECT_ASKED));
    bw_rest_end(answer, epoch, result->seq);
}

void bw_rest_command(void *ctx, const struct bw_http_request *request,
                     struct bw_http_answer *answer)
{
    char id[BW_UUID_LEN + 1];
    struct bw_rest_command_event command = {
        .task_id = request->args[0],
        .action = action_of(request),
    };
    struct bw_body body = {.bytes = {0}};
    struct bw_buf bytes = {0};
    struct bw_publish_result result;
    struct bw_fault fault = {0};
    uint32_t epoch;
    bool has_body = request->body.len > 0;
    int err = has_body ? read_body(request, &body, &command.reason, &fault) : 0;
    bw_uuid7(id);
    command.id = bw_str(id);
    if (!err) {
        bw_rpc_publish_begin(&bytes, 1);
        bw_rest_put_command(&bytes, &command);
        err = bw_rest_publish_one(ctx, &bytes, &epoch, &result, &fault);
    }
    if (err)
        bw_http_fault(answer, &fault);
    else
        put_answer(answer, &command, &result, epoch);
    bw_buf_free(&bytes);
    if (has_body)
        bw_body_free(&body);
}

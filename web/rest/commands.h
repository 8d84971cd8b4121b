/* What a command to one task shares with a command to many. */
#ifndef BW_REST_COMMANDS_H
#define BW_REST_COMMANDS_H

#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct bw_rest_command_event {
    struct bw_str id; /* of the event, which is the command's */
    struct bw_str task_id, action;
    struct bw_str reason; /* may be empty */
};

/* Appends the event, for a publish request. */
void bw_rest_put_command(struct bw_buf *out, const struct bw_rest_command_event *command);
/* The body's reason, if it gives one; borrows from it. */
int bw_rest_take_reason(const msgpack_object *body, struct bw_str *out,
                        struct bw_fault *fault) BW_MUST_CHECK;

#endif

/* What events say of the command in a task's row: a part of bw_task_fold().
 *
 * A TASK_UPDATED of the bus with data.command and data.command_id is its note of what was asked
 * (wire/command.h); it changes nothing else, and also a final row takes it. A command ends
 *   by a status that is what was asked for (bw_action_answered),
 *   by a TASK_STATUS_CHANGED that names a data.command_id: something asked later was done at once,
 *   by TASK_COMMAND_REFUSED, which its worker says,
 *   by TASK_COMMAND_UNANSWERED, which the bus says when the time is over. */
#ifndef BW_WIRE_TASK_COMMAND_H
#define BW_WIRE_TASK_COMMAND_H

#include <stdbool.h>
#include <msgpack.h>

#include "wire/event_type.h"
#include "wire/task.h"

/* Members of an event's data; NULL where it says nothing. */
struct bw_command_words {
    const msgpack_object *action, *command, *command_id;
};

/* True: the event is about a command only, and *result says what it did. */
bool bw_task_command_fold(const struct bw_task *before, const struct bw_event *event,
                          enum bw_event_kind kind, const struct bw_command_words *said,
                          struct bw_task *after, enum bw_fold_result *result);
/* Ends the row's command if the row, as the event has left it, answers it. */
void bw_task_command_settle(struct bw_task *row, enum bw_event_kind kind,
                            const struct bw_command_words *said, bool next_attempt);

#endif

/* The command in a task's row: noted, answered, refused, unanswered. */
#include "wire/task_command.h"

#include "wire/command.h"
#include "wire/mp.h"

static struct bw_str text_of(const msgpack_object *o)
{
    return o && o->type == MSGPACK_OBJECT_STR ? bw_mp_as_str(o) : (struct bw_str){0};
}

static void end(struct bw_task *row)
{
    row->command = BW_NO_ACTION;
    row->command_id = (struct bw_str){0};
    row->command_at_us = 0;
    row->command_news = BW_COMMAND_ENDED;
}

/* A worker may well repeat these two members in what it says of its own progress. */
static bool is_note(const struct bw_event *event, enum bw_event_kind kind,
                    const struct bw_command_words *said, enum bw_action *action)
{
    struct bw_str id = text_of(said->command_id);
    return kind == BW_TASK_UPDATED && bw_str_is(event->source, BW_SOURCE_BUS) && id.len > 0 &&
           id.len <= BW_EVENT_ID_MAX && bw_action_parse(text_of(said->command), action);
}

/* Whether the task was asked this last. Who does not say which command it was must at least know
 * what it asked for. */
static bool is_asked(const struct bw_task *row, const struct bw_command_words *said)
{
    struct bw_str id = text_of(said->command_id);
    if (row->command == BW_NO_ACTION)
        return false;
    return id.len > 0 ? bw_str_eq(id, row->command_id)
                      : bw_str_is(text_of(said->action), bw_action_name(row->command));
}

bool bw_task_command_fold(const struct bw_task *before, const struct bw_event *event,
                          enum bw_event_kind kind, const struct bw_command_words *said,
                          struct bw_task *after, enum bw_fold_result *result)
{
    bool ends = kind == BW_TASK_COMMAND_UNANSWERED || kind == BW_TASK_COMMAND_REFUSED;
    enum bw_action action = BW_NO_ACTION;
    if (!ends && !(before && is_note(event, kind, said, &action)))
        return false;
    *result = BW_FOLD_STALE;
    if (ends && !(before && is_asked(before, said)))
        return true;
    *after = *before;
    after->updated_at_us = event->timestamp_us ? event->timestamp_us : event->received_at_us;
    after->seq = event->seq;
    if (ends) {
        end(after);
    } else {
        after->command = action;
        after->command_id = text_of(said->command_id);
        after->command_at_us = after->updated_at_us;
        after->command_news = BW_COMMAND_NOTED;
    }
    *result = BW_FOLD_APPLIED;
    return true;
}

void bw_task_command_settle(struct bw_task *row, enum bw_event_kind kind,
                            const struct bw_command_words *said, bool next_attempt)
{
    if (row->command && (bw_action_answered(row->command, row->status, next_attempt) ||
                         (kind == BW_TASK_STATUS_CHANGED && text_of(said->command_id).len > 0)))
        end(row);
}

/* Commands: what somebody asks of a task. A command is an event, TASK_COMMAND on topic `control`;
 * here is what it may say, when it is possible, and what follows from it. Pure.
 *
 * What nobody works on changes at once; of everything else the command is noted in the task's row
 * (task.h) until the task answers by its status, its worker refuses, or the time for it is over. */
#ifndef BW_WIRE_COMMAND_H
#define BW_WIRE_COMMAND_H

#include <stdbool.h>
#include <msgpack.h>

#include "base/err.h"
#include "base/str.h"
#include "wire/event.h"
#include "wire/task.h"

enum bw_effect {
    BW_EFFECT_NONE,  /* not a command */
    BW_EFFECT_ASKED, /* noted; the worker answers */
    BW_EFFECT_DONE,  /* nobody works on the task: it has changed already */
};

enum { BW_COMMAND_MESSAGE_MAX = 192 };

/* "asked" or "done"; NULL for none. */
const char *bw_effect_name(enum bw_effect effect);
bool bw_effect_parse(struct bw_str name, enum bw_effect *out);

/* Whether a task in this status can be told to do this. */
bool bw_action_possible(enum bw_action action, enum bw_status status);
/* 0, or BW_ECONFLICT: *fault says which are. */
int bw_action_check(enum bw_action action, enum bw_status status,
                    struct bw_fault *fault) BW_MUST_CHECK;
/* Whether this is what was asked for. `next_attempt`: the task has begun a higher one since. */
bool bw_action_answered(enum bw_action action, enum bw_status status, bool next_attempt);

/* Whether this event is one that asks something of a task. */
bool bw_is_command(const struct bw_event *event);

/* What follows from a command: the event that tells it to those who watch tasks. */
struct bw_consequence {
    enum bw_effect effect;
    struct bw_event event; /* without id, times and seq, which the bus gives. Borrows from the
                              members below, from the command and from the row */
    msgpack_object data;
    msgpack_object_kv members[4];
    char message[BW_COMMAND_MESSAGE_MAX];
};

/* Checks a command against the row of its task, NULL if there is none. BW_EINVAL: it is malformed;
 * BW_ENOTFOUND: no such task; BW_ECONFLICT: not possible in the task's status. *out must stay where
 * it is for as long as its event is used. */
int bw_command_check(const struct bw_event *command, const struct bw_task *row,
                     struct bw_consequence *out, struct bw_fault *fault) BW_MUST_CHECK;

#endif

/* What can be asked of a task. */
#ifndef BW_CLI_ACTION_H
#define BW_CLI_ACTION_H
#include <stdbool.h>
#include "base/str.h"
#include "wire/task.h"
enum bw_action {
    BW_NO_ACTION,
    BW_START,
    BW_PAUSE,
    BW_RESUME,
    BW_STOP,
    BW_CANCEL,
    BW_RETRY,
    BW_N_ACTIONS
};
static inline const char *bw_action_name(enum bw_action a)
{
    static const char *const names[] = {NULL,   "start",  "pause", "resume",
                                        "stop", "cancel", "retry"};
    return names[a];
}
static inline bool bw_action_parse(struct bw_str name, enum bw_action *out)
{
    for (int a = BW_START; a < BW_N_ACTIONS; a++)
        if (bw_str_is(name, bw_action_name((enum bw_action)a))) {
            *out = (enum bw_action)a;
            return true;
        }
    return false;
}
static inline bool bw_action_answered(enum bw_action a, enum bw_status s, bool next)
{
    if (a == BW_RETRY)
        return next;
    if (bw_status_is_final(s))
        return true;
    if (a == BW_PAUSE)
        return s == BW_PAUSED;
    return (a == BW_RESUME || a == BW_START) && s == BW_RUNNING;
}
#endif

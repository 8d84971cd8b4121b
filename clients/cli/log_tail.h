/* The end of a task's log. */
#ifndef BW_CLI_LOG_TAIL_H
#define BW_CLI_LOG_TAIL_H

#include "cli.h"
#include "wire/event.h"

/* Calls visit for each of the last n lines (at most 1000), oldest first; the event is borrowed for
 * the call. Non-zero: the exit status, and why was said. */
int bw_log_tail(const struct bw_cli *cli, struct bellwire *bus, const char *task_id, uint32_t n,
                void (*visit)(void *ctx, const struct bw_event *event), void *ctx) BW_MUST_CHECK;

#endif

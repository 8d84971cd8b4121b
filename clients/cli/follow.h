/* `bellwire show --follow`. */
#ifndef BW_CLI_FOLLOW_H
#define BW_CLI_FOLLOW_H

#include <stdint.h>

#include "cli.h"

enum bw_follow_exit {
    BW_EXIT_TASK_FAILED = 3,
    BW_EXIT_TASK_CANCELLED = 4,
    BW_EXIT_TASK_TIMEOUT = 5
};

/* Shows a task until it ends; the exit status tells how it did. log_lines: how many of its log's
 * end to begin with; 0: without its log. */
int bw_follow_task(const struct bw_cli *cli, const char *id, uint32_t log_lines);

#endif

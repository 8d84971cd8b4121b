/* One attempt of `bellwire run`: the command begins, passes its output on, ends, and the bus has
 * been told. */
#ifndef BW_RUN_ATTEMPT_H
#define BW_RUN_ATTEMPT_H

#include <stdbool.h>

#include "clients/cli/cli.h"
#include "note.h"
#include "obey.h"
#include "term.h"

struct bw_attempt {
    const struct bw_cli *cli;
    const struct bw_run_task *task;
    const struct bw_progress_pattern *pattern; /* NULL: look at the ends of lines */
    struct bw_term *term;
    struct bw_obey *obey;
    size_t spool_bytes;
    uint32_t drain_s;
    bool split;
    int wake;   /* an eventfd */
    bool again; /* a retry */
    bool began; /* set: there was a command that has ended */
};

/* Returns the exit status: the command's, or BW_EXIT_NOT_STARTED. */
int bw_attempt_run(struct bw_attempt *attempt);

#endif

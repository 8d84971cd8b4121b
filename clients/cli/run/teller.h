/* Tells the bus what the command does, on a thread of its own: cuts output into log lines, finds
 * progress, publishes, waits for acks, saves what could not be delivered. */
#ifndef BW_RUN_TELLER_H
#define BW_RUN_TELLER_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/cli/cli.h"
#include "progress.h"
#include "feed.h"
#include "note.h"
#include "obey.h"
#include "clients/cli/spool_dir.h"

struct bw_teller_plan {
    const struct bw_cli *cli;
    struct bw_run_task task;                   /* its strings are borrowed until the end */
    const struct bw_progress_pattern *pattern; /* NULL: look at the ends of lines */
    size_t spool_bytes;                        /* of log lines that wait in memory */
    uint32_t drain_s;                          /* how long to wait for delivery after the end */
    int64_t started_us;                        /* wall */
    bool again;           /* a retry: another attempt of the task, which is there already */
    struct bw_obey *obey; /* learns where the task began to exist */
    int told;             /* an eventfd, written when all is done */
};

/* What the user should know at the end. */
struct bw_teller_report {
    uint64_t lost_lines;          /* not told, because they came too fast */
    uint64_t saved;               /* events in `file` */
    char file[BW_SPOOL_PATH_MAX]; /* "": nothing had to be saved */
    bool logs_left_out;           /* the spool folder is full: only the state was saved */
    char refused[288];            /* why the bus did not want the task; "": it did */
    char error[256];              /* why undelivered events could not be saved either */
};

struct bw_teller;

/* Starts the thread. Borrows the feed; says nothing on its own. */
int bw_teller_start(struct bw_teller **out, const struct bw_teller_plan *plan,
                    struct bw_feed *feed) BW_MUST_CHECK;
/* Any thread: the command was paused (BW_PAUSE) or continued. teller: a struct bw_teller. */
void bw_teller_state(void *teller, const struct bw_order *state);
/* The command has ended. Closes the feed. */
void bw_teller_finish(struct bw_teller *teller, const struct bw_run_end *end);
/* Any thread: do not wait for the bus any longer, save. */
void bw_teller_hurry(struct bw_teller *teller);
bool bw_teller_is_done(const struct bw_teller *teller);
/* Joins and frees. */
void bw_teller_end(struct bw_teller **teller, struct bw_teller_report *report);

#endif

/* Obeys the commands that come for the task: pause, resume, stop, cancel, retry.
 *
 * DESIGN. Commands come on a thread of libbellwire, which follows topic `control` from where the
 * task began to exist, and are queued; one thread of obey's own carries them out, in order, since
 * some take time: what is cancelled gets SIGTERM, and SIGKILL if it has not ended after a while.
 * Neither the main thread, which may be stuck in writing to a halted terminal, nor the telling
 * thread is needed for that. It lives as long as `bellwire run`; the commands that it runs one
 * after the other (a retry is another) are attached to it in turn.
 *
 * A command that comes twice, or once more than is needed, changes nothing the second time; so a
 * retry that was asked of an earlier attempt is not obeyed by a later one, which answers it. One
 * that came while the bus or bellwire was away is obeyed late, in its order. When the task has
 * ended, the bus knows that everything asked of it is answered. What cannot be obeyed is refused,
 * with TASK_COMMAND_REFUSED. */
#ifndef BW_RUN_OBEY_H
#define BW_RUN_OBEY_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "clients/cli/cli.h"
#include "order.h"

struct bw_obey_plan {
    const struct bw_cli *cli;
    const char *task_id; /* borrowed */
    uint32_t kill_after_s;
    bool stay; /* a retry may come after the end */
    int wake;  /* an eventfd, written when the main thread should look */
};

struct bw_obey;

/* Starts the thread, which waits for nothing yet. */
int bw_obey_create(struct bw_obey **out, const struct bw_obey_plan *plan) BW_MUST_CHECK;
/* Waits up to wait_ms until refusals are delivered. */
void bw_obey_destroy(struct bw_obey **obey, int wait_ms);

/* The telling thread: the bus knows this attempt since this cursor; "": it refused it, or does not
 * say since when. The first time commands are followed from there. */
void bw_obey_known(struct bw_obey *obey, const char *cursor);

/* --- The main thread, for each command it runs ------------------------------------------------ */

/* It runs. tell: called on any thread for what changes its state: BW_PAUSE, or BW_RESUME whatever
 * continued it. Borrows the child until bw_obey_finish(). */
void bw_obey_began(struct bw_obey *obey, const struct bw_child *child,
                   void (*tell)(void *ctx, const struct bw_order *order), void *ctx);
/* Since the last call it was paused or continued; *order tells by whom. */
bool bw_obey_take_pause(struct bw_obey *obey, struct bw_order *order);
/* A signal has continued it. */
void bw_obey_continued(struct bw_obey *obey);
/* It has ended. What it has started may still have time to. */
void bw_obey_ended(struct bw_obey *obey);
bool bw_obey_is_over(struct bw_obey *obey);
/* Nothing more happens to it. *order: what ended it; none if it came to its end by itself. */
void bw_obey_finish(struct bw_obey *obey, struct bw_order *order);

/* It is to run again: bellwire was asked for it since the last call. */
bool bw_obey_take_retry(struct bw_obey *obey);

#endif

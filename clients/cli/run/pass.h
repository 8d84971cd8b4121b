/* Passes the command's output on, byte for byte and at once, and the terminal's keys to it, until
 * it has ended. What passes is copied to the feed. */
#ifndef BW_RUN_PASS_H
#define BW_RUN_PASS_H

#include "child.h"
#include "feed.h"
#include "obey.h"
#include "term.h"

/* How the command is connected. */
struct bw_plumbing {
    int from[BW_N_STREAMS]; /* bellwire's ends: a pipe's or a pseudo-terminal's; -1: there is none
                             */
    int to[BW_N_STREAMS];   /* where it goes on to */
    int command[3];    /* the command's ends, to be closed here after the fork; -1: inherited */
    bool own_terminal; /* the command gets a session and a terminal that stands for ours */
    bool keys_at_once; /* own_terminal: it is interactive; else it gets keys when it asks, since
                          others in a pipeline may want them */
};

/* A terminal is replaced by a terminal, everything else by a pipe. Where stdout and stderr go to
 * the same place they get one for both, so that their order is exact, unless they are to be split.
 * BW_EIO with errno. */
int bw_plumbing_open(struct bw_plumbing *p, const struct bw_term *term, bool split) BW_MUST_CHECK;
void bw_plumbing_close_command_ends(struct bw_plumbing *p);

struct bw_pass_plan {
    struct bw_plumbing *plumbing;
    struct bw_term *term;
    struct bw_child *child;
    struct bw_feed *feed;
    struct bw_obey *obey;
    const char *task_id;
    int wake; /* the eventfd that signals and obey write to */
};

/* Returns the command's wait status, after all it wrote was passed on. */
int bw_pass_until_end(const struct bw_pass_plan *plan);
/* Where processes that the command left behind may still write: a process of its own goes on
 * passing that, so that they do not notice the end of bellwire. Closes everything of the plumbing,
 * and the child. */
void bw_pass_leave_behind(struct bw_plumbing *p, struct bw_child *child);

#endif

/* Waiting for something to change on the bus, to show it then: what `ls --watch` and `show
 * --follow` stand on. Events only tell that there is something new; what is shown is asked for
 * again, so it is right whatever was missed, and a busy bus costs no more than a calm one. */
#ifndef BW_CLI_WATCH_H
#define BW_CLI_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "cli.h"

struct bw_watch;

struct bw_watch_plan {
    const struct bw_cli *cli;
    /* On a thread of libbellwire: whether this event changes what is shown. */
    bool (*concerns)(void *ctx, const struct bellwire_received *event);
    void *ctx;
    uint32_t pause_ms; /* least time between two looks */
    uint32_t tick_ms;  /* longest time without one; what is shown has times in it */
};

/* Connects. Says what is wrong if it returns non-zero, the exit status then. */
int bw_watch_open(struct bw_watch **out, const struct bw_watch_plan *plan) BW_MUST_CHECK;
void bw_watch_close(struct bw_watch **watch);
struct bellwire *bw_watch_bus(struct bw_watch *watch);
/* An eventfd; written, it ends a wait. */
int bw_watch_wake_fd(struct bw_watch *watch);

/* Begins to follow these topics (NULL-terminated, borrowed for the call), from now on. As above. */
int bw_watch_follow(struct bw_watch *watch, const char *const *topics) BW_MUST_CHECK;
/* Waits until there is something to show. True: it has to be asked for again, and the bus is there;
 * false: the same as before, at another time or size, or without the bus. */
bool bw_watch_wait(struct bw_watch *watch);
/* Asking failed: it is to be tried again, though nothing changes. */
void bw_watch_again(struct bw_watch *watch);
/* For how long the bus has been away, in seconds; negative: it is there. */
double bw_watch_away_s(struct bw_watch *watch);

#endif

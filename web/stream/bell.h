/* A bell: tells a thread that sleeps in epoll that there is news. Ringing one that has been rung
 * and not yet answered costs one atomic exchange and no system call. */
#ifndef BW_STREAM_BELL_H
#define BW_STREAM_BELL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

struct bw_bell {
    int fd; /* an eventfd; readable while rung */
    _Atomic bool rung;
};

int bw_bell_open(struct bw_bell *bell) BW_MUST_CHECK;
void bw_bell_close(struct bw_bell *bell);
/* Any thread. What was written before is seen by whoever answers. */
void bw_bell_ring(struct bw_bell *bell);
/* The listener's thread, before it looks for the news. */
void bw_bell_answer(struct bw_bell *bell);

#endif

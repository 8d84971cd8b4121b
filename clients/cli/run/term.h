/* The terminal that `bellwire run` was started on, and pseudo-terminals that stand for it. */
#ifndef BW_RUN_TERM_H
#define BW_RUN_TERM_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "base/err.h"

struct bw_term {
    int fd;      /* one of 0, 1, 2; -1: there is no terminal */
    int control; /* the terminal of our session, from which jobs are controlled; -1: none */
    bool raw;
    pid_t lent_to; /* the group that has it now; 0: nobody has it from us */
    struct termios before;
};

/* Finds it. */
void bw_term_open(struct bw_term *term);
void bw_term_close(struct bw_term *term);
/* Whether its keys are for us: false for a job in the background. */
bool bw_term_is_foreground(const struct bw_term *term);
/* Puts a process group of our session in front, if we are; false: we are not. And takes the front
 * back, unless somebody else has it meanwhile. */
bool bw_term_lend(struct bw_term *term, pid_t group);
void bw_term_take_back(struct bw_term *term);
/* Every key comes as it is typed, nothing is echoed or means a signal; and as it was before.
 * Harmless if it is so already. */
void bw_term_set_raw(struct bw_term *term);
void bw_term_restore(struct bw_term *term);

/* A pseudo-terminal of the same size. like_ours: with the terminal's settings too; else one that
 * changes nothing in what is written to it. Both descriptors are closed on exec; reading the master
 * does not block. */
int bw_term_open_pty(const struct bw_term *term, bool like_ours, int *master,
                     int *slave) BW_MUST_CHECK;
/* Gives a pseudo-terminal the terminal's present size. */
void bw_term_copy_size(const struct bw_term *term, int master);

#endif

/* The command as a process.
 *
 * DESIGN. Where the command gets a terminal of its own (stdin and stdout are one), it has to be in
 * another session than bellwire. A session's leader, and an orphaned process group, cannot be
 * stopped from the keyboard; so between bellwire and the command there is a keeper, a fork of
 * bellwire that leads the session, waits for the command and tells what becomes of it. Everywhere
 * else the command is bellwire's child in bellwire's own session. In both it leads a process group,
 * so that it can be stopped and ended with all it has started.
 *
 * Ended, the command stays a zombie until bw_child_close(), so that its number is nobody else's
 * while somebody might still send signals to it. */
#ifndef BW_RUN_CHILD_H
#define BW_RUN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct bw_child_plan {
    char *const *argv;
    int fds[3];       /* to be its 0, 1 and 2; -1: what bellwire has */
    bool new_session; /* on the terminal that is fds[1] */
    bool in_front;    /* it may read that terminal at once; else it is stopped when it first tries
                         to, comes to the front, and may after it is continued */
};

struct bw_child {
    pid_t pid; /* of the command, and of its group; 0: there is none */
    bool own_session;
    int news; /* own_session: the keeper writes what became of the command; else -1 */
    int life; /* own_session: the keeper, and with it the session, ends when this is closed */
};

/* Forks, also where there are threads: nothing is done in the fork that takes a lock. Signals must
 * be held (signals.h). *exec_errno: why the command could not be executed, else 0. BW_EIO: it could
 * not even be forked, and errno says why. */
int bw_child_start(struct bw_child *child, const struct bw_child_plan *plan,
                   int *exec_errno) BW_MUST_CHECK;

enum bw_child_news { BW_CHILD_NOTHING, BW_CHILD_STOPPED, BW_CHILD_ENDED };
/* What became of the command since the last call; *status as of waitpid(). Does not wait. */
enum bw_child_news bw_child_poll(struct bw_child *child, int *status);
/* Any thread: sends a signal to the command's group. 0, or errno. */
int bw_child_signal(const struct bw_child *child, int sig);
/* When it has ended, and nobody will signal it any more. */
void bw_child_close(struct bw_child *child);

/* For forks that execute nothing: closes every descriptor but these; negative ones are none. Takes
 * no lock. */
void bw_close_all_but(const int *fds, int n);

#endif

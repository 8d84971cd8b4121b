/* Signals of `bellwire run`: those meant for the command reach it, whatever bellwire is doing.
 *
 * DESIGN. A handler passes a signal on at once, so that it gets through even while the main thread
 * is stuck in writing to a terminal that was halted. The command is in a process group of its own;
 * what a shell, a terminal or timeout(1) sends to bellwire's is meant for all of it, and bellwire
 * alone is asked as often: so signals go to the whole group, but for USR1 and USR2, to which each
 * program gives its own meaning. The state is static because handlers have nothing else to find it
 * by. */
#ifndef BW_RUN_SIGNALS_H
#define BW_RUN_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"
#include "child.h"

/* Before each fork: holds back everything that will be passed on. */
void bw_signals_hold(void);
/* In the fork that becomes the command: signals as bellwire found them. Takes no lock. */
void bw_signals_as_before(void);
/* From now on signals go to the command. A signal that was ignored when bellwire started stays so.
 * wake: an eventfd, written at every signal. */
void bw_signals_pass(const struct bw_child *child, int wake);
/* The command has ended: there is nobody to pass signals to. */
void bw_signals_ended(void);
/* Any thread. While somebody else has paused the command, what continues bellwire does not continue
 * the command; but what asks it to end does, since it could not end otherwise. */
void bw_signals_set_paused(bool paused);

/* Since the last call: the terminal has another size. */
bool bw_signals_resized(void);
/* Since the last call: a paused command was continued so that it could end. */
bool bw_signals_continued(void);
/* Since the last call: bellwire is to stop (Ctrl-Z), and no command does so first. */
bool bw_signals_told_to_stop(void);
/* INT, TERM, HUP or QUIT came after the command had ended. */
bool bw_signals_told_to_leave(void);

/* Stops bellwire as its command was stopped, and returns when it is continued. whole_job: with
 * everything else in its group, as a terminal does: a script that runs bellwire, say. */
void bw_signals_stop_here(bool whole_job);
/* To the command's group. */
void bw_signals_to_command(int sig);

/* For a fork that goes on alone: signals do to it what they usually do. Takes no lock. */
void bw_signals_default(void);

#endif

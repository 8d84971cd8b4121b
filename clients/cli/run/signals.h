/* Signals of `bellwire run`: those meant for the command reach it, whatever bellwire is doing.
 *
 * DESIGN. A handler passes a signal on at once, so that it gets through even while the main thread
 * is stuck in writing to a terminal that was halted. What the kernel sends from a terminal went to
 * the command as well if that is in bellwire's process group; then it is not passed on again. The
 * state is static because handlers have nothing else to find it by. */
#ifndef BW_RUN_SIGNALS_H
#define BW_RUN_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"
#include "child.h"

/* Before the fork: holds back everything that will be passed on. *before: the mask for the command.
 */
void bw_signals_hold(sigset_t *before);
/* From now on signals go to the command. A signal that was ignored when bellwire started stays so.
 * wake: an eventfd, written at every signal. */
void bw_signals_pass(const struct bw_child *child, int wake);
/* The command has ended: there is nobody to pass signals to. */
void bw_signals_ended(void);

/* Since the last call: the terminal has another size. */
bool bw_signals_resized(void);
/* INT, TERM, HUP or QUIT came after the command had ended. */
bool bw_signals_told_to_leave(void);

/* Stops bellwire as its command was stopped, and returns when it is continued. */
void bw_signals_stop_here(void);
/* The same signal to the command again, in case it went to bellwire alone. */
void bw_signals_to_command(int sig);

/* For a fork that goes on alone: signals do to it what they usually do. Takes no lock. */
void bw_signals_default(void);

#endif

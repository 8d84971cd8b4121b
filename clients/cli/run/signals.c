/* Passing signals on. */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

static const int passed_on[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,
                                SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH};
enum { N_PASSED_ON = sizeof passed_on / sizeof passed_on[0] };

static _Atomic pid_t command; /* 0: none */
static atomic_bool own_session, paused, resized, continued, told_to_stop, told_to_leave;
static atomic_int wake_fd = -1;

/* As bellwire found it. */
static struct {
    bool known, pipe_ignored, child_ignored;
    sigset_t mask;
} before;

static bool ends(int sig)
{
    return sig == SIGHUP || sig == SIGINT || sig == SIGQUIT || sig == SIGTERM;
}

static void pass(int sig)
{
    pid_t pid = command;
    if (pid == 0 && ends(sig))
        told_to_leave = true;
    if (sig == SIGTSTP && (pid == 0 || paused))
        told_to_stop = true;
    else if (pid == 0 || (sig == SIGCONT && paused) || (sig == SIGWINCH && own_session))
        return; /* its terminal tells it the size: bw_signals_resized() */
    else
        kill(sig == SIGUSR1 || sig == SIGUSR2 ? pid : -pid, sig);
    if (pid != 0 && ends(sig) && atomic_exchange(&paused, false)) {
        continued = true;
        kill(-pid, SIGCONT);
    }
}

static void on_signal(int sig)
{
    static const uint64_t one = 1;
    int saved = errno;
    if (sig == SIGWINCH)
        resized = true;
    if (sig != SIGCHLD)
        pass(sig);
    if (write(wake_fd, &one, sizeof one) < 0)
        errno = EAGAIN; /* it is full of wakes already */
    errno = saved;
}

static bool is_ignored(int sig)
{
    struct sigaction now;
    return sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void handle(int sig)
{
    struct sigaction now = {.sa_handler = on_signal};
    sigfillset(&now.sa_mask);
    sigaction(sig, &now, NULL);
}

void bw_signals_hold(void)
{
    sigset_t held, now;
    sigemptyset(&held);
    for (int i = 0; i < N_PASSED_ON; i++)
        sigaddset(&held, passed_on[i]);
    sigaddset(&held, SIGCHLD);
    sigaddset(&held, SIGTTOU); /* for whoever sets a terminal's foreground group */
    pthread_sigmask(SIG_BLOCK, &held, &now);
    if (before.known)
        return;
    before.known = true;
    before.mask = now;
    before.pipe_ignored = is_ignored(SIGPIPE);
    before.child_ignored = is_ignored(SIGCHLD);
}

void bw_signals_as_before(void)
{
    signal(SIGPIPE, before.pipe_ignored ? SIG_IGN : SIG_DFL);
    signal(SIGCHLD, before.child_ignored ? SIG_IGN : SIG_DFL);
    sigprocmask(SIG_SETMASK, &before.mask, NULL);
}

void bw_signals_pass(const struct bw_child *child, int wake)
{
    sigset_t mask = before.mask;
    command = child->pid;
    paused = continued = false;
    own_session = child->own_session;
    wake_fd = wake;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < N_PASSED_ON; i++)
        if (!is_ignored(passed_on[i]))
            handle(passed_on[i]);
    handle(SIGCHLD); /* even if ignored: that would hide the command's end */
    sigdelset(&mask, SIGCHLD);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

void bw_signals_ended(void)
{
    command = 0;
}

void bw_signals_set_paused(bool now)
{
    paused = now;
}

bool bw_signals_resized(void)
{
    return atomic_exchange(&resized, false);
}

bool bw_signals_continued(void)
{
    return atomic_exchange(&continued, false);
}

bool bw_signals_told_to_stop(void)
{
    return atomic_exchange(&told_to_stop, false);
}

bool bw_signals_told_to_leave(void)
{
    return told_to_leave;
}

void bw_signals_stop_here(bool whole_job)
{
    sigset_t stop;
    if (is_ignored(SIGTSTP))
        return;
    signal(SIGTSTP, SIG_DFL);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
    kill(whole_job ? 0 : getpid(), SIGTSTP); /* nothing happens where nobody could continue it */
    handle(SIGTSTP);
}

void bw_signals_to_command(int sig)
{
    if (command != 0)
        kill(-command, sig);
}

void bw_signals_default(void)
{
    for (int i = 0; i < N_PASSED_ON; i++)
        if (!is_ignored(passed_on[i]))
            signal(passed_on[i], SIG_DFL);
}

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
static atomic_bool own_session, resized, told_to_leave;
static atomic_int wake_fd = -1;
static sigset_t mask_before;

static bool ends(int sig)
{
    return sig == SIGHUP || sig == SIGINT || sig == SIGQUIT || sig == SIGTERM;
}

/* The kernel's signals are for a terminal's foreground group: in a session of its own the command's
 * group stands for that. */
static void pass(int sig, bool from_kernel)
{
    pid_t pid = command;
    if (pid == 0) {
        if (ends(sig))
            told_to_leave = true;
    } else if (!from_kernel) {
        kill(pid, sig);
    } else if (own_session && sig != SIGWINCH) {
        kill(-pid, sig);
    }
}

static void on_signal(int sig, siginfo_t *info, void *unused)
{
    static const uint64_t one = 1;
    int saved = errno;
    (void)unused;
    if (sig == SIGWINCH)
        resized = true;
    if (sig != SIGCHLD)
        pass(sig, info->si_code == SI_KERNEL);
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
    struct sigaction now = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigfillset(&now.sa_mask);
    sigaction(sig, &now, NULL);
}

void bw_signals_hold(sigset_t *before)
{
    sigset_t held;
    sigemptyset(&held);
    for (int i = 0; i < N_PASSED_ON; i++)
        sigaddset(&held, passed_on[i]);
    sigaddset(&held, SIGCHLD);
    sigaddset(&held, SIGTTOU); /* for whoever sets a terminal's foreground group */
    pthread_sigmask(SIG_BLOCK, &held, &mask_before);
    *before = mask_before;
}

void bw_signals_pass(const struct bw_child *child, int wake)
{
    sigset_t mask = mask_before;
    command = child->pid;
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

bool bw_signals_resized(void)
{
    return atomic_exchange(&resized, false);
}

bool bw_signals_told_to_leave(void)
{
    return told_to_leave;
}

void bw_signals_stop_here(void)
{
    sigset_t stop;
    if (is_ignored(SIGTSTP))
        return;
    signal(SIGTSTP, SIG_DFL);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
    raise(SIGTSTP); /* nothing happens where nobody could continue it */
    handle(SIGTSTP);
}

void bw_signals_to_command(int sig)
{
    if (command != 0)
        kill(own_session ? -command : command, sig);
}

void bw_signals_default(void)
{
    for (int i = 0; i < N_PASSED_ON; i++)
        if (!is_ignored(passed_on[i]))
            signal(passed_on[i], SIG_DFL);
}

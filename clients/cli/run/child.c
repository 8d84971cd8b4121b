/* Starting the command, and learning what becomes of it. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signals.h"

struct pipe_ends {
    int r, w;
};

static int open_pipe(struct pipe_ends *p)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return BW_EIO;
    *p = (struct pipe_ends){fds[0], fds[1]};
    return 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pipe(struct pipe_ends *p)
{
    close_fd(&p->r);
    close_fd(&p->w);
}

/* Writes or reads an int; ints are short enough to pass whole. */
static bool write_int(int fd, int v)
{
    ssize_t n;
    do
        n = write(fd, &v, sizeof v);
    while (n < 0 && errno == EINTR);
    return n == sizeof v;
}

static bool read_int(int fd, int *v)
{
    ssize_t n;
    do
        n = read(fd, v, sizeof *v);
    while (n < 0 && errno == EINTR);
    return n == sizeof *v;
}

void bw_close_all_but(const int *fds, int n)
{
    for (int next = -1, last = -1;; last = next) {
        next = INT_MAX;
        for (int i = 0; i < n; i++)
            if (fds[i] > last && fds[i] < next)
                next = fds[i];
        if (next > last + 1)
            close_range((unsigned)last + 1, (unsigned)next - 1, 0);
        if (next == INT_MAX)
            return;
    }
}

/* --- in the command's process, before it is the command ------------------------------------------
 */

static void become_command(const struct bw_child_plan *plan, int exec_error)
{
    for (int fd = 0; fd < 3; fd++)
        if (plan->fds[fd] >= 0 && dup2(plan->fds[fd], fd) < 0)
            goto fail;
    bw_signals_as_before();
    execvp(plan->argv[0], plan->argv);
fail:
    write_int(exec_error, errno);
    _exit(127);
}

/* SIGTTOU is blocked, or going to the front would stop it. */
static void lead_group(const struct bw_child_plan *plan)
{
    setpgid(0, 0);
    if (plan->in_front)
        tcsetpgrp(plan->fds[1], getpid());
}

/* --- the keeper ------------------------------------------------------------------------------ */

struct keeper {
    int news, life; /* ends: to tell, to wait for the end of the session */
    int tty;
};

/* What waitid() told, as waitpid() would have. */
static int status_of(const siginfo_t *info)
{
    if (info->si_code == CLD_STOPPED)
        return W_STOPCODE(info->si_status);
    return info->si_code == CLD_EXITED ? W_EXITCODE(info->si_status, 0)
                                       : W_EXITCODE(0, info->si_status);
}

static bool wants_terminal(const siginfo_t *info)
{
    return info->si_status == SIGTTIN || info->si_status == SIGTTOU;
}

static void keep(struct keeper k, pid_t command)
{
    siginfo_t info;
    int nothing, status;
    for (;;) {
        if (waitid(P_PID, (id_t)command, &info, WEXITED | WSTOPPED | WNOWAIT) != 0)
            _exit(1);
        bool stopped = info.si_code == CLD_STOPPED;
        status = status_of(&info);
        if (stopped && wants_terminal(&info))
            tcsetpgrp(k.tty, command);
        if (stopped)
            waitid(P_PID, (id_t)command, &info, WSTOPPED);
        write_int(k.news, status);
        if (!stopped)
            break;
    }
    close(k.tty);
    close(k.news);
    read_int(k.life, &nothing);
    _exit(0);
}

static void ignore_signals(void)
{
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, sig == SIGCHLD ? SIG_DFL : SIG_IGN);
}

static void become_keeper(const struct bw_child_plan *plan, struct keeper k, int exec_error)
{
    pid_t command = -1;
    if (setsid() >= 0 && ioctl(plan->fds[1], TIOCSCTTY, 0) == 0)
        command = fork();
    if (command == 0) {
        lead_group(plan);
        become_command(plan, exec_error);
    }
    if (command < 0) {
        write_int(exec_error, errno);
        _exit(1);
    }
    setpgid(command, command); /* whoever is first */
    ignore_signals();
    write_int(k.news, command);
    /* Nothing may stay open here whose end somebody waits for. */
    bw_close_all_but((const int[]){k.news, k.life, k.tty}, 3);
    keep(k, command);
}

/* --- in bellwire ----------------------------------------------------------------------------- */

static int start_direct(struct bw_child *c, const struct bw_child_plan *plan, int exec_error)
{
    pid_t pid = fork();
    if (pid < 0)
        return BW_EIO;
    if (pid == 0) {
        setpgid(0, 0);
        become_command(plan, exec_error);
    }
    setpgid(pid, pid); /* whoever is first */
    c->pid = pid;
    return 0;
}

static int start_in_session(struct bw_child *c, const struct bw_child_plan *plan, int exec_error)
{
    struct pipe_ends news = {-1, -1}, life = {-1, -1};
    pid_t keeper = -1;
    if (open_pipe(&news) == 0 && open_pipe(&life) == 0)
        keeper = fork();
    if (keeper == 0) {
        close_fd(&news.r);
        close_fd(&life.w);
        become_keeper(plan, (struct keeper){news.w, life.r, plan->fds[1]}, exec_error);
    }
    if (keeper < 0) {
        int why = errno;
        close_pipe(&news);
        close_pipe(&life);
        errno = why;
        return BW_EIO;
    }
    close_fd(&news.w);
    close_fd(&life.r);
    c->news = news.r;
    c->life = life.w;
    return 0;
}

int bw_child_start(struct bw_child *c, const struct bw_child_plan *plan, int *exec_errno)
{
    struct pipe_ends exec_error;
    *c = (struct bw_child){.own_session = plan->new_session, .news = -1, .life = -1};
    if (open_pipe(&exec_error) != 0)
        return BW_EIO;
    int err = plan->new_session ? start_in_session(c, plan, exec_error.w)
                                : start_direct(c, plan, exec_error.w);
    int why = errno;
    close_fd(&exec_error.w);
    if (!err && plan->new_session && !read_int(c->news, &c->pid))
        c->pid = 0; /* there is an exec_error then */
    if (!err && !read_int(exec_error.r, exec_errno))
        *exec_errno = 0; /* its end was closed by a successful exec */
    close_fd(&exec_error.r);
    if (!err && c->news >= 0)
        fcntl(c->news, F_SETFL, O_NONBLOCK);
    errno = why;
    return err;
}

/* False: nothing new. */
static bool poll_keeper(struct bw_child *c, int *status)
{
    ssize_t n = read(c->news, status, sizeof *status);
    if (n == 0)
        *status = W_EXITCODE(0, SIGHUP); /* somebody killed the keeper */
    return n >= 0;
}

static bool poll_direct(struct bw_child *c, int *status)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0)
        return false;
    *status = status_of(&info);
    if (WIFSTOPPED(*status))
        waitid(P_PID, (id_t)c->pid, &info, WSTOPPED | WNOHANG);
    return true;
}

enum bw_child_news bw_child_poll(struct bw_child *c, int *status)
{
    bool news = c->own_session ? poll_keeper(c, status) : poll_direct(c, status);
    if (!news)
        return BW_CHILD_NOTHING;
    return WIFSTOPPED(*status) ? BW_CHILD_STOPPED : BW_CHILD_ENDED;
}

int bw_child_signal(const struct bw_child *c, int sig)
{
    if (c->pid <= 0)
        return ESRCH;
    return kill(-c->pid, sig) == 0 ? 0 : errno;
}

void bw_child_close(struct bw_child *c)
{
    if (!c->own_session && c->pid > 0)
        waitpid(c->pid, NULL, 0);
    close_fd(&c->life);
    close_fd(&c->news);
    c->pid = 0;
}

/* Pipes and pseudo-terminals between the command and where its output goes. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pass.h"

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int open_pipe(int *from, int *command)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return BW_EIO;
    *from = fds[0];
    *command = fds[1];
    return fcntl(*from, F_SETFL, O_NONBLOCK) == 0 ? 0 : BW_EIO;
}

/* As with 2>&1, or on a terminal: whoever reads it sees one stream, in one order. */
static bool same_place(int a, int b)
{
    struct stat x, y;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int open_stdout(struct bw_plumbing *p, const struct bw_term *term)
{
    if (!isatty(STDOUT_FILENO))
        return open_pipe(&p->from[BW_STDOUT], &p->command[STDOUT_FILENO]);
    return bw_term_open_pty(term, p->own_terminal, &p->from[BW_STDOUT], &p->command[STDOUT_FILENO]);
}

static int open_stderr(struct bw_plumbing *p, const struct bw_term *term, bool split)
{
    if (!split && same_place(STDOUT_FILENO, STDERR_FILENO)) {
        p->command[STDERR_FILENO] = fcntl(p->command[STDOUT_FILENO], F_DUPFD_CLOEXEC, 3);
        return p->command[STDERR_FILENO] >= 0 ? 0 : BW_EIO;
    }
    if (!isatty(STDERR_FILENO))
        return open_pipe(&p->from[BW_STDERR], &p->command[STDERR_FILENO]);
    return bw_term_open_pty(term, p->own_terminal, &p->from[BW_STDERR], &p->command[STDERR_FILENO]);
}

static bool is_controlling(int tty)
{
    return tcgetsid(tty) == getsid(0);
}

static int open_stdin(struct bw_plumbing *p)
{
    if (!p->own_terminal || !isatty(STDIN_FILENO))
        return 0;
    p->command[STDIN_FILENO] = fcntl(p->command[STDOUT_FILENO], F_DUPFD_CLOEXEC, 3);
    return p->command[STDIN_FILENO] >= 0 ? 0 : BW_EIO;
}

int bw_plumbing_open(struct bw_plumbing *p, const struct bw_term *term, bool split)
{
    *p = (struct bw_plumbing){
        .from = {-1, -1},
        .to = {STDOUT_FILENO, STDERR_FILENO},
        .command = {-1, -1, -1},
        .own_terminal =
            isatty(STDOUT_FILENO) && (isatty(STDIN_FILENO) || is_controlling(STDOUT_FILENO)),
        .keys_at_once = isatty(STDIN_FILENO),
    };
    int err = open_stdout(p, term);
    if (!err)
        err = open_stderr(p, term, split);
    if (!err)
        err = open_stdin(p);
    if (err) {
        int why = errno;
        bw_plumbing_close_command_ends(p);
        for (int i = 0; i < BW_N_STREAMS; i++)
            close_fd(&p->from[i]);
        errno = why;
    }
    return err;
}

void bw_plumbing_close_command_ends(struct bw_plumbing *p)
{
    for (int fd = 0; fd < 3; fd++)
        close_fd(&p->command[fd]);
}

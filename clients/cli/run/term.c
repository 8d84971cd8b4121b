/* Terminals. */
#include "term.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

void bw_term_open(struct bw_term *t)
{
    *t = (struct bw_term){.fd = -1};
    t->control = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    for (int fd = STDERR_FILENO; fd >= STDIN_FILENO; fd--)
        if (isatty(fd))
            t->fd = fd;
}

void bw_term_close(struct bw_term *t)
{
    bw_term_take_back(t);
    if (t->control >= 0)
        close(t->control);
    t->control = -1;
}

bool bw_term_is_foreground(const struct bw_term *t)
{
    pid_t group = tcgetpgrp(t->fd >= 0 ? t->fd : t->control);
    /* Without job control (it is no terminal of our session) nobody else is in front. */
    return group == getpgrp() || (group < 0 && errno == ENOTTY);
}

/* From the background this would stop whoever does not block SIGTTOU. */
static bool put_in_front(const struct bw_term *t, pid_t group)
{
    sigset_t block, before;
    sigemptyset(&block);
    sigaddset(&block, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &block, &before);
    bool done = tcsetpgrp(t->control, group) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return done;
}

bool bw_term_lend(struct bw_term *t, pid_t group)
{
    if (t->control < 0 || tcgetpgrp(t->control) != getpgrp() || !put_in_front(t, group))
        return false;
    t->lent_to = group;
    return true;
}

void bw_term_take_back(struct bw_term *t)
{
    if (t->lent_to > 0 && tcgetpgrp(t->control) == t->lent_to)
        put_in_front(t, getpgrp());
    t->lent_to = 0;
}

void bw_term_set_raw(struct bw_term *t)
{
    struct termios raw;
    if (t->raw || tcgetattr(t->fd, &t->before) != 0)
        return;
    raw = t->before;
    cfmakeraw(&raw);
    t->raw = tcsetattr(t->fd, TCSADRAIN, &raw) == 0;
}

void bw_term_restore(struct bw_term *t)
{
    if (t->raw && bw_term_is_foreground(t))
        tcsetattr(t->fd, TCSADRAIN, &t->before);
    t->raw = false;
}

void bw_term_copy_size(const struct bw_term *t, int master)
{
    struct winsize size;
    if (ioctl(t->fd, TIOCGWINSZ, &size) == 0)
        ioctl(master, TIOCSWINSZ, &size);
}

static int set_up_slave(const struct bw_term *t, bool like_ours, int slave)
{
    struct termios settings;
    if (tcgetattr(like_ours ? t->fd : slave, &settings) != 0)
        return BW_EIO;
    if (!like_ours)
        cfmakeraw(&settings);
    return tcsetattr(slave, TCSANOW, &settings) == 0 ? 0 : BW_EIO;
}

int bw_term_open_pty(const struct bw_term *t, bool like_ours, int *master, int *slave)
{
    char name[64];
    *slave = -1;
    *master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*master < 0)
        return BW_EIO;
    if (grantpt(*master) == 0 && unlockpt(*master) == 0 &&
        ptsname_r(*master, name, sizeof name) == 0)
        *slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*slave < 0 || set_up_slave(t, like_ours, *slave) != 0 ||
        fcntl(*master, F_SETFL, O_RDWR | O_NONBLOCK) != 0) {
        close(*master);
        if (*slave >= 0)
            close(*slave);
        *master = *slave = -1;
        return BW_EIO;
    }
    bw_term_copy_size(t, *master);
    return 0;
}

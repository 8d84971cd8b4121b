/* Drawing in place. */
#include "live.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "text.h"

#define HIDE_CURSOR "\033[?25l"
#define SHOW_CURSOR "\033[?25h"

static struct {
    bool open, quiet; /* quiet: keys are not echoed */
    struct termios before;
    int wake;
    size_t n_lines; /* drawn … */
    size_t widths[BW_LIVE_LINES_MAX];
} live;

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { N_ENDING = sizeof ending / sizeof ending[0] };

static void write_all(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, text, len);
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return; /* the terminal is gone: SIGHUP follows */
        }
    }
}

/* --- the terminal's state; handlers call these too ------------------------------------------- */

/* Keys would be echoed into the lines, so they are not; unless the terminal is not ours to change.
 */
static void take_terminal(void)
{
    struct termios quiet;
    if (tcgetpgrp(STDIN_FILENO) == getpgrp() && tcgetattr(STDIN_FILENO, &live.before) == 0) {
        quiet = live.before;
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
        live.quiet = tcsetattr(STDIN_FILENO, TCSANOW, &quiet) == 0;
    }
    write_all(HIDE_CURSOR, strlen(HIDE_CURSOR));
}

static void give_terminal_back(void)
{
    if (live.quiet && tcgetpgrp(STDIN_FILENO) == getpgrp())
        tcsetattr(STDIN_FILENO, TCSANOW, &live.before);
    live.quiet = false;
    write_all(SHOW_CURSOR, strlen(SHOW_CURSOR));
}

static void wake(void)
{
    if (write(live.wake, &(uint64_t){1}, sizeof(uint64_t)) < 0)
        return; /* it is full of wakes already */
}

/* Does what the signal usually does, now. */
static void raise_default(int sig)
{
    sigset_t one;
    signal(sig, SIG_DFL);
    sigemptyset(&one);
    sigaddset(&one, sig);
    raise(sig);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
}

static void handle(int sig, void (*handler)(int))
{
    struct sigaction now = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
    sigfillset(&now.sa_mask);
    if (sigaction(sig, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(sig, &now, NULL);
}

static void on_end(int sig)
{
    give_terminal_back();
    raise_default(sig);
}

static void on_stop(int sig)
{
    int saved = errno;
    give_terminal_back();
    raise_default(sig);
    handle(sig, on_stop);
    take_terminal();
    live.n_lines = 0; /* what the shell printed meanwhile stands between */
    wake();
    errno = saved;
}

static void on_resize(int sig)
{
    int saved = errno;
    (void)sig;
    wake();
    errno = saved;
}

void bw_live_open(int wake_fd)
{
    live.wake = wake_fd;
    live.n_lines = 0;
    live.open = true;
    for (int i = 0; i < N_ENDING; i++)
        handle(ending[i], on_end);
    handle(SIGTSTP, on_stop);
    handle(SIGWINCH, on_resize);
    take_terminal();
}

void bw_live_close(void)
{
    if (!live.open)
        return;
    for (int i = 0; i < N_ENDING; i++)
        handle(ending[i], SIG_DFL);
    handle(SIGTSTP, SIG_DFL);
    handle(SIGWINCH, SIG_DFL);
    give_terminal_back();
    live.open = false;
}

/* --- drawing --------------------------------------------------------------------------------- */

unsigned bw_live_columns(void)
{
    unsigned columns = bw_text_columns(STDOUT_FILENO);
    return columns > 1 ? columns - 1 : 1; /* in the last one terminals differ */
}

unsigned bw_live_rows(void)
{
    struct winsize size;
    unsigned rows =
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
    rows = rows > 1 ? rows - 1 : 1; /* the cursor's own */
    return rows < BW_LIVE_LINES_MAX ? rows : BW_LIVE_LINES_MAX;
}

/* Where the terminal is narrower now, it has broken what was drawn into more rows. */
static size_t rows_drawn(void)
{
    size_t rows = 0, columns = bw_live_columns() + 1;
    for (size_t i = 0; i < live.n_lines; i++)
        rows += live.widths[i] > columns ? (live.widths[i] + columns - 1) / columns : 1;
    return rows;
}

/* Without the colours. */
static size_t width_of(struct bw_str line)
{
    struct bw_buf plain = {0};
    bw_text_clean(&plain, line, false);
    size_t width = bw_text_width(bw_buf_str(&plain));
    bw_buf_free(&plain);
    return width;
}

/* Appends each line, with what was there before wiped out. *n: how many. */
static void put_lines(struct bw_buf *out, struct bw_str text, size_t *widths, size_t *n)
{
    const char *end;
    size_t columns = bw_live_columns();
    for (*n = 0; *n < BW_LIVE_LINES_MAX && (end = memchr(text.ptr, '\n', text.len)); (*n)++) {
        struct bw_str line = {text.ptr, (size_t)(end - text.ptr)};
        widths[*n] = width_of(line);
        if (widths[*n] > columns)
            widths[*n] = columns;
        bw_text_cut(out, line, columns);
        bw_buf_puts(out, BW_STR("\033[K\r\n"));
        text = (struct bw_str){end + 1, text.len - line.len - 1};
    }
}

void bw_live_draw(struct bw_str above, struct bw_str lines)
{
    struct bw_buf out = {0};
    sigset_t held, before;
    size_t widths[BW_LIVE_LINES_MAX], n;
    sigemptyset(&held); /* handlers would leave the cursor in what is half drawn */
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &held, &before);
    size_t rows = rows_drawn();
    if (rows > 0)
        bw_buf_printf(&out, "\r\033[%zuA", rows);
    if (above.len > 0) {
        bw_buf_puts(&out, BW_STR("\033[J"));
        bw_buf_puts(&out, above);
    }
    put_lines(&out, lines, widths, &n);
    bw_buf_puts(&out, BW_STR("\033[J"));
    if (!out.failed) {
        write_all(out.data, out.len);
        memcpy(live.widths, widths, n * sizeof *widths);
        live.n_lines = n;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    bw_buf_free(&out);
}

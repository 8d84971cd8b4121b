/* Passing bytes on.
 *
 * DESIGN. One thread, the main one, and one epoll set: the ends of the command's pipes or
 * terminals, the keyboard, the wakes of signals, the keeper's news. epoll reports what became
 * readable first first, which keeps lines of stdout and stderr in their order as well as two
 * streams can be. Writing to where the output goes blocks, as the command itself would have
 * blocked: descriptors that are shared with other programs must not be made non-blocking. */
#include "pass.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signals.h"

enum {
    CHUNK_BYTES = 64 * 1024,
    KEYS_BYTES = 1024,
    REST_BYTES_MAX = 1 << 20, /* more than a pipe or a terminal holds */
    BACKGROUND_MS = 300,      /* how often a job in the background looks whether it is in front */
};

enum source { FROM_STDOUT = BW_STDOUT, FROM_STDERR = BW_STDERR, FROM_KEYS, FROM_WAKE, FROM_KEEPER };

struct pass {
    struct bw_plumbing *plumbing;
    struct bw_term *term;
    struct bw_child *child;
    const struct bw_pass_plan *plan;
    int epoll;
    char keys[KEYS_BYTES]; /* typed, and not taken by the command's terminal yet */
    size_t n_keys;
    bool wants_keys, listening; /* the command; bellwire, or it has the terminal lent */
    bool paused;                /* by a command */
    bool ended;
    int status;
};

static void watch(struct pass *p, int op, int fd, enum source source, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.u32 = source};
    epoll_ctl(p->epoll, op, fd, &e);
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) { /* somebody else made it non-blocking */
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* --- output ---------------------------------------------------------------------------------- */

static void close_stream(struct bw_plumbing *plumbing, enum bw_stream stream)
{
    close(plumbing->from[stream]);
    plumbing->from[stream] = -1;
}

/* Returns the bytes passed on; 0: nothing is there, or ever will be. */
static size_t pass_chunk(struct bw_plumbing *plumbing, enum bw_stream stream, struct bw_feed *feed)
{
    static char chunk[CHUNK_BYTES];
    ssize_t n = read(plumbing->from[stream], chunk, sizeof chunk);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) { /* EIO: nobody has the terminal open any more */
        close_stream(plumbing, stream);
        return 0;
    }
    /* Where nobody reads any more, the command is to learn so by its next write. */
    if (!write_all(plumbing->to[stream], chunk, (size_t)n))
        close_stream(plumbing, stream);
    if (feed)
        bw_feed_push(feed, stream, chunk, (size_t)n);
    return (size_t)n;
}

/* What the command wrote before it ended. */
static void pass_rest(struct pass *p)
{
    for (int stream = 0; stream < BW_N_STREAMS; stream++) {
        size_t passed = 0, n = 1;
        while (p->plumbing->from[stream] >= 0 && n > 0 && passed < REST_BYTES_MAX) {
            n = pass_chunk(p->plumbing, (enum bw_stream)stream, p->plan->feed);
            passed += n;
        }
    }
}

/* --- keys ------------------------------------------------------------------------------------ */

static void listen_to_keys(struct pass *p)
{
    if (!p->wants_keys || p->listening || p->paused || !bw_term_is_foreground(p->term))
        return;
    if (!p->child->own_session) {
        p->listening = bw_term_lend(p->term, p->child->pid);
        return;
    }
    bw_term_set_raw(p->term);
    bw_term_copy_size(p->term, p->plumbing->from[BW_STDOUT]);
    watch(p, EPOLL_CTL_ADD, p->term->fd, FROM_KEYS, EPOLLIN);
    p->listening = true;
}

static void stop_listening(struct pass *p)
{
    if (p->listening && p->child->own_session)
        watch(p, EPOLL_CTL_DEL, p->term->fd, FROM_KEYS, 0);
    p->listening = false;
    bw_term_take_back(p->term);
    bw_term_restore(p->term);
}

/* While the command's terminal takes no more, no more is read. */
static void send_keys(struct pass *p)
{
    int master = p->plumbing->from[BW_STDOUT];
    ssize_t n = master >= 0 ? write(master, p->keys, p->n_keys) : (ssize_t)p->n_keys;
    bool full = n < 0 && errno == EAGAIN;
    if (n > 0) {
        p->n_keys -= (size_t)n;
        memmove(p->keys, p->keys + n, p->n_keys);
    } else if (!full) {
        p->n_keys = 0;
    }
    if (p->listening)
        watch(p, EPOLL_CTL_MOD, p->term->fd, FROM_KEYS, p->n_keys > 0 ? 0 : EPOLLIN);
    if (master >= 0)
        watch(p, EPOLL_CTL_MOD, master, FROM_STDOUT, EPOLLIN | (p->n_keys > 0 ? EPOLLOUT : 0));
}

static void read_keys(struct pass *p)
{
    ssize_t n = read(p->term->fd, p->keys + p->n_keys, sizeof p->keys - p->n_keys);
    if (n > 0) {
        p->n_keys += (size_t)n;
        send_keys(p);
    } else if (n == 0 || errno != EINTR) {
        stop_listening(p); /* the terminal is gone */
    }
}

/* --- what happens to the command ------------------------------------------------------------- */

static void resize(struct pass *p)
{
    for (int stream = 0; stream < BW_N_STREAMS; stream++)
        if (p->plumbing->from[stream] >= 0 && isatty(p->plumbing->from[stream]))
            bw_term_copy_size(p->term, p->plumbing->from[stream]);
    /* In our own session the kernel has told the command already, but maybe too early. */
    if (!p->child->own_session && isatty(p->plumbing->to[BW_STDOUT]))
        bw_signals_to_command(SIGWINCH);
}

/* Until somebody continues us. */
static void stop_here(struct pass *p)
{
    bool in_front = bw_term_is_foreground(p->term);
    bw_signals_stop_here(in_front);
    listen_to_keys(p);
}

static void on_stop(struct pass *p, int sig)
{
    bool asks_for_keys = sig == SIGTTIN || sig == SIGTTOU;
    if (sig == SIGSTOP)
        return; /* somebody's doing, who will continue it; no key sends this */
    p->wants_keys = p->wants_keys || asks_for_keys;
    stop_listening(p);
    if (!asks_for_keys || !bw_term_is_foreground(p->term))
        stop_here(p);
    listen_to_keys(p);
    if (!p->paused)
        bw_signals_to_command(SIGCONT);
}

static void attend_to_child(struct pass *p)
{
    switch (bw_child_poll(p->child, &p->status)) {
    case BW_CHILD_ENDED:
        bw_signals_ended();
        bw_obey_ended(p->plan->obey);
        p->ended = true;
        if (p->child->own_session)
            watch(p, EPOLL_CTL_DEL, p->child->news, FROM_KEEPER, 0);
        break;
    case BW_CHILD_STOPPED:
        on_stop(p, WSTOPSIG(p->status));
        break;
    default:
        break;
    }
}

/* Where somebody sits in front of it, they are told why it stands still. */
static void on_pause(struct pass *p, const struct bw_order *order)
{
    struct bw_buf why = {0};
    p->paused = order->action == BW_PAUSE;
    if (p->paused)
        stop_listening(p);
    else
        listen_to_keys(p);
    if (!p->plumbing->own_terminal || !isatty(STDERR_FILENO) || !bw_term_is_foreground(p->term))
        return;
    bw_order_put_why(order, &why);
    if (p->paused)
        fprintf(stderr, "\r\nbellwire run: paused%.*s; `bellwire resume %s` goes on\r\n",
                (int)why.len, why.data ? why.data : "", p->plan->task_id);
    else
        fprintf(stderr, "\r\nbellwire run: goes on%.*s\r\n", (int)why.len,
                why.data ? why.data : "");
    bw_buf_free(&why);
}

static void on_wake(struct pass *p)
{
    struct bw_order order;
    uint64_t n;
    if (read(p->plan->wake, &n, sizeof n) < 0)
        return;
    if (bw_signals_continued())
        bw_obey_continued(p->plan->obey);
    if (bw_obey_take_pause(p->plan->obey, &order))
        on_pause(p, &order);
    if (bw_signals_told_to_stop() && p->paused)
        stop_here(p);
    if (bw_signals_resized())
        resize(p);
    listen_to_keys(p);
    if (!p->child->own_session && !p->ended)
        attend_to_child(p);
}

static void attend(struct pass *p, const struct epoll_event *e)
{
    switch ((enum source)e->data.u32) {
    case FROM_STDOUT:
    case FROM_STDERR:
        if (e->events & EPOLLOUT)
            send_keys(p);
        if (e->events & ~(uint32_t)EPOLLOUT && p->plumbing->from[e->data.u32] >= 0)
            pass_chunk(p->plumbing, (enum bw_stream)e->data.u32, p->plan->feed);
        break;
    case FROM_KEYS:
        read_keys(p);
        break;
    case FROM_WAKE:
        on_wake(p);
        break;
    case FROM_KEEPER:
        attend_to_child(p);
        break;
    }
}

int bw_pass_until_end(const struct bw_pass_plan *plan)
{
    struct epoll_event ready[8];
    struct pass p = {.plumbing = plan->plumbing, .term = plan->term, .child = plan->child};
    p.plan = plan;
    p.wants_keys = plan->plumbing->own_terminal && plan->plumbing->keys_at_once;
    p.epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int stream = 0; stream < BW_N_STREAMS; stream++)
        if (plan->plumbing->from[stream] >= 0)
            watch(&p, EPOLL_CTL_ADD, plan->plumbing->from[stream], (enum source)stream, EPOLLIN);
    watch(&p, EPOLL_CTL_ADD, plan->wake, FROM_WAKE, EPOLLIN);
    if (plan->child->own_session)
        watch(&p, EPOLL_CTL_ADD, plan->child->news, FROM_KEEPER, EPOLLIN);
    listen_to_keys(&p);
    /* Cancelled, what it has started has as long as itself to come to its end. */
    while (!p.ended || !bw_obey_is_over(plan->obey)) {
        bool look = p.wants_keys && !p.listening && !p.paused;
        int n = epoll_wait(p.epoll, ready, 8, look ? BACKGROUND_MS : -1);
        for (int i = 0; i < n; i++)
            attend(&p, &ready[i]);
        if (n == 0)
            listen_to_keys(&p);
    }
    pass_rest(&p);
    stop_listening(&p);
    close(p.epoll);
    return p.status;
}

/* --- after the end --------------------------------------------------------------------------- */

/* In a fork of a process with threads: nothing here may take a lock. */
static void pass_what_comes(struct bw_plumbing *plumbing, const struct bw_child *child)
{
    const int needed[] = {plumbing->from[BW_STDOUT], plumbing->from[BW_STDERR],
                          plumbing->to[BW_STDOUT], plumbing->to[BW_STDERR], child->life};
    struct pollfd fds[BW_N_STREAMS];
    bw_signals_default();
    bw_close_all_but(needed, sizeof needed / sizeof needed[0]);
    do {
        for (int i = 0; i < BW_N_STREAMS; i++)
            fds[i] = (struct pollfd){.fd = plumbing->from[i], .events = POLLIN};
        poll(fds, BW_N_STREAMS, -1);
        for (int i = 0; i < BW_N_STREAMS; i++)
            if (fds[i].fd >= 0 && fds[i].revents)
                pass_chunk(plumbing, (enum bw_stream)i, NULL);
    } while (plumbing->from[BW_STDOUT] >= 0 || plumbing->from[BW_STDERR] >= 0);
    _exit(0);
}

static bool is_open(struct bw_plumbing *p, enum bw_stream stream)
{
    struct pollfd fd = {.fd = p->from[stream], .events = POLLIN};
    if (p->from[stream] < 0)
        return false;
    poll(&fd, 1, 0);
    return !(fd.revents & POLLHUP) || (fd.revents & POLLIN);
}

void bw_pass_leave_behind(struct bw_plumbing *p, struct bw_child *child)
{
    if ((is_open(p, BW_STDOUT) || is_open(p, BW_STDERR)) && fork() == 0)
        pass_what_comes(p, child);
    for (int stream = 0; stream < BW_N_STREAMS; stream++)
        if (p->from[stream] >= 0)
            close_stream(p, (enum bw_stream)stream);
    bw_child_close(child);
}

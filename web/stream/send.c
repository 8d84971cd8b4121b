/* Sending frames from rings and pages: choosing, one system call, and what to do when the kernel
 * does not take all of it. */
#include "web/stream/conn.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "web/stream/engine.h"
#include "web/stream/sub.h"

enum { RUNS_MAX = 64 };

/* Contiguous runs of chosen frames. */
struct choice {
    struct iovec iov[RUNS_MAX];
    uint64_t first[RUNS_MAX]; /* number of each run's first frame */
    int n;
    size_t bytes;
    uint64_t end; /* where to go on: frames before it were chosen or are not wanted */
};

static bool wants(const struct bw_source *source, const struct bw_entry *entry)
{
    return entry->seq > source->after &&
           (!source->filter || bw_filter_match(source->filter, entry->key));
}

static void choose(const struct bw_source *source, uint64_t from, uint64_t to, struct choice *out)
{
    const struct bw_frames *f = source->frames;
    bool in_run = false;
    out->n = 0;
    out->bytes = 0;
    for (; from < to && out->bytes < BW_SEND_BYTES; from++) {
        const struct bw_entry *entry = bw_frames_entry(f, from);
        if (!wants(source, entry)) {
            in_run = false;
            continue;
        }
        if (!in_run && out->n == RUNS_MAX)
            break;
        if (!in_run) {
            out->iov[out->n] = (struct iovec){bw_frames_at(f, entry->start), 0};
            out->first[out->n++] = from;
            in_run = true;
        }
        size_t len = bw_frames_len(f, from, from + 1);
        out->iov[out->n - 1].iov_len += len;
        out->bytes += len;
    }
    out->end = from;
}

uint64_t bw_conn_stopped(struct bw_conn *conn, const struct bw_source *source, uint64_t from,
                         uint64_t to, ssize_t sent)
{
    const struct bw_frames *f = source->frames;
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        bw_conn_kill(conn);
        return from;
    }
    uint64_t start = bw_frames_entry(f, from)->start;
    uint64_t stop = start + (sent > 0 ? (uint64_t)sent : 0);
    uint64_t next = bw_frames_find_end(f, from, to, stop);
    size_t left = bw_frames_entry(f, next)->start - stop;
    if (left > 0) {
        const char *rest = bw_frames_at(f, stop);
        conn->rest_of = source->owner ? bw_shared_ref(source->owner) : bw_shared_dup(rest, left);
        if (!conn->rest_of) {
            bw_conn_kill(conn);
            return from;
        }
        conn->rest = source->owner ? rest : conn->rest_of->data;
        conn->rest_len = left;
    }
    bw_conn_block(conn);
    return next;
}

/* A run other than the last may have been where the kernel stopped. */
static uint64_t find_stop(struct bw_conn *conn, const struct bw_source *source,
                          const struct choice *chosen, ssize_t sent)
{
    const struct bw_frames *f = source->frames;
    int run = 0;
    while (run < chosen->n - 1 && sent >= (ssize_t)chosen->iov[run].iov_len)
        sent -= (ssize_t)chosen->iov[run++].iov_len;
    uint64_t first = chosen->first[run];
    uint64_t end = bw_frames_entry(f, first)->start + chosen->iov[run].iov_len;
    return bw_conn_stopped(conn, source, first, bw_frames_find_end(f, first, chosen->end, end),
                           sent);
}

uint64_t bw_conn_send(struct bw_conn *conn, const struct bw_source *source, uint64_t from,
                      uint64_t to)
{
    struct choice chosen;
    choose(source, from, to, &chosen);
    if (chosen.n == 0)
        return chosen.end;
    struct msghdr message = {.msg_iov = chosen.iov, .msg_iovlen = (size_t)chosen.n};
    ssize_t sent = sendmsg(conn->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == (ssize_t)chosen.bytes)
        return chosen.end;
    return find_stop(conn, source, &chosen, sent);
}

/* Sending frames from rings and pages. */
#include "web/stream/send.h"

#include <errno.h>
#include <sys/socket.h>

#include "web/stream/conn.h"

static bool wants(const struct bw_source *source, const struct bw_entry *entry)
{
    return entry->seq > source->after &&
           (!source->filter || bw_filter_match(source->filter, entry->key));
}

void bw_choose(const struct bw_source *source, uint64_t from, uint64_t to, uint64_t limit,
               struct bw_choice *out)
{
    const struct bw_frames *f = source->frames;
    bool in_run = false;
    out->n = 0;
    out->bytes = 0;
    for (; from < to && limit > 0 && out->bytes < BW_SEND_BYTES; from++) {
        const struct bw_entry *entry = bw_frames_entry(f, from);
        if (!wants(source, entry)) {
            in_run = false;
            continue;
        }
        if (!in_run && out->n == BW_RUNS_MAX)
            break;
        if (!in_run) {
            out->iov[out->n] = (struct iovec){bw_frames_at(f, entry->start), 0};
            out->first[out->n++] = from;
            in_run = true;
        }
        size_t len = bw_frames_len(f, from, from + 1);
        out->iov[out->n - 1].iov_len += len;
        out->bytes += len;
        limit--;
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
                          const struct bw_choice *chosen, ssize_t sent)
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
    struct bw_choice chosen;
    if (conn->transport->send)
        return conn->transport->send(conn, source, from, to);
    bw_choose(source, from, to, UINT64_MAX, &chosen);
    if (chosen.n == 0)
        return chosen.end;
    struct msghdr message = {.msg_iov = chosen.iov, .msg_iovlen = (size_t)chosen.n};
    ssize_t sent = sendmsg(conn->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == (ssize_t)chosen.bytes)
        return chosen.end;
    return find_stop(conn, source, &chosen, sent);
}

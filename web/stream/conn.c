/* Connections: reading, talking, blocking, closing. Sending of frames is in send.c. */
#include "web/stream/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/metrics.h"
#include "web/stream/deflate.h"
#include "web/stream/engine.h"
#include "web/stream/sub.h"

BW_GAUGE(connections, "bellwire_stream_connections", "Live connections, of all transports.");
enum { BY_WEBSOCKET, BY_SSE, BY_LONG_POLL, N_TRANSPORTS };
BW_METRICS_DEFINE(by_transport, N_TRANSPORTS, "bellwire_stream_transport_connections",
                  "Live connections, by transport.", 1, [BY_WEBSOCKET] = "transport=\"websocket\"",
                  [BY_SSE] = "transport=\"sse\"", [BY_LONG_POLL] = "transport=\"long_poll\"")
BW_COUNTER(dropped_deaf, "bellwire_stream_deaf_total",
           "Connections dropped because they asked and did not read the answers.");

enum {
    LINGER_S = 3,      /* for the client to hang up after goodbye */
    READS_AT_ONCE = 4, /* then the next connection has its turn */
};

/* --- The socket ---------------------------------------------------------------------- */

static int watch(struct bw_conn *conn, int op, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = conn};
    return epoll_ctl(conn->engine->epoll, op, conn->fd, &e) == 0 ? 0 : BW_EIO;
}

/* What is waited for. After the client's last byte its socket is readable for ever; that it hung up
 * is told without being asked for. */
static void wait_for_it(struct bw_conn *conn)
{
    uint32_t events = (conn->half_closed ? 0 : EPOLLIN) | (conn->blocked ? EPOLLOUT : 0);
    if (watch(conn, EPOLL_CTL_MOD, events) != 0)
        bw_conn_kill(conn);
}

void bw_conn_block(struct bw_conn *conn)
{
    if (conn->blocked)
        return;
    conn->blocked = true;
    conn->moved_s = conn->engine->now_s;
    bw_sub_pause_all(conn);
    wait_for_it(conn);
}

static void unblock(struct bw_conn *conn)
{
    conn->blocked = false;
    wait_for_it(conn);
    if (conn->state == BW_CONN_CLOSING)
        shutdown(conn->fd, SHUT_WR);
    else if (conn->state == BW_CONN_OPEN)
        bw_sub_resume_all(conn);
}

/* How much of it the socket took: less than len only if it is full, or the connection is dead. */
static size_t send_some(struct bw_conn *conn, const char *bytes, size_t len)
{
    ssize_t sent = len ? send(conn->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
    if (sent > 0)
        conn->moved_s = conn->engine->now_s;
    if (sent >= 0)
        return (size_t)sent;
    if (errno != EAGAIN && errno != EINTR)
        bw_conn_kill(conn);
    return 0;
}

/* The socket has room: first what was cut, then what we said meanwhile. */
static void flush(struct bw_conn *conn)
{
    size_t sent = send_some(conn, conn->rest, conn->rest_len);
    conn->rest += sent;
    conn->rest_len -= sent;
    if (conn->rest_len > 0 || conn->state == BW_CONN_DEAD)
        return;
    bw_shared_unref(&conn->rest_of);
    conn->rest = NULL;
    sent = send_some(conn, conn->out.data, conn->out.len);
    conn->out.len -= sent;
    if (conn->state == BW_CONN_DEAD)
        return;
    if (conn->out.len > 0) {
        memmove(conn->out.data, conn->out.data + sent, conn->out.len);
        return;
    }
    bw_buf_free(&conn->out);
    unblock(conn);
}

/* --- Talking ------------------------------------------------------------------------- */

void bw_conn_say(struct bw_conn *conn, struct bw_str frame)
{
    if (conn->state == BW_CONN_DEAD)
        return;
    size_t sent = conn->blocked ? 0 : send_some(conn, frame.ptr, frame.len);
    if (sent == frame.len || conn->state == BW_CONN_DEAD)
        return;
    bw_buf_put(&conn->out, frame.ptr + sent, frame.len - sent);
    if (conn->out.len > conn->engine->options.reply_bytes_max || conn->out.failed) {
        bw_metric_add(&dropped_deaf, 1);
        bw_conn_kill(conn);
        return;
    }
    bw_conn_block(conn);
}

void bw_conn_say_scratch(struct bw_conn *conn)
{
    struct bw_buf *frame = &conn->engine->scratch;
    if (frame->failed)
        bw_conn_kill(conn);
    else
        bw_conn_say(conn, bw_buf_str(frame));
    bw_buf_reset(frame);
}

/* After the last word. */
static void wait_for_the_end(struct bw_conn *conn)
{
    if (conn->state == BW_CONN_DEAD)
        return;
    conn->state = BW_CONN_CLOSING;
    conn->heard_s = conn->engine->now_s;
    if (!conn->blocked)
        shutdown(conn->fd, SHUT_WR);
}

/* What the socket did not take, kept whatever its length. */
static void keep_rest(struct bw_conn *conn, const char *bytes, size_t len)
{
    conn->rest_of = bw_shared_dup(bytes, len);
    if (!conn->rest_of) {
        bw_conn_kill(conn);
        return;
    }
    conn->rest = conn->rest_of->data;
    conn->rest_len = len;
    bw_conn_block(conn);
}

void bw_conn_finish(struct bw_conn *conn)
{
    struct bw_buf *last = &conn->engine->scratch;
    size_t sent = last->failed ? 0 : send_some(conn, last->data, last->len);
    if (last->failed)
        bw_conn_kill(conn);
    else if (sent < last->len && conn->state != BW_CONN_DEAD)
        keep_rest(conn, last->data + sent, last->len - sent);
    bw_buf_reset(last);
    bw_sub_pause_all(conn);
    wait_for_the_end(conn);
}

void bw_conn_close(struct bw_conn *conn, int status, const char *reason)
{
    if (conn->state != BW_CONN_OPEN)
        return;
    conn->transport->goodbye(conn, status, reason ? reason : bw_ws_reason(status));
    bw_sub_end_all(conn);
    if (conn->state == BW_CONN_OPEN)
        wait_for_the_end(conn);
}

void bw_conn_kill(struct bw_conn *conn)
{
    struct bw_engine *engine = conn->engine;
    if (conn->state == BW_CONN_DEAD)
        return;
    conn->state = BW_CONN_DEAD;
    bw_sub_pause_all(conn);
    conn->next_dead = engine->dead;
    engine->dead = conn;
}

/* --- Listening ----------------------------------------------------------------------- */

static void listen_no_more(struct bw_conn *conn)
{
    conn->half_closed = true;
    wait_for_it(conn);
    conn->transport->half_closed(conn);
}

static void receive(struct bw_conn *conn)
{
    char *input = conn->engine->input;
    for (int i = 0; i < READS_AT_ONCE && conn->state != BW_CONN_DEAD; i++) {
        ssize_t n = recv(conn->fd, input, BW_INPUT_BYTES, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n == 0 && conn->state == BW_CONN_OPEN && conn->transport->half_closed &&
            !conn->half_closed) {
            listen_no_more(conn);
            return;
        }
        if (n <= 0) {
            bw_conn_kill(conn);
            return;
        }
        if (conn->state == BW_CONN_OPEN) /* after goodbye nothing is listened to */
            conn->transport->input(conn, (struct bw_str){input, (size_t)n});
        if (n < BW_INPUT_BYTES)
            return;
    }
}

void bw_conn_ready(struct bw_conn *conn, uint32_t events)
{
    if (conn->state != BW_CONN_DEAD && (events & EPOLLOUT))
        flush(conn);
    if (conn->state != BW_CONN_DEAD && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        receive(conn);
}

bool bw_conn_is_reading(struct bw_conn *conn)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    int waiting = 0;
    if (ioctl(conn->fd, SIOCOUTQ, &waiting) != 0 || waiting == 0 ||
        getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return false;
    bool has_moved = info.tcpi_bytes_acked != conn->acked;
    conn->acked = info.tcpi_bytes_acked;
    return has_moved;
}

void bw_conn_tick(struct bw_conn *conn)
{
    uint32_t now_s = conn->engine->now_s;
    if (conn->state == BW_CONN_CLOSING && now_s - conn->heard_s > LINGER_S &&
        now_s - conn->moved_s > LINGER_S)
        bw_conn_kill(conn);
    else if (conn->state == BW_CONN_OPEN)
        conn->transport->tick(conn);
}

/* --- Life ---------------------------------------------------------------------------- */

static int reserve_place(struct bw_engine *engine)
{
    if (engine->n_conns < engine->cap_conns)
        return 0;
    uint32_t cap = engine->cap_conns ? engine->cap_conns * 2 : 64;
    struct bw_conn **grown = realloc(engine->conns, cap * sizeof *grown);
    if (!grown)
        return BW_ENOMEM;
    engine->conns = grown;
    engine->cap_conns = cap;
    return 0;
}

/* What is compressed for all needs the largest window. */
static const struct bw_transport *transport_of(const struct bw_arrival *arrival)
{
    if (arrival->watch)
        return arrival->watch->is_long_poll ? &bw_long_poll : &bw_sse;
    return arrival->window_bits == BW_WINDOW_BITS_MAX ? &bw_websocket_deflate : &bw_websocket;
}

static void count_in(const struct bw_conn *conn, int n)
{
    int transport = conn->transport == &bw_sse         ? BY_SSE
                    : conn->transport == &bw_long_poll ? BY_LONG_POLL
                                                       : BY_WEBSOCKET;
    bw_metric_add(&connections, n);
    bw_metric_add(&by_transport[transport], n);
}

int bw_conn_create(struct bw_engine *engine, const struct bw_arrival *arrival)
{
    const int fd = arrival->fd;
    const int on = 1;
    struct bw_conn *conn = reserve_place(engine) == 0 ? calloc(1, sizeof *conn) : NULL;
    if (!conn)
        return BW_ENOMEM;
    conn->engine = engine;
    conn->fd = fd;
    conn->address = arrival->address;
    conn->ws.window_bits = (uint8_t)arrival->window_bits;
    conn->transport = transport_of(arrival);
    conn->heard_s = conn->idle_s = conn->moved_s = engine->now_s;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || watch(conn, EPOLL_CTL_ADD, EPOLLIN) != 0) {
        free(conn);
        return BW_EIO;
    }
    /* Events are small and must not wait for more; not every socket is TCP in tests. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    conn->index = engine->n_conns;
    engine->conns[engine->n_conns++] = conn;
    count_in(conn, 1);
    conn->watch = arrival->watch;
    conn->transport->begin(conn);
    return 0;
}

void bw_conn_destroy(struct bw_conn *conn)
{
    struct bw_engine *engine = conn->engine;
    bw_sub_end_all(conn);
    struct bw_conn *moved = engine->conns[--engine->n_conns];
    engine->conns[conn->index] = moved;
    moved->index = conn->index;
    bw_ws_free(&conn->ws);
    bw_watch_free(&conn->watch);
    bw_shared_unref(&conn->rest_of);
    bw_buf_free(&conn->out);
    bw_fdset_remove(engine->owned, conn->fd); /* before the number can be given to somebody else */
    close(conn->fd);
    bw_door_leave(engine->door, conn->address);
    atomic_fetch_sub(&engine->load, 1);
    count_in(conn, -1);
    free(conn);
}

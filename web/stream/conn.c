/* Connections: reading, talking, blocking, closing. Sending of frames is in send.c. */
#include "web/stream/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "web/stream/engine.h"
#include "web/stream/sub.h"
#include "web/stream/watcher.h"

BW_GAUGE(connections, "bellwire_stream_connections", "WebSocket connections.");
BW_COUNTER(messages_in, "bellwire_stream_messages_total", "Messages that clients sent.");
BW_COUNTER(refused_in, "bellwire_stream_refused_total",
           "Connections closed because of what the client sent.");
BW_COUNTER(closed_silent, "bellwire_stream_silent_total",
           "Connections closed because a ping was not answered.");
BW_COUNTER(closed_idle, "bellwire_stream_idle_total",
           "Connections closed because they had no subscription.");
BW_COUNTER(dropped_deaf, "bellwire_stream_deaf_total",
           "Connections dropped because they asked and did not read the answers.");

enum {
    LINGER_S = 3,      /* for the client to hang up after goodbye */
    READS_AT_ONCE = 4, /* then the next connection has its turn */
    BURST_S = 10,      /* so many seconds' messages may come at once */
};

/* --- The socket ---------------------------------------------------------------------- */

static int watch(struct bw_conn *conn, int op, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = conn};
    return epoll_ctl(conn->engine->epoll, op, conn->fd, &e) == 0 ? 0 : BW_EIO;
}

void bw_conn_block(struct bw_conn *conn)
{
    if (conn->blocked)
        return;
    conn->blocked = true;
    bw_sub_pause_all(conn);
    if (watch(conn, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT) != 0)
        bw_conn_kill(conn);
}

static void unblock(struct bw_conn *conn)
{
    conn->blocked = false;
    if (watch(conn, EPOLL_CTL_MOD, EPOLLIN) != 0) {
        bw_conn_kill(conn);
        return;
    }
    if (conn->state == BW_CONN_CLOSING)
        shutdown(conn->fd, SHUT_WR);
    else
        bw_sub_resume_all(conn);
}

/* How much of it the socket took: less than len only if it is full, or the connection is dead. */
static size_t send_some(struct bw_conn *conn, const char *bytes, size_t len)
{
    ssize_t sent = len ? send(conn->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
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

static void say_control(struct bw_conn *conn, enum bw_ws_opcode opcode, struct bw_str payload)
{
    bw_ws_put_frame(&conn->engine->scratch, opcode, payload);
    bw_conn_say_scratch(conn);
}

void bw_conn_close(struct bw_conn *conn, int status, const char *reason)
{
    if (conn->state != BW_CONN_OPEN)
        return;
    bw_sub_end_all(conn);
    bw_ws_put_close(&conn->engine->scratch, status, reason ? reason : bw_ws_reason(status));
    bw_conn_say_scratch(conn);
    if (conn->state == BW_CONN_DEAD)
        return;
    conn->state = BW_CONN_CLOSING;
    conn->heard_s = conn->engine->now_s;
    if (!conn->blocked)
        shutdown(conn->fd, SHUT_WR);
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

/* Whether it says more than messages_per_s. Each message pays for a slice of time, and who has paid
 * for more than BURST_S ahead says too much. */
static bool is_talkative(struct bw_conn *conn)
{
    int64_t now_us = bw_clock_mono_us();
    if (conn->said_us < now_us)
        conn->said_us = now_us;
    conn->said_us += 1000000 / conn->engine->options.messages_per_s;
    return conn->said_us - now_us > BURST_S * INT64_C(1000000);
}

static int on_message(void *arg, enum bw_ws_opcode opcode, struct bw_str payload)
{
    bw_metric_add(&messages_in, 1);
    if (is_talkative(arg))
        return BW_WS_POLICY;
    return bw_watcher_message(arg, opcode, payload);
}

static int on_control(void *arg, enum bw_ws_opcode opcode, struct bw_str payload)
{
    if (is_talkative(arg))
        return BW_WS_POLICY;
    if (opcode == BW_WS_PING)
        say_control(arg, BW_WS_PONG, payload);
    return 0;
}

static void listen_to(struct bw_conn *conn, struct bw_str bytes)
{
    static const struct bw_ws_handler handler = {.on_message = on_message,
                                                 .on_control = on_control};
    conn->heard_s = conn->engine->now_s;
    conn->pinged_s = 0;
    int status = bw_ws_input(&conn->ws, &conn->engine->pool, bytes, &handler, conn);
    if (status == 0)
        return;
    if (status != BW_WS_NO_STATUS && bw_ws_reason(status)[0])
        bw_metric_add(&refused_in, 1);
    bw_conn_close(conn, status, NULL);
}

static void receive(struct bw_conn *conn)
{
    char *input = conn->engine->input;
    for (int i = 0; i < READS_AT_ONCE && conn->state != BW_CONN_DEAD; i++) {
        ssize_t n = recv(conn->fd, input, BW_INPUT_BYTES, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            bw_conn_kill(conn);
            return;
        }
        if (conn->state == BW_CONN_OPEN) /* after goodbye nothing is listened to */
            listen_to(conn, (struct bw_str){input, (size_t)n});
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

static void close_silent(struct bw_conn *conn)
{
    char reason[64];
    bw_metric_add(&closed_silent, 1);
    snprintf(reason, sizeof reason, "no answer to a ping for %u s",
             conn->engine->options.ping_timeout_s);
    bw_conn_close(conn, BW_WS_POLICY, reason);
}

static void close_idle(struct bw_conn *conn)
{
    char reason[64];
    bw_metric_add(&closed_idle, 1);
    snprintf(reason, sizeof reason, "no subscription for %u s", conn->engine->options.idle_s);
    bw_conn_close(conn, BW_WS_POLICY, reason);
}

static void ping(struct bw_conn *conn)
{
    conn->pinged_s = conn->engine->now_s;
    say_control(conn, BW_WS_PING, (struct bw_str){0});
}

/* Whole seconds may be one less than it was: so what is stated must have been exceeded. */
void bw_conn_tick(struct bw_conn *conn)
{
    const struct bw_stream_options *o = &conn->engine->options;
    uint32_t now_s = conn->engine->now_s, silent_s = now_s - conn->heard_s;
    if (conn->n_subs > 0)
        conn->idle_s = now_s;
    if (conn->state == BW_CONN_CLOSING && silent_s > LINGER_S)
        bw_conn_kill(conn);
    if (conn->state != BW_CONN_OPEN)
        return;
    if (conn->pinged_s && now_s - conn->pinged_s > o->ping_timeout_s)
        close_silent(conn);
    else if (now_s - conn->idle_s > o->idle_s)
        close_idle(conn);
    else if (!conn->pinged_s && silent_s >= o->heartbeat_s)
        ping(conn);
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

int bw_conn_create(struct bw_engine *engine, int fd, uint64_t address)
{
    const int on = 1;
    struct bw_conn *conn = reserve_place(engine) == 0 ? calloc(1, sizeof *conn) : NULL;
    if (!conn)
        return BW_ENOMEM;
    conn->engine = engine;
    conn->fd = fd;
    conn->address = address;
    conn->heard_s = conn->idle_s = engine->now_s;
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || watch(conn, EPOLL_CTL_ADD, EPOLLIN) != 0) {
        free(conn);
        return BW_EIO;
    }
    /* Events are small and must not wait for more; not every socket is TCP in tests. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    conn->index = engine->n_conns;
    engine->conns[engine->n_conns++] = conn;
    bw_metric_add(&connections, 1);
    bw_watcher_hello(conn);
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
    bw_shared_unref(&conn->rest_of);
    bw_buf_free(&conn->out);
    bw_fdset_remove(engine->owned, conn->fd); /* before the number can be given to somebody else */
    close(conn->fd);
    bw_door_leave(engine->door, conn->address);
    atomic_fetch_sub(&engine->load, 1);
    bw_metric_add(&connections, -1);
    free(conn);
}

/* Server-sent events as a transport: what EventSource understands without any code of ours.
 *
 * DESIGN. A client that comes back says the last `id:` it got, so an id is a promise: whoever has
 * it has everything up to there. A `reset` therefore has none, nor has a snapshot before its last
 * page: who is cut off between them comes back with the old cursor and is reset once more. A
 * heartbeat carries the place that a quiet connection has reached meanwhile, so that it does not
 * come back with a cursor that is no longer kept. The client never speaks again, and may
 * have closed its side; it is alive as long as its socket takes what is sent. */
#include "base/metrics.h"
#include "wire/cursor.h"
#include "web/stream/conn.h"
#include "web/stream/drain.h"
#include "web/stream/engine.h"
#include "web/stream/sub.h"

BW_COUNTER(opened, "bellwire_stream_sse_total", "SSE connections taken.");
BW_COUNTER(dropped_stuck, "bellwire_stream_stuck_total",
           "SSE connections dropped because their socket took nothing for too long.");

enum { HEARTBEAT_S = 15 };
#define RETRY "retry: 2000\n\n"

static void begin(struct bw_conn *conn)
{
    struct bw_buf *out = &conn->engine->scratch;
    const struct bw_watch *watch = conn->watch;
    struct bw_wish wish = {.feed = watch->feed,
                           .filter = watch->filter,
                           .after = bw_sub_place(conn, watch->has_after, watch->after),
                           .has_after = watch->has_after,
                           .snapshot = watch->snapshot,
                           .conflate = watch->conflate};
    bw_metric_add(&opened, 1);
    bw_buf_puts(out, BW_STR("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"));
    bw_buf_puts(out, bw_buf_str(&watch->headers));
    bw_buf_puts(out, BW_STR("\r\n" RETRY));
    bw_conn_say_scratch(conn);
    bw_sub_subscribe(conn, &wish);
    bw_watch_free(&conn->watch);
}

static void input(struct bw_conn *conn, struct bw_str bytes)
{
    (void)conn, (void)bytes; /* a request behind the first one: it is never answered */
}

static void half_closed(struct bw_conn *conn)
{
    bw_conn_say(conn, BW_STR(":\n\n"));
}

static void beat(struct bw_conn *conn)
{
    struct bw_buf *out = &conn->engine->scratch;
    char cursor[BW_CURSOR_LEN + 1];
    bw_buf_puts(out, BW_STR(": heartbeat\n"));
    if (conn->subs->state == BW_SUB_LIVE) {
        struct bw_place place = bw_view_place(conn->subs);
        bw_cursor_format(place.epoch, place.seq, cursor);
        bw_buf_printf(out, "id: %s\n\n", cursor);
    }
    bw_conn_say_scratch(conn);
    conn->heard_s = conn->engine->now_s;
}

static void tick(struct bw_conn *conn)
{
    const struct bw_stream_options *o = &conn->engine->options;
    uint32_t now_s = conn->engine->now_s;
    if (conn->blocked && bw_conn_is_reading(conn))
        conn->moved_s = now_s;
    if (conn->n_subs == 0) {
        bw_conn_close(conn, BW_WS_NORMAL, NULL); /* its subscription was refused */
    } else if (conn->blocked && now_s - conn->moved_s > o->heartbeat_s + o->ping_timeout_s) {
        bw_metric_add(&dropped_stuck, 1);
        bw_conn_kill(conn);
    } else if (!conn->blocked && now_s - conn->heard_s >= HEARTBEAT_S) {
        beat(conn);
    }
}

/* The end of the connection says it. When to come back is drawn for each when all are sent away. */
static void goodbye(struct bw_conn *conn, int status, const char *reason)
{
    (void)reason;
    if (status == BW_WS_RESTART)
        bw_buf_printf(&conn->engine->scratch, "retry: %u\n\n", bw_drain_retry_ms(conn->engine));
    bw_conn_say_scratch(conn);
}

const struct bw_transport bw_sse = {
    .encoding = BW_ENCODING_SSE,
    .begin = begin,
    .input = input,
    .half_closed = half_closed,
    .tick = tick,
    .goodbye = goodbye,
    .subscribed = bw_say_subscribed,
    .reset = bw_say_reset,
    .fault = bw_say_fault,
};

/* The WebSocket as a transport: messages in, text frames out, pings, and close codes. */
#include <stdio.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "web/stream/engine.h"
#include "web/stream/conn.h"
#include "web/stream/watcher.h"

BW_COUNTER(messages_in, "bellwire_stream_messages_total", "Messages that clients sent.");
BW_COUNTER(refused_in, "bellwire_stream_refused_total",
           "Connections closed because of what the client sent.");
BW_COUNTER(closed_silent, "bellwire_stream_silent_total",
           "Connections closed because a ping was not answered.");
BW_COUNTER(closed_idle, "bellwire_stream_idle_total",
           "Connections closed because they had no subscription.");

enum { BURST_S = 10 /* so many seconds' messages may come at once */ };

static void say_control(struct bw_conn *conn, enum bw_ws_opcode opcode, struct bw_str payload)
{
    bw_ws_put_frame(&conn->engine->scratch, opcode, payload);
    bw_conn_say_scratch(conn);
}

/* --- Listening ----------------------------------------------------------------------- */

/* Whether it says more than messages_per_s. Each message pays for a slice of time, and so does each
 * part of one that comes in parts; who has paid for more than BURST_S ahead says too much. */
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

static int on_part(void *arg)
{
    return is_talkative(arg) ? BW_WS_POLICY : 0;
}

static int on_control(void *arg, enum bw_ws_opcode opcode, struct bw_str payload)
{
    if (is_talkative(arg))
        return BW_WS_POLICY;
    if (opcode == BW_WS_PING)
        say_control(arg, BW_WS_PONG, payload);
    return 0;
}

static void input(struct bw_conn *conn, struct bw_str bytes)
{
    static const struct bw_ws_handler handler = {
        .on_message = on_message, .on_control = on_control, .on_part = on_part};
    conn->heard_s = conn->engine->now_s;
    conn->pinged_s = 0;
    int status = bw_ws_input(&conn->ws, &conn->engine->pool, bytes, &handler, conn);
    if (status == 0)
        return;
    if (!conn->ws.closed)
        bw_metric_add(&refused_in, 1);
    bw_conn_close(conn, status, conn->ws.closed ? "" : NULL);
}

/* --- Silence ------------------------------------------------------------------------- */

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

/* It waits behind what was sent before: its time begins when that has been read. */
static void ping(struct bw_conn *conn)
{
    bw_conn_is_reading(conn);
    conn->pinged_s = conn->engine->now_s;
    say_control(conn, BW_WS_PING, (struct bw_str){0});
}

/* Whole seconds may be one less than it was: so what is stated must have been exceeded. */
static void tick(struct bw_conn *conn)
{
    const struct bw_stream_options *o = &conn->engine->options;
    uint32_t now_s = conn->engine->now_s, silent_s = now_s - conn->heard_s;
    if (conn->n_subs > 0)
        conn->idle_s = now_s;
    if (conn->pinged_s && bw_conn_is_reading(conn))
        conn->pinged_s = now_s;
    if (conn->pinged_s && now_s - conn->pinged_s > o->ping_timeout_s)
        close_silent(conn);
    else if (now_s - conn->idle_s > o->idle_s)
        close_idle(conn);
    else if (!conn->pinged_s && silent_s >= o->heartbeat_s)
        ping(conn);
}

/* ------------------------------------------------------------------------------------- */

static void goodbye(struct bw_conn *conn, int status, const char *reason)
{
    bw_ws_put_close(&conn->engine->scratch, status, reason);
    bw_conn_say_scratch(conn);
}

#define WEBSOCKET(encoding_)                                                                       \
    {                                                                                              \
        .encoding = (encoding_), .begin = bw_watcher_hello, .input = input, .tick = tick,          \
        .goodbye = goodbye, .subscribed = bw_say_subscribed, .reset = bw_say_reset,                \
        .fault = bw_say_fault                                                                      \
    }

const struct bw_transport bw_websocket = WEBSOCKET(BW_ENCODING_WEBSOCKET);
const struct bw_transport bw_websocket_deflate = WEBSOCKET(BW_ENCODING_DEFLATE);

/* Long-polling as a transport: one answer, as soon as there is something to answer, and the end.
 *
 * DESIGN. Its subscription catches up and joins the ring as any other; the first frames that it is
 * given, from a page or from the ring, become the answer. What is told on other transports in
 * between is left out: an answer has room for events, or for a reset. When the time is over the
 * answer has neither, but the cursor that was reached. The answer is the same object as a REST read
 * of /events gives. */
#include <string.h>

#include "base/metrics.h"
#include "wire/cursor.h"
#include "wire/json.h"
#include "web/stream/conn.h"
#include "web/stream/engine.h"
#include "web/stream/frame.h"
#include "web/stream/send.h"
#include "web/stream/sub.h"

BW_COUNTER(polls, "bellwire_stream_polls_total", "Long-polls taken.");
BW_COUNTER(polls_timed_out, "bellwire_stream_polls_empty_total",
           "Long-polls answered without events because their time was over.");

static void begin(struct bw_conn *conn)
{
    struct bw_watch *watch = conn->watch;
    const struct bw_wish wish = {.feed = watch->feed,
                                 .filter = watch->filter,
                                 .after = bw_sub_place(conn, watch->has_after, watch->after),
                                 .has_after = watch->has_after};
    bw_metric_add(&polls, 1);
    watch->since_s = conn->engine->now_s;
    bw_sub_subscribe(conn, &wish);
}

static void input(struct bw_conn *conn, struct bw_str bytes)
{
    (void)conn, (void)bytes; /* a request behind the first one: it is never answered */
}

/* All that may be said before the answer, and every client passes over it. */
static void half_closed(struct bw_conn *conn)
{
    bw_conn_say(conn, BW_STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* --- Answering ----------------------------------------------------------------------- */

/* What it says: a text, the events, a text. */
struct answer {
    const char *status, *headers, *before;
    struct bw_choice events; /* each with a comma behind it */
    struct bw_buf after;
};

static void put_events(struct bw_buf *out, const struct bw_choice *events, size_t len)
{
    for (int i = 0; i < events->n; i++) {
        size_t part = events->iov[i].iov_len < len ? events->iov[i].iov_len : len;
        bw_buf_put(out, events->iov[i].iov_base, part);
        len -= part;
    }
}

static void finish(struct bw_conn *conn, struct answer *a)
{
    struct bw_buf *out = &conn->engine->scratch;
    size_t events_len = a->events.bytes > 0 ? a->events.bytes - 1 : 0; /* no comma after the last */
    bw_buf_printf(out, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n", a->status, a->headers,
                  strlen(a->before) + events_len + a->after.len);
    bw_buf_puts(out, bw_buf_str(&conn->watch->headers));
    bw_buf_puts(out, BW_STR("\r\n"));
    bw_buf_puts(out, bw_str(a->before));
    put_events(out, &a->events, events_len);
    if (a->after.data)
        bw_buf_puts(out, bw_buf_str(&a->after));
    out->failed = out->failed || a->after.failed;
    bw_buf_free(&a->after);
    bw_conn_finish(conn);
}

/* reset: a reason, or NULL */
static void answer_with(struct bw_conn *conn, struct answer *a, bool more, const char *reset,
                        struct bw_place place)
{
    a->status = "200 OK";
    a->headers = "Content-Type: application/json\r\n";
    a->before = "{\"data\":{\"events\":[";
    bw_buf_printf(&a->after, "],\"more\":%s},\"reset\":%s", more ? "true" : "false",
                  reset ? "true" : "false");
    if (reset)
        bw_buf_printf(&a->after, ",\"reason\":\"%s\"", reset);
    bw_frame_put_cursor(&a->after, "cursor", place);
    bw_buf_putc(&a->after, '}');
    finish(conn, a);
}

static void answer_problem(struct bw_conn *conn, const struct bw_fault *fault)
{
    struct answer a = {
        .status = "503 Service Unavailable",
        .headers = "Content-Type: application/problem+json\r\nRetry-After: 1\r\n",
        .before = "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503"};
    bw_buf_printf(&a.after, ",\"code\":\"%s\",\"detail\":", bw_err_code(fault->err));
    bw_json_string(&a.after, bw_str(fault->message[0] ? fault->message : bw_err_text(fault->err)));
    bw_buf_putc(&a.after, '}');
    finish(conn, &a);
}

/* --- What happens to its subscription ------------------------------------------------ */

static uint64_t take_frames(struct bw_conn *conn, const struct bw_source *source, uint64_t from,
                            uint64_t to)
{
    struct answer a = {0};
    bw_choose(source, from, to, conn->watch->limit, &a.events);
    if (a.events.n == 0)
        return a.events.end;
    const struct bw_sub *sub = conn->subs;
    bool live = sub->state == BW_SUB_LIVE;
    struct bw_place place = {live ? sub->epoch : sub->job->page->epoch,
                             bw_frames_entry(source->frames, a.events.end - 1)->seq};
    bool more = a.events.end < to || (!live && sub->job->page->more);
    answer_with(conn, &a, more, NULL, place);
    return a.events.end;
}

static void subscribed(struct bw_sub *sub, bool recovered, struct bw_place place, bool to_resume)
{
    (void)sub, (void)recovered, (void)place, (void)to_resume; /* the answer says where it ends */
}

static bool reset(struct bw_sub *sub, const char *reason, struct bw_place place)
{
    struct answer a = {0};
    answer_with(sub->conn, &a, false, reason, place);
    return false;
}

static void fault(struct bw_conn *conn, const struct bw_feed *feed, const struct bw_fault *why,
                  bool passing)
{
    (void)feed;
    if (!passing && conn->state == BW_CONN_OPEN)
        answer_problem(conn, why);
}

/* Where it got to. False: not even that is known, because the bus is away. */
static bool find_place(const struct bw_sub *sub, struct bw_place *out)
{
    if (sub->state == BW_SUB_LIVE) {
        *out = bw_view_place(sub);
        return true;
    }
    *out = (struct bw_place){sub->job->after.epoch, sub->job->after.seq};
    return sub->job->after.kind == BW_CURSOR_AT;
}

static void end(struct bw_conn *conn)
{
    struct bw_fault away;
    struct bw_place place;
    struct answer a = {0};
    bw_metric_add(&polls_timed_out, 1);
    bw_fault(&away, BW_EUNAVAILABLE, "", "the bus cannot be reached; try again");
    if (conn->subs && find_place(conn->subs, &place))
        answer_with(conn, &a, false, NULL, place);
    else
        answer_problem(conn, &away);
}

static void tick(struct bw_conn *conn)
{
    /* whole seconds may be one less */
    if (conn->engine->now_s - conn->watch->since_s > conn->watch->wait_s)
        end(conn);
}

static void goodbye(struct bw_conn *conn, int status, const char *reason)
{
    (void)status, (void)reason;
    end(conn);
}

const struct bw_transport bw_long_poll = {
    .encoding = BW_ENCODING_LIST,
    .begin = begin,
    .input = input,
    .half_closed = half_closed,
    .tick = tick,
    .goodbye = goodbye,
    .subscribed = subscribed,
    .reset = reset,
    .fault = fault,
    .send = take_frames,
};

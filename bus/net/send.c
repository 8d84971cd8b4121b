/* The sending half of a connection: from requests to be answered to bytes. See peer.h for the
 * design.
 *
 * A client must take something every answer_timeout_ms, so that who is stuck is noticed soon, and a
 * whole write within some times that, so that taking a byte now and then is no way to stay. When
 * the server is stopping, all of them have answer_timeout_ms, together. */
#include "base/clock.h"
#include "base/diag.h"
#include "net/peer.h"

enum {
    WRITE_BYTES = 128 << 10, /* after so many no further answer goes into a write */
    WRITE_TIMEOUTS = 6,      /* of answer_timeout_ms: as long as a whole write may take */
};

static void add_unsent(struct peer *p)
{
    if (bw_link_is_alone(&p->unsent))
        bw_link_insert(&p->server->unsent, &p->unsent);
}

static void come_back(struct peer *p, struct bw_request *request)
{
    bw_request_put_back(p->server, request);
    p->n_answered++;
}

/* A request whose client has gone. */
static void drop(struct peer *p, struct bw_request *request)
{
    struct bw_buf nobody = {0};
    p->server->handler.answer(request, &nobody);
    bw_buf_free(&nobody);
    bw_server_count_lost();
    come_back(p, request);
}

static struct bw_request *take_ready(struct peer *p)
{
    struct bw_request *request = p->ready;
    p->ready = request->next;
    if (!p->ready)
        p->ready_last = &p->ready;
    return request;
}

void bw_peer_drop_ready(struct peer *p)
{
    bw_link_remove(&p->unsent);
    while (p->ready)
        drop(p, take_ready(p));
}

/* Of the write under way, until it is over. */
static int64_t left_ms(const struct peer *p)
{
    bool stops_first = p->server->stopping && p->server->stop_due_us < p->send_due_us;
    int64_t due_us = stops_first ? p->server->stop_due_us : p->send_due_us;
    return (due_us - bw_clock_mono_us() + 999) / 1000;
}

/* nng takes a timeout of 0 for "not at all", also of what could be sent at once. */
static void send_rest(struct peer *p)
{
    int64_t ms = left_ms(p), piece_ms = p->server->options.answer_timeout_ms;
    ms = ms < piece_ms ? ms : piece_ms;
    nng_aio_set_timeout(p->send, ms > 0 ? (nng_duration)ms : 1);
    nng_iov iov = {p->out.data + p->out_at, p->out.len - p->out_at};
    nng_aio_set_iov(p->send, 1, &iov);
    nng_stream_send(p->stream, p->send);
}

static void send_out(struct peer *p)
{
    p->sending = true;
    p->server->n_sending++;
    p->out_at = 0;
    p->send_due_us =
        bw_clock_mono_us() + (int64_t)p->server->options.answer_timeout_ms * WRITE_TIMEOUTS * 1000;
    send_rest(p);
}

/* All of out is sent, or none of it will be. */
static void end_of_send(struct peer *p, bool sent)
{
    while (p->leaving) {
        struct bw_request *request = p->leaving;
        p->leaving = request->next;
        if (!sent)
            bw_server_count_lost();
        come_back(p, request);
    }
    if (p->out.cap > OUT_KEPT_BYTES)
        bw_buf_free(&p->out);
    bw_buf_reset(&p->out);
}

static void send_answers(struct peer *p)
{
    while (p->ready && p->out.len < WRITE_BYTES) {
        struct bw_request *request = take_ready(p);
        size_t began = bw_sp_begin(&p->out, p->framing, request->route);
        p->server->handler.answer(request, &p->out);
        bw_sp_end(&p->out, p->framing, began);
        request->next = p->leaving;
        p->leaving = request;
    }
    if (p->out.failed) { /* out of memory: the clients ask again, on a new connection */
        end_of_send(p, false);
        bw_peer_close(p);
        bw_peers_resume(p->server);
    } else {
        send_out(p);
    }
}

void bw_peer_greet(struct peer *p)
{
    bw_buf_puts(&p->out, bw_sp_greeting());
    if (p->out.failed)
        bw_peer_close(p);
    else
        send_out(p);
}

void bw_peer_on_sent(void *arg)
{
    struct peer *p = arg;
    bw_server_post(p->server, &p->sent);
}

void bw_peer_run_sent(struct bw_serve_task *task)
{
    struct peer *p = BW_LINK_OF(task, struct peer, sent);
    struct bw_server *server = p->server;
    int rv = nng_aio_result(p->send);
    if (rv == 0) {
        p->out_at += nng_aio_count(p->send);
        bool rest = p->out_at < p->out.len;
        if (rest && left_ms(p) > 0) {
            send_rest(p);
            return;
        }
        rv = rest ? NNG_ETIMEDOUT : 0;
    }
    p->sending = false;
    server->n_sending--;
    end_of_send(p, rv == 0);
    if (rv == NNG_ETIMEDOUT)
        diag_warn("SERVE-CLIENT-STUCK", "answer_timeout_ms=%u text=disconnected",
                  server->options.answer_timeout_ms);
    if (rv != 0)
        bw_peer_close(p);
    else if (p->ready)
        add_unsent(p);
    bw_peers_resume(server);
    bw_peer_free_if_done(p);
}

void bw_peer_answer(struct bw_serve_task *task)
{
    struct bw_request *request = (struct bw_request *)task;
    struct peer *p = request->from;
    struct bw_server *server = p->server;
    if (p->closed) {
        drop(p, request);
        bw_peers_resume(server);
        bw_peer_free_if_done(p);
        return;
    }
    request->next = NULL;
    *p->ready_last = request;
    p->ready_last = &request->next;
    if (!p->sending)
        add_unsent(p);
}

void bw_peers_flush(struct bw_server *server)
{
    while (!bw_link_is_alone(&server->unsent)) {
        struct peer *p = BW_LINK_OF(server->unsent.next, struct peer, unsent);
        bw_link_remove(&p->unsent);
        send_answers(p);
        bw_peer_free_if_done(p);
    }
}

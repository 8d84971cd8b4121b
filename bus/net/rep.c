/* inproc:// through nng's REP socket: a number of nng contexts, each with one request. */
#include <stdlib.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>

#include "base/diag.h"
#include "net/inside.h"
#include "net/socket.h"

struct call {
    struct rep *rep;
    struct bw_request *request;
    nng_ctx ctx;
    nng_aio *recv, *send;
    nng_msg *message; /* the request's, then the answer's */
    nng_pipe pipe;    /* its client's connection */
};

struct rep {
    struct bw_server *server;
    nng_socket socket;
    char *requests;
    struct call *calls;
    struct bw_buf out; /* bw-serve's */
};

static void receive(struct call *c)
{
    nng_ctx_recv(c->ctx, c->recv);
}

static void on_received(void *arg)
{
    struct call *c = arg;
    if (nng_aio_result(c->recv) != 0)
        return; /* the socket is closed or drained: there is no other reason */
    c->message = nng_aio_get_msg(c->recv);
    c->pipe = nng_msg_get_pipe(c->message);
    c->request->body = (struct bw_str){nng_msg_body(c->message), nng_msg_len(c->message)};
    c->request->server->handler.received(c->request);
}

static void on_sent(void *arg)
{
    struct call *c = arg;
    int rv = nng_aio_result(c->send);
    if (rv != 0) {
        bw_server_count_lost();
        nng_msg_free(nng_aio_get_msg(c->send));
    }
    if (rv == NNG_ETIMEDOUT) { /* it takes nothing: its other answers shall not wait as long */
        diag_warn("SERVE-CLIENT-STUCK", "pipe=%d answer_timeout_ms=%u text=disconnected",
                  nng_pipe_id(c->pipe), c->request->server->options.answer_timeout_ms);
        nng_pipe_close(c->pipe);
    }
    receive(c);
}

/* Sends the answer in the request's own message, whose memory is there already. */
static void answer(struct bw_serve_task *task)
{
    struct bw_request *request = (struct bw_request *)task;
    struct call *c = request->from;
    struct bw_server *server = request->server;
    struct bw_buf *out = &c->rep->out;
    nng_msg *message = c->message;
    bw_buf_reset(out);
    server->handler.answer(request, out);
    c->message = NULL;
    nng_msg_clear(message);
    bool failed = out->failed || nng_msg_append(message, out->data, out->len) != 0;
    if (out->cap > OUT_KEPT_BYTES)
        bw_buf_free(out);
    if (failed) { /* out of memory: the client asks again when its time is over */
        bw_server_count_lost();
        nng_msg_free(message);
        receive(c);
        return;
    }
    nng_aio_set_msg(c->send, message);
    nng_ctx_send(c->ctx, c->send);
}

static int open_call(struct rep *rep, struct call *c, struct bw_request *request)
{
    c->rep = rep;
    c->request = request;
    request->from = c;
    request->task.run = answer;
    int rv = nng_ctx_open(&c->ctx, rep->socket);
    if (rv == 0)
        rv = nng_aio_alloc(&c->recv, on_received, c);
    if (rv == 0)
        rv = nng_aio_alloc(&c->send, on_sent, c);
    if (rv == 0)
        nng_aio_set_timeout(c->send, (nng_duration)rep->server->options.answer_timeout_ms);
    return rv;
}

/* NULL: the fault says why. */
static struct rep *open_rep(struct bw_server *server, struct bw_fault *fault)
{
    const struct bw_serve_options *options = &server->options;
    struct rep *rep = calloc(1, sizeof *rep);
    if (!rep) {
        bw_fault_fill(fault, BW_ENOMEM, "", "out of memory");
        return NULL;
    }
    int rv = nng_rep0_open(&rep->socket);
    if (rv != 0) {
        bw_nng_fault(fault, rv, "cannot open a REP socket");
        free(rep);
        return NULL;
    }
    rep->server = server;
    rep->requests = bw_requests_open(server, options->requests);
    rep->calls = calloc(options->requests, sizeof *rep->calls);
    if (!rep->requests || !rep->calls)
        rv = NNG_ENOMEM;
    if (rv == 0)
        rv = nng_socket_set_size(rep->socket, NNG_OPT_RECVMAXSZ, options->request_bytes_max);
    for (uint32_t i = 0; rv == 0 && i < options->requests; i++)
        rv = open_call(rep, &rep->calls[i], bw_request_at(server, rep->requests, i));
    if (rv != 0) {
        bw_nng_fault(fault, rv, "cannot set up a REP socket");
        bw_rep_stop(&rep);
        return NULL;
    }
    for (uint32_t i = 0; i < options->requests; i++)
        receive(&rep->calls[i]);
    return rep;
}

int bw_rep_listen(struct bw_server *server, const char *endpoint, struct bw_fault *fault)
{
    nng_listener listener;
    if (!server->rep)
        server->rep = open_rep(server, fault);
    return server->rep ? bw_nng_listen(server->rep->socket, endpoint, NULL, &listener, fault)
                       : fault->err;
}

void bw_rep_drain(struct rep *rep)
{
    for (uint32_t i = 0; i < rep->server->options.requests; i++)
        nng_aio_stop(rep->calls[i].recv);
}

void bw_rep_stop(struct rep **rep)
{
    struct rep *r = *rep;
    *rep = NULL;
    if (!r)
        return;
    uint32_t n = r->calls ? r->server->options.requests : 0;
    for (uint32_t i = 0; i < n; i++) {
        if (r->calls[i].send)
            nng_aio_wait(r->calls[i].send);
        /* Before the socket: nng's thread of timeouts may still be about to cancel a send that has
         * ended meanwhile, with the socket's lock. Freeing waits for it, waiting does not. */
        nng_aio_free(r->calls[i].send);
    }
    nng_close(r->socket);
    for (uint32_t i = 0; i < n; i++)
        nng_aio_free(r->calls[i].recv);
    bw_requests_close(r->server, r->requests, r->server->options.requests);
    free(r->calls);
    bw_buf_free(&r->out);
    free(r);
}

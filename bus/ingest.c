/* Requests and their answers. See ingest.h for the design of receiving.
 *
 * A call is one context's work. Who may touch it is settled by its progress: nng's thread from the
 * arrival until it is handed to the sink, the sink's thread until done(), then whoever sends the
 * answer, then nng's again.
 *
 * DESIGN of sending. A commit finishes hundreds of calls at once, on the writer's thread. Were it
 * to hand them all to nng, it would fight with nng's threads, which write to the socket with nng's
 * lock held, over every single one. So the answers to one client queue in a lane: when nng is done
 * with one, the thread that says so encodes and sends the next. The writer only begins, and goes
 * back to its journal. Clients share a lane only if their numbers happen to collide; and one that
 * does not read its answers is disconnected, so it holds up nobody for long. */
#include "ingest.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>

#include "base/diag.h"
#include "base/metrics.h"
#include "intake.h"
#include "socket.h"

BW_COUNTER(requests, "bellwire_ingest_requests_total", "Requests received.");
BW_COUNTER(requests_refused, "bellwire_ingest_requests_refused_total",
           "Requests answered with an error before anything was done.");
BW_COUNTER(answers_lost, "bellwire_ingest_answers_lost_total",
           "Answers that could not be made or were not taken by the client in time.");

enum {
    CONTEXTS = 512,
    IN_FLIGHT_BYTES = 64 << 20,
    ANSWER_KEPT_BYTES = 64 << 10, /* larger buffers are given back after use */
    ANSWER_TIMEOUT_MS = 5000,
    LANES = 256,
};

struct call {
    struct bw_intake intake;
    struct bw_question question;
    struct bw_ingest *ingest;
    nng_ctx ctx;
    nng_aio *recv, *send;
    nng_msg *message; /* the request, then the answer */
    struct bw_buf answer;
    struct bw_buf *ready; /* the encoded answer; NULL: to be made from the batch */
    size_t charged_bytes; /* of in_flight_bytes */
    nng_pipe pipe;        /* the client's connection */
    struct lane *lane;
    struct call *next; /* in the lane */
};

struct lane {
    pthread_mutex_t lock;
    pthread_cond_t idle;
    bool sending;               /* nng has an answer */
    struct call *first, **last; /* those behind it */
};

struct bw_ingest {
    struct bw_ingest_options options;
    struct bw_ingest_sink sink;
    nng_socket socket;
    struct call *calls;
    struct lane lanes[LANES];
    atomic_size_t in_flight_bytes;
};

static struct call *call_of_batch(struct bw_batch *batch)
{
    return (struct call *)((char *)batch - offsetof(struct call, intake.batch));
}

static struct call *call_of_question(struct bw_question *question)
{
    return (struct call *)((char *)question - offsetof(struct call, question));
}

static void receive(struct call *c)
{
    nng_ctx_recv(c->ctx, c->recv);
}

/* Forgets the request. What the answer borrowed from it has been copied. */
static void clear(struct call *c)
{
    bw_intake_clear(&c->intake);
    atomic_fetch_sub(&c->ingest->in_flight_bytes, c->charged_bytes);
    c->charged_bytes = 0;
}

/* The answer from the batch's results. */
static void encode_results(struct call *c)
{
    const struct bw_batch *batch = &c->intake.batch;
    bw_rpc_publish_reply_begin(&c->answer, c->ingest->options.epoch, (uint32_t)batch->n_items);
    for (size_t i = 0; i < batch->n_items; i++)
        bw_rpc_publish_result_encode(&c->answer, &batch->items[i].draft.result);
}

/* Sends the answer in the request's own message, whose memory is there already. False: it could not
 * be made, and the call is over. */
static bool send_answer(struct call *c)
{
    if (!c->ready) {
        encode_results(c);
        c->ready = &c->answer;
    }
    struct bw_buf *answer = c->ready;
    nng_msg *message = c->message;
    c->ready = NULL;
    c->message = NULL;
    clear(c);
    nng_msg_clear(message);
    bool failed = answer->failed || nng_msg_append(message, answer->data, answer->len) != 0;
    bw_buf_reset(answer);
    if (answer->cap > ANSWER_KEPT_BYTES)
        bw_buf_free(answer);
    if (failed) { /* out of memory: the client asks again when its time is over */
        bw_metric_add(&answers_lost, 1);
        nng_msg_free(message);
        receive(c);
        return false;
    }
    nng_aio_set_msg(c->send, message);
    nng_ctx_send(c->ctx, c->send);
    return true;
}

/* The lane's next call, or NULL: then the lane is idle. */
static struct call *next_in_lane(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    struct call *c = lane->first;
    if (c) {
        lane->first = c->next;
        if (!lane->first)
            lane->last = &lane->first;
    } else {
        lane->sending = false;
        pthread_cond_signal(&lane->idle);
    }
    pthread_mutex_unlock(&lane->lock);
    return c;
}

static void send_next(struct lane *lane)
{
    struct call *c;
    do
        c = next_in_lane(lane);
    while (c && !send_answer(c));
}

static void on_sent(void *arg)
{
    struct call *c = arg;
    struct lane *lane = c->lane;
    int rv = nng_aio_result(c->send);
    if (rv != 0) {
        bw_metric_add(&answers_lost, 1);
        nng_msg_free(nng_aio_get_msg(c->send));
    }
    if (rv == NNG_ETIMEDOUT) { /* it reads nothing: its other answers shall not wait as long */
        diag_warn("INGEST-CLIENT-STUCK", "pipe=%d answer_timeout_ms=%u", nng_pipe_id(c->pipe),
                  c->ingest->options.answer_timeout_ms);
        nng_pipe_close(c->pipe);
    }
    receive(c);
    send_next(lane);
}

/* The call's work is done: sends the answer, now or when it is its turn. */
static void answer(struct call *c)
{
    struct lane *lane = c->lane;
    pthread_mutex_lock(&lane->lock);
    bool now = !lane->sending;
    if (now) {
        lane->sending = true;
    } else {
        c->next = NULL;
        *lane->last = c;
        lane->last = &c->next;
    }
    pthread_mutex_unlock(&lane->lock);
    if (now && !send_answer(c))
        send_next(lane);
}

static void refuse(struct call *c, const struct bw_fault *fault)
{
    bw_metric_add(&requests_refused, 1);
    bw_rpc_error_encode(&c->answer, fault);
    c->ready = &c->answer;
    answer(c);
}

static void batch_done(struct bw_batch *batch)
{
    answer(call_of_batch(batch));
}

static void question_done(struct bw_question *question)
{
    struct call *c = call_of_question(question);
    if (question->fault.err) {
        bw_buf_reset(&question->answer);
        bw_rpc_error_encode(&question->answer, &question->fault);
    }
    c->ready = &question->answer;
    answer(c);
}

/* Whether the request's bytes still fit; one request always does. */
static bool charge(struct call *c)
{
    size_t bytes = c->intake.batch.mail.weight;
    size_t before = atomic_fetch_add(&c->ingest->in_flight_bytes, bytes);
    c->charged_bytes = bytes;
    return before == 0 || before + bytes <= c->ingest->options.in_flight_bytes;
}

/* Negative: nothing was handed over, *fault says why. */
static int publish(struct call *c, const struct bw_rpc_request *request, struct bw_fault *fault)
{
    struct bw_batch *batch = &c->intake.batch;
    if (!charge(c))
        return bw_fault(fault, BW_EBUSY, "", "%zu bytes are waiting to be stored; try again",
                        c->ingest->options.in_flight_bytes);
    int err = bw_intake_events(&c->intake, request->events, fault);
    if (err)
        return err;
    batch->done = batch_done;
    if (batch->n_waiting == 0) {
        batch_done(batch);
        return 0;
    }
    if (c->ingest->sink.publish(c->ingest->sink.ctx, batch) < 0)
        return bw_fault(fault, BW_ECLOSED, "", "the bus is stopping");
    return 0;
}

static int ask(struct call *c, struct bw_fault *fault)
{
    c->question.done = question_done;
    c->question.mail.weight = 1;
    c->question.fault = (struct bw_fault){0};
    if (c->ingest->sink.ask(c->ingest->sink.ctx, &c->question) < 0)
        return bw_fault(fault, BW_ECLOSED, "", "the bus is stopping");
    return 0;
}

static void on_received(void *arg)
{
    struct call *c = arg;
    struct bw_fault fault = {0};
    if (nng_aio_result(c->recv) != 0)
        return; /* the socket is closed or drained: there is no other reason */
    bw_metric_add(&requests, 1);
    c->message = nng_aio_get_msg(c->recv);
    c->pipe = nng_msg_get_pipe(c->message);
    c->lane = &c->ingest->lanes[(uint32_t)nng_pipe_id(c->pipe) % LANES];
    struct bw_str bytes = {nng_msg_body(c->message), nng_msg_len(c->message)};
    int err = bw_intake_request(&c->intake, bytes, &c->question.request, &fault);
    if (!err)
        err = c->question.request.op == BW_RPC_PUBLISH ? publish(c, &c->question.request, &fault)
                                                       : ask(c, &fault);
    if (err)
        refuse(c, &fault);
}

static int open_call(struct bw_ingest *ingest, struct call *c)
{
    int err = bw_intake_init(&c->intake);
    if (err)
        return err;
    c->ingest = ingest; /* from here on, close_call() has something to do */
    if (nng_ctx_open(&c->ctx, ingest->socket) != 0 ||
        nng_aio_alloc(&c->recv, on_received, c) != 0 || nng_aio_alloc(&c->send, on_sent, c) != 0)
        return BW_ENOMEM;
    nng_aio_set_timeout(c->send, (nng_duration)ingest->options.answer_timeout_ms);
    return 0;
}

static void close_call(struct call *c)
{
    if (!c->ingest)
        return;
    nng_aio_free(c->recv);
    nng_aio_free(c->send);
    bw_intake_fini(&c->intake);
    bw_buf_free(&c->answer);
    bw_buf_free(&c->question.answer);
}

static void open_lane(struct lane *lane)
{
    pthread_mutex_init(&lane->lock, NULL);
    pthread_cond_init(&lane->idle, NULL);
    lane->last = &lane->first;
}

static void close_lane(struct lane *lane)
{
    pthread_cond_destroy(&lane->idle);
    pthread_mutex_destroy(&lane->lock);
}

static void wait_until_sent(struct lane *lane)
{
    pthread_mutex_lock(&lane->lock);
    while (lane->sending)
        pthread_cond_wait(&lane->idle, &lane->lock);
    pthread_mutex_unlock(&lane->lock);
}

int bw_ingest_start(const struct bw_ingest_options *options, struct bw_ingest_sink sink,
                    struct bw_ingest **out, struct bw_fault *fault)
{
    *out = NULL;
    struct bw_ingest *ingest = calloc(1, sizeof *ingest);
    if (!ingest)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    ingest->options = *options;
    if (!ingest->options.contexts)
        ingest->options.contexts = CONTEXTS;
    if (!ingest->options.in_flight_bytes)
        ingest->options.in_flight_bytes = IN_FLIGHT_BYTES;
    if (!ingest->options.answer_timeout_ms)
        ingest->options.answer_timeout_ms = ANSWER_TIMEOUT_MS;
    ingest->sink = sink;
    for (int i = 0; i < LANES; i++)
        open_lane(&ingest->lanes[i]);
    atomic_init(&ingest->in_flight_bytes, 0);
    int rv = nng_rep0_open(&ingest->socket);
    if (rv != 0) {
        bw_ingest_stop(&ingest);
        return bw_nng_fault(fault, rv, "cannot open a REP socket");
    }
    rv = nng_socket_set_size(ingest->socket, NNG_OPT_RECVMAXSZ, BW_RPC_REQUEST_BYTES_MAX);
    int err = rv ? bw_nng_fault(fault, rv, NNG_OPT_RECVMAXSZ) : 0;
    ingest->calls = calloc(ingest->options.contexts, sizeof *ingest->calls);
    if (!ingest->calls)
        err = bw_fault(fault, BW_ENOMEM, "bus-contexts", "out of memory");
    for (uint32_t i = 0; !err && i < ingest->options.contexts; i++)
        if (open_call(ingest, &ingest->calls[i]) < 0)
            err = bw_fault(fault, BW_ENOMEM, "bus-contexts", "no memory for %u contexts",
                           ingest->options.contexts);
    if (err) {
        bw_ingest_stop(&ingest);
        return err;
    }
    for (uint32_t i = 0; i < ingest->options.contexts; i++)
        receive(&ingest->calls[i]);
    *out = ingest;
    return 0;
}

int bw_ingest_listen(struct bw_ingest *ingest, const char *endpoint, struct bw_fault *fault)
{
    return bw_nng_listen(ingest->socket, endpoint, fault);
}

void bw_ingest_drain(struct bw_ingest *ingest)
{
    for (uint32_t i = 0; i < ingest->options.contexts; i++)
        nng_aio_stop(ingest->calls[i].recv);
}

void bw_ingest_stop(struct bw_ingest **ingest)
{
    struct bw_ingest *mine = *ingest;
    *ingest = NULL;
    if (!mine)
        return;
    for (int i = 0; i < LANES; i++)
        wait_until_sent(&mine->lanes[i]);
    nng_close(mine->socket);
    for (uint32_t i = 0; mine->calls && i < mine->options.contexts; i++)
        close_call(&mine->calls[i]);
    for (int i = 0; i < LANES; i++)
        close_lane(&mine->lanes[i]);
    free(mine->calls);
    free(mine);
}

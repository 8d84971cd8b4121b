/* Requests and their answers. See ingest.h for the design.
 *
 * Who may touch a call is settled by its progress: the thread it is received on until it is handed
 * to the sink, the sink's thread until done(), then the server's, which makes the answer. */
#include "ingest.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/metrics.h"
#include "intake.h"
#include "net/serve.h"

BW_COUNTER(requests, "bellwire_ingest_requests_total", "Requests received.");
BW_COUNTER(requests_refused, "bellwire_ingest_requests_refused_total",
           "Requests answered with an error before anything was done.");

enum {
    CONTEXTS = 512,
    IN_FLIGHT_BYTES = 64 << 20,
    QUESTION_KEPT_BYTES = 64 << 10, /* of a call's answer; larger ones are given back after use */
    ANSWER_TIMEOUT_MS = 5000,
    REQUEST_TIMEOUT_MS = 60000,
    LARGE_BYTES = 64 << 10, /* only a publish request has a reason to be larger */
};

struct call {
    struct bw_request request; /* first */
    struct bw_ingest *ingest;
    struct bw_intake intake;
    struct bw_question question;
    struct bw_fault refused; /* err 0: it was handed to a stage */
    size_t charged_bytes;    /* of in_flight_bytes */
};

struct bw_ingest {
    struct bw_ingest_options options;
    struct bw_ingest_sink sink;
    struct bw_server *server;
    atomic_size_t in_flight_bytes;
};

static struct call *call_of(struct bw_request *request)
{
    return (struct call *)request;
}

static struct call *call_of_batch(struct bw_mail *mail)
{
    return (struct call *)((char *)mail - offsetof(struct call, intake.batch.mail));
}

static void batch_done(struct bw_batch *first)
{
    struct bw_mail *answered, **last = &answered;
    for (struct bw_mail *mail = &first->mail; mail; mail = mail->next) {
        *last = &call_of_batch(mail)->request.task.mail;
        last = &(*last)->next;
    }
    *last = NULL;
    bw_serve_answer_all((struct bw_request *)answered);
}

static void question_done(struct bw_question *question)
{
    struct call *c = (struct call *)((char *)question - offsetof(struct call, question));
    bw_serve_answer(&c->request);
}

/* --- Receiving -----------------------------------------------------------------------------------
 */

static int refuse_busy(const struct bw_ingest *ingest, struct bw_fault *fault)
{
    return bw_fault(fault, BW_EBUSY, "", "%zu bytes are waiting to be stored; try again",
                    ingest->options.in_flight_bytes);
}

/* Whether the request's bytes still fit; one request always does. */
static int charge(struct call *c, struct bw_fault *fault)
{
    size_t bytes = c->request.body.len;
    size_t before = atomic_fetch_add(&c->ingest->in_flight_bytes, bytes);
    c->charged_bytes = bytes;
    bool fits = before == 0 || before + bytes <= c->ingest->options.in_flight_bytes;
    return fits ? 0 : refuse_busy(c->ingest, fault);
}

/* Negative: nothing was handed over, *fault says why. */
static int publish(struct call *c, struct bw_fault *fault)
{
    struct bw_batch *batch = &c->intake.batch;
    int err = c->charged_bytes ? 0 : charge(c, fault);
    if (!err)
        err = bw_intake_events(&c->intake, c->question.request.events, fault);
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

static void received(struct bw_request *request)
{
    struct call *c = call_of(request);
    struct bw_fault fault = {0};
    bw_metric_add(&requests, 1);
    c->refused.err = 0;
    int err = request->was_dropped              ? refuse_busy(c->ingest, &fault)
              : request->body.len > LARGE_BYTES ? charge(c, &fault)
                                                : 0;
    if (!err)
        err = bw_intake_request(&c->intake, request->body, &c->question.request, &fault);
    if (!err)
        err = c->question.request.op == BW_RPC_PUBLISH ? publish(c, &fault) : ask(c, &fault);
    if (err) { /* else it may be answered already, and somebody else's */
        bw_metric_add(&requests_refused, 1);
        c->refused = fault;
        bw_serve_answer(request);
    }
}

/* --- Answering -----------------------------------------------------------------------------------
 */

static void answer_batch(const struct call *c, struct bw_buf *out)
{
    const struct bw_batch *batch = &c->intake.batch;
    bw_rpc_publish_reply_begin(out, c->ingest->options.epoch, (uint32_t)batch->n_items);
    for (size_t i = 0; i < batch->n_items; i++)
        bw_rpc_publish_result_encode(out, &batch->items[i].draft.result);
}

static void answer_question(struct bw_question *question, struct bw_buf *out)
{
    if (question->fault.err)
        bw_rpc_error_encode(out, &question->fault);
    else
        bw_buf_puts(out, bw_buf_str(&question->answer));
    bw_buf_reset(&question->answer);
    if (question->answer.cap > QUESTION_KEPT_BYTES)
        bw_buf_free(&question->answer);
}

static void answer(struct bw_request *request, struct bw_buf *out)
{
    struct call *c = call_of(request);
    if (c->refused.err)
        bw_rpc_error_encode(out, &c->refused);
    else if (c->question.request.op == BW_RPC_PUBLISH)
        answer_batch(c, out);
    else
        answer_question(&c->question, out);
    bw_intake_clear(&c->intake);
    atomic_fetch_sub(&c->ingest->in_flight_bytes, c->charged_bytes);
    c->charged_bytes = 0;
}

/* --- Life ----------------------------------------------------------------------------------------
 */

static int open_call(void *ctx, struct bw_request *request)
{
    struct call *c = call_of(request);
    int err = bw_intake_init(&c->intake);
    if (!err)
        c->ingest = ctx; /* from here on, close_call() has something to do */
    return err;
}

static void close_call(struct bw_request *request)
{
    struct call *c = call_of(request);
    if (!c->ingest)
        return;
    bw_intake_fini(&c->intake);
    bw_buf_free(&c->question.answer);
}

int bw_ingest_start(const struct bw_ingest_options *options, struct bw_ingest_sink sink,
                    struct bw_ingest **out, struct bw_fault *fault)
{
    *out = NULL;
    struct bw_ingest *ingest = calloc(1, sizeof *ingest);
    if (!ingest)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    ingest->options = *options;
    if (!ingest->options.in_flight_bytes)
        ingest->options.in_flight_bytes = IN_FLIGHT_BYTES;
    ingest->sink = sink;
    atomic_init(&ingest->in_flight_bytes, 0);
    const struct bw_serve_options serve = {
        .requests = options->contexts ? options->contexts : CONTEXTS,
        .request_bytes_max = BW_RPC_REQUEST_BYTES_MAX,
        .reading_bytes_max = ingest->options.in_flight_bytes / 2,
        .request_timeout_ms =
            options->request_timeout_ms ? options->request_timeout_ms : REQUEST_TIMEOUT_MS,
        .answer_timeout_ms =
            options->answer_timeout_ms ? options->answer_timeout_ms : ANSWER_TIMEOUT_MS,
    };
    const struct bw_serve_handler handler = {
        .ctx = ingest,
        .request_bytes = sizeof(struct call),
        .init = open_call,
        .fini = close_call,
        .received = received,
        .answer = answer,
    };
    int err = bw_serve_start(&serve, &handler, &ingest->server, fault);
    if (err) {
        free(ingest);
        return err;
    }
    *out = ingest;
    return 0;
}

int bw_ingest_listen(struct bw_ingest *ingest, const char *endpoint, struct nng_tls_config *tls,
                     struct bw_fault *fault)
{
    return bw_serve_listen(ingest->server, endpoint, tls, fault);
}

void bw_ingest_drain(struct bw_ingest *ingest)
{
    bw_serve_drain(ingest->server);
}

void bw_ingest_stop(struct bw_ingest **ingest)
{
    struct bw_ingest *mine = *ingest;
    *ingest = NULL;
    if (!mine)
        return;
    bw_serve_stop(&mine->server);
    free(mine);
}

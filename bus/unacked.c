/* Fire and forget. See unacked.h for the design. */
#include "unacked.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/metrics.h"
#include "intake.h"
#include "net/listening.h"
#include "net/socket.h"

BW_COUNTER(messages, "bellwire_unacked_messages_total",
           "Messages received from fire-and-forget producers.");
BW_COUNTER(bad, "bellwire_unacked_bad_total",
           "Messages of fire-and-forget producers of which something was refused or not stored.");

enum {
    BUFFER_MESSAGES = 8192, /* nng's maximum */
    SLOTS = 256,
    IN_FLIGHT_BYTES = 16 << 20,
    DIAG_EVERY_US = 1000 * 1000,
};

struct slot {
    struct bw_intake intake;
    struct bw_unacked *owner;
    nng_msg *message;
    struct slot *next;
};

struct bw_unacked {
    struct bw_unacked_options options;
    struct bw_unacked_sink sink;
    nng_socket socket;
    struct bw_listening *listening;
    nng_aio *recv;
    struct slot *slots, *receiving; /* receiving: for the message that comes next */
    pthread_mutex_t lock;           /* of everything below */
    struct slot *free;
    size_t in_flight_bytes;
    bool paused, draining;
    int64_t diag_due_us;
    unsigned n_bad; /* since the last line about them */
};

static struct slot *slot_of(struct bw_batch *batch)
{
    return (struct slot *)((char *)batch - offsetof(struct slot, intake.batch));
}

/* Receives the next message if there is room for it, else when there is. */
static void go_on(struct bw_unacked *u)
{
    pthread_mutex_lock(&u->lock);
    bool room = u->free && u->in_flight_bytes < u->options.in_flight_bytes;
    u->paused = !room;
    if (room) {
        u->receiving = u->free;
        u->free = u->free->next;
    }
    pthread_mutex_unlock(&u->lock);
    if (room)
        nng_recv_aio(u->socket, u->recv);
}

/* Gives the slot back. */
static void release(struct slot *s)
{
    struct bw_unacked *u = s->owner;
    size_t bytes = nng_msg_len(s->message);
    bw_intake_clear(&s->intake);
    nng_msg_free(s->message);
    s->message = NULL;
    pthread_mutex_lock(&u->lock);
    s->next = u->free;
    u->free = s;
    u->in_flight_bytes -= bytes;
    bool resume = u->paused && !u->draining;
    u->paused = u->paused && !resume;
    pthread_mutex_unlock(&u->lock);
    if (resume)
        go_on(u);
}

/* Nobody waits for an answer, so the diagnostics say it: at most one line a second. */
static void tell_bad(struct bw_unacked *u, const struct bw_fault *fault)
{
    int64_t now = bw_clock_mono_us();
    bw_metric_add(&bad, 1);
    pthread_mutex_lock(&u->lock);
    unsigned n = ++u->n_bad;
    bool tell = now >= u->diag_due_us;
    if (tell) {
        u->diag_due_us = now + DIAG_EVERY_US;
        u->n_bad = 0;
    }
    pthread_mutex_unlock(&u->lock);
    if (tell)
        diag_warn("INGEST-BAD-UNACKED", "messages=%u code=%s field=%s", n, bw_err_code(fault->err),
                  fault->field);
}

static void slot_done(struct slot *s)
{
    const struct bw_batch *batch = &s->intake.batch;
    for (size_t i = 0; i < batch->n_items; i++) {
        if (batch->items[i].draft.result.fault.err) {
            tell_bad(s->owner, &batch->items[i].draft.result.fault);
            break;
        }
    }
    release(s);
}

static void batch_done(struct bw_batch *first)
{
    struct bw_mail *mail = &first->mail, *next;
    for (; mail; mail = next) {
        next = mail->next; /* the slot may be in use again at once */
        slot_done(slot_of((struct bw_batch *)mail));
    }
}

static void on_received(void *arg)
{
    struct bw_unacked *u = arg;
    struct slot *s = u->receiving;
    struct bw_fault fault = {0};
    if (nng_aio_result(u->recv) != 0)
        return; /* the socket is closed or drained: there is no other reason */
    bw_metric_add(&messages, 1);
    s->message = nng_aio_get_msg(u->recv);
    struct bw_str bytes = {nng_msg_body(s->message), nng_msg_len(s->message)};
    pthread_mutex_lock(&u->lock);
    u->in_flight_bytes += bytes.len;
    pthread_mutex_unlock(&u->lock);

    struct bw_batch *batch = &s->intake.batch;
    batch->done = batch_done;
    int err = bw_intake_unacked(&s->intake, bytes, &fault);
    if (!err && batch->n_waiting == 0) {
        batch_done(batch);
    } else if (!err && u->sink.publish(u->sink.ctx, batch) < 0) {
        err = bw_fault(&fault, BW_ECLOSED, "", "the bus is stopping");
    }
    if (err) {
        tell_bad(u, &fault);
        release(s);
    }
    go_on(u);
}

static int open_slots(struct bw_unacked *u)
{
    u->slots = calloc(u->options.slots, sizeof *u->slots);
    if (!u->slots)
        return BW_ENOMEM;
    for (uint32_t i = 0; i < u->options.slots; i++) {
        struct slot *s = &u->slots[i];
        int err = bw_intake_init(&s->intake);
        if (err)
            return err;
        s->owner = u; /* from here on there is something to free */
        s->next = u->free;
        u->free = s;
    }
    return 0;
}

static int open_socket(struct bw_unacked *u)
{
    int rv = nng_socket_set_size(u->socket, NNG_OPT_RECVMAXSZ, BW_UNACKED_BYTES_MAX);
    if (rv == 0)
        rv = nng_socket_set_int(u->socket, NNG_OPT_RECVBUF, (int)u->options.buffer_messages);
    if (rv == 0)
        rv = nng_socket_set(u->socket, NNG_OPT_SUB_SUBSCRIBE, "", 0);
    if (rv == 0)
        rv = nng_aio_alloc(&u->recv, on_received, u);
    return rv;
}

int bw_unacked_start(const struct bw_unacked_options *options, struct bw_unacked_sink sink,
                     struct bw_unacked **out, struct bw_fault *fault)
{
    *out = NULL;
    struct bw_unacked *u = calloc(1, sizeof *u);
    if (!u)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    u->options = *options;
    if (!u->options.buffer_messages)
        u->options.buffer_messages = BUFFER_MESSAGES;
    if (!u->options.slots)
        u->options.slots = SLOTS;
    if (!u->options.in_flight_bytes)
        u->options.in_flight_bytes = IN_FLIGHT_BYTES;
    u->sink = sink;
    int rv = nng_sub0_open(&u->socket);
    if (rv != 0) {
        free(u);
        return bw_nng_fault(fault, rv, "cannot open a SUB socket");
    }
    pthread_mutex_init(&u->lock, NULL);
    rv = open_socket(u);
    int err = rv ? bw_nng_fault(fault, rv, "cannot set up a SUB socket") : 0;
    if (!err)
        err = bw_listening_open(u->socket, &u->listening, fault);
    if (!err && open_slots(u) < 0)
        err = bw_fault(fault, BW_ENOMEM, "", "out of memory");
    if (err) {
        bw_unacked_stop(&u);
        return err;
    }
    go_on(u);
    *out = u;
    return 0;
}

int bw_unacked_listen(struct bw_unacked *unacked, const char *endpoint, struct nng_tls_config *tls,
                      struct bw_fault *fault)
{
    return bw_listening_add(unacked->listening, endpoint, tls, fault);
}

void bw_unacked_drain(struct bw_unacked *unacked)
{
    pthread_mutex_lock(&unacked->lock);
    unacked->draining = true;
    pthread_mutex_unlock(&unacked->lock);
    nng_aio_stop(unacked->recv);
}

void bw_unacked_stop(struct bw_unacked **unacked)
{
    struct bw_unacked *u = *unacked;
    *unacked = NULL;
    if (!u)
        return;
    bw_listening_close(&u->listening);
    nng_close(u->socket);
    nng_aio_free(u->recv);
    for (uint32_t i = 0; u->slots && i < u->options.slots; i++)
        if (u->slots[i].owner)
            bw_intake_fini(&u->slots[i].intake);
    free(u->slots);
    pthread_mutex_destroy(&u->lock);
    free(u);
}

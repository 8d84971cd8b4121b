/* The thread that gets events acked.
 *
 * DESIGN. One thread per handle, "bw-client", takes batches from the queue's head, sends each as
 * one request on a slot (an nng context; options.in_flight of them) and settles what comes back.
 * All `done` callbacks run here, and on_state too. nng's threads only fill in a slot's outcome and
 * wake this one. The lock is never held while nng, a callback or settle.c is called. */
#include <assert.h>
#include <stdlib.h>

#include "publisher.h"
#include "settle.h"
#include "wait.h"
#include "wire/rpc.h"

enum { PAUSE_MIN_MS = 50, PAUSE_MAX_MS = 2000 };

struct bw_slot {
    struct bw_publisher *publisher;
    nng_ctx ctx;
    nng_aio *aio;
    struct bw_batch *batch; /* under way; NULL: the slot is free */
    bool receiving;         /* the request is out; nng's threads' own */
    bool finished;          /* guarded by the lock, as are: */
    int err;
    nng_msg *answer; /* unless err */
};

void bw_publisher_attend(struct bw_publisher *p)
{
    p->hungry = false;
    p->attention = true;
    pthread_cond_signal(&p->work);
}

/* --- Settling ------------------------------------------------------------------------------------
 */

static int32_t pause_ms(unsigned failures)
{
    int64_t ms = failures < 8 ? (int64_t)PAUSE_MIN_MS << failures : PAUSE_MAX_MS;
    return (int32_t)(ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS);
}

static void settle_batch(struct bw_publisher *p, struct bw_batch *batch, int err, nng_msg *answer)
{
    struct bw_str bytes = {0};
    int kept;
    if (answer)
        bytes = (struct bw_str){nng_msg_body(answer), nng_msg_len(answer)};
    size_t released = bw_settle(batch, err, bytes, &p->zone, &kept);
    if (answer)
        nng_msg_free(answer);

    pthread_mutex_lock(&p->lock);
    bw_queue_release(&p->queue, released);
    batch->sent = false;
    if (batch->n == 0) {
        bw_queue_remove(&p->queue, batch);
    } else {
        /* After a lost connection it goes out as soon as there is another. */
        batch->not_before_us = kept == BW_EAGAIN ? 0 : bw_deadline_us(pause_ms(batch->failures));
        batch->failures++;
    }
    pthread_cond_broadcast(&p->progress);
    pthread_mutex_unlock(&p->lock);
}

/* With the lock. */
static void settle_slots(struct bw_publisher *p)
{
    for (unsigned i = 0; i < p->n_slots; i++) {
        struct bw_slot *s = &p->slots[i];
        if (!s->batch || !s->finished)
            continue;
        struct bw_batch *batch = s->batch;
        int err = s->err;
        nng_msg *answer = s->answer;
        s->batch = NULL;
        s->answer = NULL;
        p->n_busy--;
        pthread_mutex_unlock(&p->lock);
        settle_batch(p, batch, err, answer);
        pthread_mutex_lock(&p->lock);
    }
}

/* --- Sending -------------------------------------------------------------------------------------
 */

static void finish(struct bw_slot *s, int err, nng_msg *answer)
{
    pthread_mutex_lock(&s->publisher->lock);
    s->err = err;
    s->answer = answer;
    s->finished = true;
    bw_publisher_attend(s->publisher);
    pthread_mutex_unlock(&s->publisher->lock);
}

/* On nng's threads: once when the request is out, once when the answer is there. */
static void moved(void *arg)
{
    struct bw_slot *s = arg;
    int rv = nng_aio_result(s->aio);
    if (rv == 0 && !s->receiving) {
        s->receiving = true;
        nng_ctx_recv(s->ctx, s->aio);
    } else if (rv == 0) {
        finish(s, 0, nng_aio_get_msg(s->aio));
    } else {
        if (!s->receiving)
            nng_msg_free(nng_aio_get_msg(s->aio)); /* the request, which nng did not take */
        finish(s, bw_nng_error(rv), NULL);
    }
}

static nng_msg *make_request(const struct bw_batch *batch)
{
    struct bw_buf head = {0};
    bw_rpc_publish_begin(&head, batch->n);
    nng_msg *msg =
        head.failed ? NULL : bw_nng_message(bw_buf_str(&head), bw_buf_str(&batch->bytes));
    bw_buf_free(&head);
    return msg;
}

static void send_batch(struct bw_slot *s)
{
    nng_msg *request = make_request(s->batch);
    if (!request) {
        finish(s, BW_ENOMEM, NULL);
        return;
    }
    s->receiving = false;
    nng_aio_set_timeout(s->aio, (nng_duration)s->publisher->options.timeout_ms);
    nng_aio_set_msg(s->aio, request);
    nng_ctx_send(s->ctx, s->aio);
}

static struct bw_slot *free_slot(struct bw_publisher *p)
{
    for (unsigned i = 0; i < p->n_slots; i++)
        if (!p->slots[i].batch)
            return &p->slots[i];
    return NULL;
}

/* With the lock. True if something was done. */
static bool send_next(struct bw_publisher *p)
{
    struct bw_slot *s = p->up && !p->closing ? free_slot(p) : NULL;
    struct bw_batch *batch = s ? bw_queue_next(&p->queue) : NULL;
    if (!batch || batch->not_before_us > bw_clock_mono_us())
        return false;
    batch->sealed = true;
    bw_queue_release(&p->queue, bw_batch_filter(batch, bw_publisher_wants, NULL));
    if (batch->n == 0) {
        bw_queue_remove(&p->queue, batch);
        pthread_cond_broadcast(&p->progress);
        return true;
    }
    batch->sent = true;
    s->batch = batch;
    s->finished = false;
    p->n_busy++;
    pthread_mutex_unlock(&p->lock);
    send_batch(s);
    pthread_mutex_lock(&p->lock);
    return true;
}

/* --- The thread ----------------------------------------------------------------------------------
 */

/* With the lock. */
static void tell_state(struct bw_publisher *p)
{
    bool up = bw_link_is_up(p->link);
    if (up == p->up)
        return;
    p->up = up;
    if (!p->options.on_state)
        return;
    pthread_mutex_unlock(&p->lock);
    p->options.on_state(p->options.arg, up);
    pthread_mutex_lock(&p->lock);
}

/* With the lock. */
static void wait_for_work(struct bw_publisher *p)
{
    int64_t until = BW_FOREVER;
    bool in_time = true;
    if (p->up && p->n_busy < p->n_slots) {
        struct bw_batch *next = bw_queue_next(&p->queue);
        if (next)
            until = next->not_before_us;
        else
            p->hungry = true;
    }
    while (!p->attention && !p->closing && in_time)
        in_time = bw_cond_wait(&p->work, &p->lock, until);
    p->hungry = false;
}

static void close_slots(struct bw_publisher *p)
{
    for (unsigned i = 0; i < p->n_slots; i++) {
        struct bw_slot *s = &p->slots[i];
        nng_aio_stop(s->aio);
        nng_ctx_close(s->ctx);
        nng_aio_free(s->aio);
        if (s->answer)
            nng_msg_free(s->answer);
    }
}

/* Nothing is under way any more, and nobody can publish. */
static void settle_rest(struct bw_publisher *p)
{
    for (struct bw_batch *b = p->queue.head; b; b = b->next)
        p->queue.bytes -= bw_settle_all(b, BW_ECLOSED);
}

static void run(void *arg)
{
    struct bw_publisher *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->closing) {
        p->attention = false;
        tell_state(p);
        settle_slots(p);
        while (send_next(p))
            continue;
        wait_for_work(p);
    }
    pthread_mutex_unlock(&p->lock);
    close_slots(p);
    settle_rest(p);
}

/* --- Starting and stopping
 * ------------------------------------------------------------------------- */

static int open_slot(struct bw_publisher *p)
{
    struct bw_slot *s = &p->slots[p->n_slots];
    int rv;
    s->publisher = p;
    if ((rv = nng_aio_alloc(&s->aio, moved, s)) != 0)
        return bw_nng_error(rv);
    if ((rv = nng_ctx_open(&s->ctx, p->link->socket)) != 0) {
        nng_aio_free(s->aio);
        return bw_nng_error(rv);
    }
    p->n_slots++;
    return 0;
}

static void release(struct bw_publisher *p)
{
    bw_queue_free(&p->queue);
    msgpack_zone_destroy(&p->zone);
    free(p->slots);
    pthread_cond_destroy(&p->progress);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
}

int bw_publisher_start(struct bw_publisher *p, struct bw_link *link,
                       const struct bellwire_options *options)
{
    struct bw_slot *slots = calloc(options->in_flight, sizeof *slots);
    if (!slots)
        return BW_ENOMEM;
    *p = (struct bw_publisher){
        .link = link,
        .options = *options,
        .slots = slots,
        .queue = {.bytes_max = options->queue_bytes, .batch_events = options->batch_events},
    };
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->progress, NULL);
    msgpack_zone_init(&p->zone, MSGPACK_ZONE_CHUNK_SIZE);
    int err = 0;
    while (!err && p->n_slots < options->in_flight)
        err = open_slot(p);
    if (!err)
        err = bw_thread_start(&p->thread, "bw-client", run, p);
    if (err) {
        close_slots(p);
        release(p);
    }
    return err;
}

void bw_publisher_stop(struct bw_publisher *p)
{
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    bw_publisher_attend(p);
    pthread_mutex_unlock(&p->lock);
    bw_thread_join(&p->thread);
    release(p);
}

/* The thread that gets events acked.
 *
 * DESIGN. One thread per handle, "bw-client", takes the oldest batch of each lane that has no
 * request under way, sends it and settles what comes back. All `done` callbacks run here, and
 * on_state too. nng's threads only fill in what came of a lane's request and wake this one. The
 * lock is never held while nng, a callback or settle.c is called. */
#include <stdlib.h>

#include "publisher.h"
#include "settle.h"
#include "wait.h"
#include "wire/rpc.h"

enum { PAUSE_MIN_MS = 50, PAUSE_MAX_MS = 2000 };

void bw_publisher_attend(struct bw_publisher *p)
{
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

/* With the lock, which is let go while callbacks run. */
static void settle_lane(struct bw_lane *lane)
{
    struct bw_publisher *p = lane->publisher;
    struct bw_batch *batch = lane->queue.head;
    nng_msg *answer = lane->answer;
    struct bw_str bytes = {0};
    int kept, err = lane->err;
    pthread_mutex_unlock(&p->lock);
    if (answer)
        bytes = (struct bw_str){nng_msg_body(answer), nng_msg_len(answer)};
    size_t released = bw_settle(batch, err, bytes, &p->zone, &kept);
    if (answer)
        nng_msg_free(answer);

    pthread_mutex_lock(&p->lock);
    lane->answer = NULL;
    lane->busy = false;
    bw_pool_release(&p->pool, released);
    if (batch->n == 0) {
        bw_queue_pop(&lane->queue);
    } else {
        /* After a lost connection it goes out as soon as there is another. */
        batch->not_before_us = kept == BW_EAGAIN ? 0 : bw_deadline_us(pause_ms(batch->failures));
        batch->failures++;
    }
    pthread_cond_broadcast(&p->progress);
}

/* --- Sending -------------------------------------------------------------------------------------
 */

static void finish(struct bw_lane *lane, int err, nng_msg *answer)
{
    pthread_mutex_lock(&lane->publisher->lock);
    lane->err = err;
    lane->answer = answer;
    lane->finished = true;
    bw_publisher_attend(lane->publisher);
    pthread_mutex_unlock(&lane->publisher->lock);
}

/* On nng's threads: once when the request is out, once when the answer is there. */
static void moved(void *arg)
{
    struct bw_lane *lane = arg;
    int rv = nng_aio_result(lane->aio);
    if (rv == 0 && !lane->receiving) {
        lane->receiving = true;
        nng_ctx_recv(lane->ctx, lane->aio);
    } else if (rv == 0) {
        finish(lane, 0, nng_aio_get_msg(lane->aio));
    } else {
        if (!lane->receiving)
            nng_msg_free(nng_aio_get_msg(lane->aio)); /* the request, which nng did not take */
        finish(lane, bw_nng_error(rv), NULL);
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

static void send_batch(struct bw_lane *lane, const struct bw_batch *batch)
{
    nng_msg *request = make_request(batch);
    if (!request) {
        finish(lane, BW_ENOMEM, NULL);
        return;
    }
    lane->receiving = false;
    nng_aio_set_timeout(lane->aio, (nng_duration)lane->publisher->options.timeout_ms);
    nng_aio_set_msg(lane->aio, request);
    nng_ctx_send(lane->ctx, lane->aio);
}

/* With the lock. The lane's oldest batch, if it can be sent now, without the events that nobody
 * wants any more. */
static struct bw_batch *take_sendable(struct bw_lane *lane)
{
    struct bw_publisher *p = lane->publisher;
    int64_t now_us = bw_clock_mono_us();
    struct bw_batch *batch;
    if (!p->up || p->closing || lane->busy)
        return NULL;
    while ((batch = lane->queue.head) && batch->n > 0 && batch->not_before_us <= now_us) {
        bw_pool_release(&p->pool, bw_batch_filter(batch, bw_publisher_wants, NULL));
        if (batch->n > 0)
            return batch;
        bw_queue_pop(&lane->queue);
        pthread_cond_broadcast(&p->progress);
    }
    return NULL;
}

/* With the lock. */
static void send_next(struct bw_lane *lane)
{
    struct bw_publisher *p = lane->publisher;
    struct bw_batch *batch = take_sendable(lane);
    if (!batch)
        return;
    batch->sealed = true;
    lane->busy = true;
    lane->finished = false;
    pthread_mutex_unlock(&p->lock);
    send_batch(lane, batch);
    pthread_mutex_lock(&p->lock);
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

/* With the lock. When the next batch that has to wait may be sent. */
static int64_t next_due_us(const struct bw_publisher *p)
{
    int64_t due_us = BW_FOREVER;
    for (unsigned i = 0; i < p->n_lanes && p->up; i++) {
        const struct bw_lane *lane = &p->lanes[i];
        const struct bw_batch *next = lane->busy ? NULL : lane->queue.head;
        if (next && next->n > 0 && next->not_before_us < due_us)
            due_us = next->not_before_us;
    }
    return due_us;
}

static void close_lanes(struct bw_publisher *p)
{
    for (unsigned i = 0; i < p->n_lanes; i++) {
        struct bw_lane *lane = &p->lanes[i];
        nng_aio_stop(lane->aio);
        nng_ctx_close(lane->ctx);
        nng_aio_free(lane->aio);
        if (lane->answer)
            nng_msg_free(lane->answer);
    }
}

/* Nothing is under way any more, and nobody can publish. */
static void settle_rest(struct bw_publisher *p)
{
    for (unsigned i = 0; i < p->n_lanes; i++)
        for (struct bw_batch *b = p->lanes[i].queue.head; b; b = b->next)
            bw_pool_release(&p->pool, bw_settle_all(b, BW_ECLOSED));
}

static void run(void *arg)
{
    struct bw_publisher *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->closing) {
        bool in_time = true;
        p->attention = false;
        tell_state(p);
        for (unsigned i = 0; i < p->n_lanes; i++) {
            if (p->lanes[i].busy && p->lanes[i].finished)
                settle_lane(&p->lanes[i]);
            send_next(&p->lanes[i]);
        }
        int64_t due_us = next_due_us(p);
        while (!p->attention && !p->closing && in_time)
            in_time = bw_cond_wait(&p->work, &p->lock, due_us);
    }
    pthread_mutex_unlock(&p->lock);
    close_lanes(p);
    settle_rest(p);
}

/* --- Starting and stopping
 * ------------------------------------------------------------------------- */

static int open_lane(struct bw_publisher *p)
{
    struct bw_lane *lane = &p->lanes[p->n_lanes];
    int rv;
    lane->publisher = p;
    lane->queue.pool = &p->pool;
    if ((rv = nng_aio_alloc(&lane->aio, moved, lane)) != 0)
        return bw_nng_error(rv);
    if ((rv = nng_ctx_open(&lane->ctx, p->link->socket)) != 0) {
        nng_aio_free(lane->aio);
        return bw_nng_error(rv);
    }
    p->n_lanes++;
    return 0;
}

static void release(struct bw_publisher *p)
{
    for (unsigned i = 0; i < p->n_lanes; i++)
        bw_queue_free(&p->lanes[i].queue);
    bw_pool_free(&p->pool);
    msgpack_zone_destroy(&p->zone);
    free(p->lanes);
    pthread_cond_destroy(&p->progress);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
}

int bw_publisher_start(struct bw_publisher *p, struct bw_link *link,
                       const struct bellwire_options *options)
{
    struct bw_lane *lanes = calloc(options->in_flight, sizeof *lanes);
    if (!lanes)
        return BW_ENOMEM;
    *p = (struct bw_publisher){
        .link = link,
        .options = *options,
        .lanes = lanes,
        .pool = {.bytes_max = options->queue_bytes, .batch_events = options->batch_events},
    };
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->progress, NULL);
    msgpack_zone_init(&p->zone, MSGPACK_ZONE_CHUNK_SIZE);
    int err = 0;
    while (!err && p->n_lanes < options->in_flight)
        err = open_lane(p);
    if (!err)
        err = bw_thread_start(&p->thread, "bw-client", run, p);
    if (err) {
        close_lanes(p);
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

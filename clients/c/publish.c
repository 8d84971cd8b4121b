/* The callers' side of publishing: check and encode an event on the caller's thread, put it into
 * the queue, and for those who want to, wait. */
#include <stdlib.h>

#include "client.h"
#include "event_pack.h"
#include "settle.h"
#include "wait.h"

/* Somebody who waits in bellwire_publish(), and frees this after; unless it has left before the
 * event had its result: then the thread that finds this out does. */
struct waiter {
    struct bw_publisher *publisher;
    pthread_cond_t cond;
    struct bw_batch *batch; /* valid until done */
    bool done, gone;
    struct bellwire_result result;
};

static struct waiter *waiter_create(struct bw_publisher *p)
{
    struct waiter *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->publisher = p;
    pthread_cond_init(&w->cond, NULL);
    return w;
}

static void waiter_destroy(struct waiter *w)
{
    pthread_cond_destroy(&w->cond);
    free(w);
}

/* The event's `done`. */
static void waiter_tell(void *arg, const struct bellwire_result *result)
{
    struct waiter *w = arg;
    struct bw_publisher *p = w->publisher;
    pthread_mutex_lock(&p->lock);
    if (w->gone) {
        waiter_destroy(w);
    } else {
        w->result = *result;
        w->done = true;
        pthread_cond_signal(&w->cond);
    }
    pthread_mutex_unlock(&p->lock);
}

bool bw_publisher_wants(void *unused, uint32_t i, const struct bw_entry *entry, struct bw_str event)
{
    (void)unused, (void)i, (void)event;
    struct waiter *w = entry->done == waiter_tell ? entry->arg : NULL;
    if (!w || !w->gone)
        return true;
    waiter_destroy(w);
    return false;
}

static bool is_own_thread(const struct bw_publisher *p)
{
    return pthread_equal(pthread_self(), p->thread.id) != 0;
}

/* FNV-1a. */
static struct bw_lane *lane_of(struct bw_publisher *p, struct bw_str key)
{
    uint32_t hash = 2166136261;
    for (size_t i = 0; i < key.len && p->n_lanes > 1; i++)
        hash = (hash ^ (uint8_t)key.ptr[i]) * 16777619;
    return &p->lanes[hash % p->n_lanes];
}

/* With the lock. *joined: the batch that the event is in. */
static int put(struct bw_publisher *p, const struct bw_pack *pack, struct bw_entry entry,
               struct bw_batch **joined)
{
    struct bw_lane *lane = lane_of(p, bw_pack_key(pack));
    struct bw_batch *batch;
    if (p->closing)
        return BW_ECLOSED;
    int err = bw_queue_open(&lane->queue, bw_pack_bytes_max(pack), &batch);
    if (err)
        return err;
    size_t begin = batch->bytes.len;
    bw_pack_encode(pack, &batch->bytes);
    if (batch->bytes.failed) {
        batch->bytes.failed = false;
        batch->bytes.len = begin;
        return BW_ENOMEM;
    }
    bw_queue_add(&lane->queue, batch, begin, entry);
    /* What is behind something else goes out when that is done: no need to wake anybody. */
    if (p->up && !lane->busy && lane->queue.head == batch && batch->n == 1)
        bw_publisher_attend(p);
    *joined = batch;
    return 0;
}

/* With the lock. Waits for room, then for the result. */
static int put_and_wait(struct bw_publisher *p, const struct bw_pack *pack, struct waiter *w,
                        int64_t deadline_us)
{
    struct bw_entry entry = {.once = true, .done = waiter_tell, .arg = w};
    bool in_time = true;
    int err = put(p, pack, entry, &w->batch);
    while (err == BW_EBUSY && in_time) {
        in_time = bw_cond_wait(&p->progress, &p->lock, deadline_us);
        err = put(p, pack, entry, &w->batch);
    }
    if (err)
        return err;
    while (!w->done && in_time)
        in_time = bw_cond_wait(&w->cond, &p->lock, deadline_us);
    if (w->done)
        return w->result.error;
    w->gone = true;
    return w->batch->sealed ? BW_ETIMEDOUT : BW_EUNAVAILABLE;
}

static const char *why(int err)
{
    switch (err) {
    case BW_EBUSY:
        return "the queue stayed full until the time was over";
    case BW_ETIMEDOUT:
        return "no ack in time: the event may or may not be stored";
    case BW_EUNAVAILABLE:
        return "the bus could not be reached in time: the event is not stored";
    default:
        return bw_err_text(err);
    }
}

static int fail(struct bellwire_result *result, struct bw_str id, int err, const char *message)
{
    struct bw_fault fault;
    bw_fault(&fault, err, "", "%s", message);
    bw_result_of_fault(result, id, &fault);
    return err;
}

static int publish_packed(struct bw_publisher *p, const struct bw_pack *pack,
                          struct bellwire_result *result)
{
    struct bw_str id = pack->event.id;
    if (is_own_thread(p))
        return fail(result, id, BW_EINVAL,
                    "a callback cannot wait for an ack: use bellwire_publish_async()");
    struct waiter *w = waiter_create(p);
    if (!w)
        return fail(result, id, BW_ENOMEM, why(BW_ENOMEM));
    pthread_mutex_lock(&p->lock);
    int err = put_and_wait(p, pack, w, bw_deadline_us(p->options.timeout_ms));
    bool gone = w->gone;
    if (w->done)
        *result = w->result;
    else
        fail(result, id, err, why(err));
    pthread_mutex_unlock(&p->lock);
    if (!gone)
        waiter_destroy(w);
    return err;
}

/* Checks the event; *result says what is wrong with it. */
static int begin(const struct bellwire_event *event, const char *source, struct bw_pack *pack,
                 struct bellwire_result *result)
{
    struct bw_fault fault;
    int err = bw_pack_begin(pack, event, source, &fault);
    if (err) {
        bw_result_of_fault(result, bw_str(event->id ? event->id : ""), &fault);
    }
    return err;
}

int bellwire_check(const struct bellwire_event *event, struct bellwire_result *result)
{
    struct bw_pack pack;
    struct bellwire_result unread;
    if (!result)
        result = &unread;
    int err = begin(event, "", &pack, result);
    if (!err) {
        fail(result, pack.event.id, 0, "");
        bw_pack_end(&pack);
    }
    return err;
}

int bellwire_publish(struct bellwire *handle, const struct bellwire_event *event,
                     struct bellwire_result *result)
{
    struct bw_pack pack;
    struct bellwire_result unread;
    if (!result)
        result = &unread;
    int err = begin(event, handle->source, &pack, result);
    if (err)
        return err;
    err = publish_packed(&handle->publisher, &pack, result);
    bw_pack_end(&pack);
    return err;
}

int bellwire_publish_async(struct bellwire *handle, const struct bellwire_event *event,
                           bellwire_done_fn *done, void *arg)
{
    struct bw_publisher *p = &handle->publisher;
    struct bw_batch *batch;
    struct bw_pack pack;
    int err = bw_pack_begin(&pack, event, handle->source, NULL);
    if (err)
        return err;
    pthread_mutex_lock(&p->lock);
    err = put(p, &pack, (struct bw_entry){.done = done, .arg = arg}, &batch);
    pthread_mutex_unlock(&p->lock);
    bw_pack_end(&pack);
    return err;
}

/* With the lock. */
static bool all_settled(const struct bw_publisher *p, uint64_t published)
{
    for (unsigned i = 0; i < p->n_lanes; i++)
        if (bw_queue_settled(&p->lanes[i].queue) < published)
            return false;
    return true;
}

int bellwire_flush(struct bellwire *handle, int timeout_ms)
{
    struct bw_publisher *p = &handle->publisher;
    int64_t deadline_us = timeout_ms < 0 ? BW_FOREVER : bw_deadline_us(timeout_ms);
    bool in_time = true;
    if (is_own_thread(p))
        return BW_EINVAL;
    pthread_mutex_lock(&p->lock);
    uint64_t published = p->pool.published;
    while (!all_settled(p, published) && in_time)
        in_time = bw_cond_wait(&p->progress, &p->lock, deadline_us);
    bool settled = all_settled(p, published);
    pthread_mutex_unlock(&p->lock);
    return settled ? 0 : BW_ETIMEDOUT;
}

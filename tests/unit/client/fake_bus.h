/* A bus in memory, over real nng sockets, that can be told to misbehave: to lose answers and
 * messages, to refuse, to wait, to go away, to come back as another journal. */
#ifndef FAKE_BUS_H
#define FAKE_BUS_H

#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <time.h>
#include <unistd.h>

#include "client/fake_answers.h"
#include "wire/url.h"

/* Waits for a condition, for half a minute at most. */
#define wait_until(condition)                                                                      \
    do {                                                                                           \
        int64_t end_ = bw_clock_mono_us() + 30000000;                                              \
        while (!(condition)) {                                                                     \
            if (bw_clock_mono_us() > end_)                                                         \
                fail_msg("never happened: %s", #condition);                                        \
            nanosleep(&(struct timespec){0, 1000000}, NULL);                                       \
        }                                                                                          \
    } while (0)

/* --- Life ----------------------------------------------------------------------------------------
 */

static inline void fake_listen(struct fake_bus *f)
{
    char req[BW_URL_MAX], pub[BW_URL_MAX];
    if (bw_bus_url(f->url, BW_ENDPOINT_REQ, req, sizeof req) ||
        bw_bus_url(f->url, BW_ENDPOINT_PUB, pub, sizeof pub) || nng_rep0_open(&f->rep) ||
        nng_pub0_open(&f->pub) || nng_socket_set_ms(f->rep, NNG_OPT_RECVTIMEO, 10) ||
        nng_socket_set_int(f->pub, NNG_OPT_SENDBUF, 1024) || nng_listen(f->rep, req, NULL, 0) ||
        nng_listen(f->pub, pub, NULL, 0))
        abort();
    f->is_up = true;
}

static inline void fake_hang_up(struct fake_bus *f)
{
    nng_close(f->rep);
    nng_close(f->pub);
    f->is_up = false;
}

static inline void fake_serve(struct fake_bus *f, nng_msg *msg)
{
    struct bw_buf out = {0};
    f->n_requests++;
    while (f->held && !f->stopping) {
        f->waiting = true;
        pthread_cond_wait(&f->changed, &f->lock);
    }
    f->waiting = false;
    fake_answer(f, (struct bw_str){nng_msg_body(msg), nng_msg_len(msg)}, &out);
    nng_msg_clear(msg);
    if (f->drop_answers > 0) {
        f->drop_answers--;
        nng_msg_free(msg);
        fake_hang_up(f);
        fake_listen(f);
    } else if (nng_msg_append(msg, out.data, out.len) || nng_sendmsg(f->rep, msg, 0)) {
        nng_msg_free(msg);
    }
    bw_buf_free(&out);
}

static inline void *fake_run(void *arg)
{
    struct fake_bus *f = arg;
    pthread_mutex_lock(&f->lock);
    while (!f->stopping) {
        nng_msg *msg;
        nng_socket rep = f->rep;
        pthread_mutex_unlock(&f->lock);
        int rv = nng_recvmsg(rep, &msg, 0);
        pthread_mutex_lock(&f->lock);
        if (rv == 0)
            fake_serve(f, msg);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* A bus that is not there yet. */
static inline struct fake_bus *fake_bus_create(void)
{
    static unsigned counter;
    struct fake_bus *f = calloc(1, sizeof *f);
    snprintf(f->url, sizeof f->url, "inproc://fake-%ld-%u", (long)getpid(), counter++);
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    f->epoch = 0xabcd0001;
    return f;
}

static inline void fake_bus_start(struct fake_bus *f)
{
    f->stopping = false;
    fake_listen(f);
    pthread_create(&f->thread, NULL, fake_run, f);
}

static inline void fake_bus_stop(struct fake_bus *f)
{
    if (!f->is_up)
        return;
    pthread_mutex_lock(&f->lock);
    f->stopping = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    fake_hang_up(f);
}

/* While it is stopped: the journal is lost. */
static inline void fake_bus_forget(struct fake_bus *f)
{
    HASH_CLEAR(hh, f->by_id);
    for (size_t i = 0; i < f->n; i++) {
        bw_buf_free(&f->events[i]->bytes);
        free(f->events[i]);
    }
    f->n = 0;
    f->oldest = 0;
}

static inline void fake_bus_destroy(struct fake_bus *f)
{
    fake_bus_stop(f);
    fake_bus_forget(f);
    free(f->events);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

/* --- While it runs -------------------------------------------------------------------------------
 */

/* A member of any struct with a `lock`. */
#define fake_set(f, member, value)                                                                 \
    do {                                                                                           \
        pthread_mutex_lock(&(f)->lock);                                                            \
        (f)->member = (value);                                                                     \
        pthread_mutex_unlock(&(f)->lock);                                                          \
    } while (0)

#define fake_get(f, member)                                                                        \
    ({                                                                                             \
        pthread_mutex_lock(&(f)->lock);                                                            \
        __typeof__((f)->member) value_ = (f)->member;                                              \
        pthread_mutex_unlock(&(f)->lock);                                                          \
        value_;                                                                                    \
    })

static inline void fake_bus_hold(struct fake_bus *f, bool held)
{
    pthread_mutex_lock(&f->lock);
    f->held = held;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

/* Stores an event of somebody else, and broadcasts it. */
static inline void fake_bus_store(struct fake_bus *f, const char *topic, const char *message)
{
    char id[32];
    pthread_mutex_lock(&f->lock);
    snprintf(id, sizeof id, "other-%llu", (unsigned long long)fake_head(f) + 1);
    struct bw_event e = {
        .id = bw_str(id),
        .topic = bw_str(topic),
        .event_type = BW_STR("THING_HAPPENED"),
        .message = bw_str(message),
        .timestamp_us = 1,
    };
    fake_append(f, &e);
    if (f->is_up)
        fake_broadcast(f, f->n - 1);
    pthread_mutex_unlock(&f->lock);
}

static inline void fake_bus_heartbeat(struct fake_bus *f)
{
    struct bw_buf message = {0};
    pthread_mutex_lock(&f->lock);
    bw_pub_head_begin(&message, f->epoch, fake_head(f), fake_each_topic(f, NULL, NULL));
    fake_each_topic(f, &message, fake_put_head);
    fake_send(f, &message);
    pthread_mutex_unlock(&f->lock);
    bw_buf_free(&message);
}

#endif

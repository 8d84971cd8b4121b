/* Somebody who subscribes at the fake bus, and what they were told. */
#ifndef TEST_SUBSCRIBER_H
#define TEST_SUBSCRIBER_H

#include "unit.h"

#include "bellwire.h"
#include "client/fake_bus.h"

enum { SEEN_MAX = 4096 };

struct seen {
    char topic[32], message[32], cursor[32], task_id[32];
    uint64_t seq, prev;
};

/* What the callbacks were told. */
struct told {
    pthread_mutex_t lock;
    struct seen events[SEEN_MAX];
    unsigned n, n_idle, n_resets;
    unsigned n_when_reached; /* events, when this place was reached last */
    uint64_t reached;
    char reset_topics[64];
    enum bellwire_reset reason;
    char reset_cursor[32];
};

struct fixture {
    struct fake_bus *bus;
    struct bellwire *handle;
    struct bellwire_subscription *subscription;
    struct told told;
};

static inline void on_event(void *arg, const struct bellwire_received *e)
{
    struct told *t = arg;
    pthread_mutex_lock(&t->lock);
    struct seen *s = &t->events[t->n++ % SEEN_MAX];
    *s = (struct seen){.seq = e->seq, .prev = e->prev};
    snprintf(s->topic, sizeof s->topic, "%s", e->topic);
    snprintf(s->message, sizeof s->message, "%s", e->message);
    snprintf(s->cursor, sizeof s->cursor, "%s", e->cursor);
    snprintf(s->task_id, sizeof s->task_id, "%s", e->task_id);
    pthread_mutex_unlock(&t->lock);
}

static inline void on_reset(void *arg, const char *topic, enum bellwire_reset reason,
                            const char *cursor)
{
    struct told *t = arg;
    pthread_mutex_lock(&t->lock);
    size_t used = strlen(t->reset_topics);
    snprintf(t->reset_topics + used, sizeof t->reset_topics - used, "[%s]", topic);
    snprintf(t->reset_cursor, sizeof t->reset_cursor, "%s", cursor);
    t->reason = reason;
    t->n_resets++;
    pthread_mutex_unlock(&t->lock);
}

static inline void on_idle(void *arg)
{
    struct told *t = arg;
    pthread_mutex_lock(&t->lock);
    t->n_idle++;
    pthread_mutex_unlock(&t->lock);
}

static inline void on_reached(void *arg, const char *cursor)
{
    struct told *t = arg;
    pthread_mutex_lock(&t->lock);
    t->reached = strtoull(strchr(cursor, '.') + 1, NULL, 10);
    t->n_when_reached = t->n;
    pthread_mutex_unlock(&t->lock);
}

static inline struct fixture *setup(bool started)
{
    struct fixture *f = calloc(1, sizeof *f);
    pthread_mutex_init(&f->told.lock, NULL);
    f->bus = fake_bus_create();
    if (started)
        fake_bus_start(f->bus);
    assert_int_equal(bellwire_connect(f->bus->url, NULL, &f->handle), 0);
    return f;
}

static inline void subscribe(struct fixture *f, const char *const *topics, const char *after)
{
    struct bellwire_subscribe_options o = {.topics = topics,
                                           .after = after,
                                           .on_event = on_event,
                                           .on_reset = on_reset,
                                           .on_idle = on_idle,
                                           .on_reached = on_reached,
                                           .arg = &f->told};
    assert_int_equal(bellwire_subscribe(f->handle, &o, &f->subscription), 0);
}

/* Waits until the subscription has settled where it begins: it asks for that after connecting. */
static inline void wait_begun(struct fixture *f)
{
    wait_until(fake_get(f->bus, n_requests) > 0);
    struct bellwire_reply *reply; /* the fake answers one request after the other */
    assert_int_equal(bellwire_stats(f->handle, &reply), 0);
    bellwire_reply_free(&reply);
}

static inline void teardown(struct fixture *f)
{
    bellwire_unsubscribe(&f->subscription);
    assert_null(f->subscription);
    bellwire_close(&f->handle);
    fake_bus_destroy(f->bus);
    free(f);
}

/* The numbers first to last - 1, as messages. */
static inline void store(struct fixture *f, const char *topic, unsigned first, unsigned last)
{
    for (unsigned i = first; i < last; i++) {
        char message[32];
        snprintf(message, sizeof message, "%u", i);
        fake_bus_store(f->bus, topic, message);
    }
}

/* A topic's events were told: the numbers first to last - 1, each once, in order. */
static inline void assert_told(struct fixture *f, const char *topic, unsigned first, unsigned last)
{
    unsigned next = first;
    uint64_t seq = 0;
    pthread_mutex_lock(&f->told.lock);
    for (unsigned i = 0; i < f->told.n; i++) {
        const struct seen *s = &f->told.events[i];
        char expected[32];
        if (strcmp(s->topic, topic) != 0)
            continue;
        snprintf(expected, sizeof expected, "%u", next++);
        assert_string_equal(s->message, expected);
        assert_true(s->seq > seq && s->prev < s->seq);
        seq = s->seq;
    }
    pthread_mutex_unlock(&f->told.lock);
    assert_int_equal(next, last);
}

static const char *const things[] = {"things", NULL};

#endif

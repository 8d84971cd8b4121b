/* A journal in memory: gives out sequence numbers, tells fates at once, fails when told to. */
#ifndef FAKE_JOURNAL_H
#define FAKE_JOURNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "journal/journal.h"

enum { FAKE_EVENTS_MAX = 8192, FAKE_APPENDS_MAX = 1024 };

struct fake_journal {
    struct bw_journal base; /* first */
    struct bw_journal_sink sink;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool held;     /* append waits while this is set */
    bool waiting;  /* append is waiting */
    int fail_with; /* append fails with this */
    uint64_t head;
    size_t n_appends, sizes[FAKE_APPENDS_MAX];
    unsigned n_idle;
    struct bw_record records[FAKE_EVENTS_MAX];
};

static struct fake_journal *fake_of(const struct bw_journal *j)
{
    return (struct fake_journal *)j;
}

static int fake_append(struct bw_journal *j, struct bw_draft **drafts, size_t n)
{
    struct fake_journal *f = fake_of(j);
    pthread_mutex_lock(&f->lock);
    f->waiting = f->held;
    pthread_cond_broadcast(&f->changed);
    while (f->held)
        pthread_cond_wait(&f->changed, &f->lock);
    f->waiting = false;
    int err = f->fail_with;
    if (f->n_appends < FAKE_APPENDS_MAX)
        f->sizes[f->n_appends] = n;
    f->n_appends++;
    pthread_mutex_unlock(&f->lock);
    for (size_t i = 0; i < n && err; i++)
        drafts[i]->result.seq = f->head + i + 1; /* a transaction that is undone leaves traces */
    if (err)
        return err;
    for (size_t i = 0; i < n; i++) {
        struct bw_event *e = &drafts[i]->event;
        f->records[i] = (struct bw_record){f->head + 1, f->head, e->topic, e->message};
        drafts[i]->result.seq = e->seq = ++f->head;
    }
    struct bw_commit commit = {drafts, n, f->records, n};
    f->sink.committed(f->sink.ctx, &commit);
    return 0;
}

static void fake_idle(struct bw_journal *j)
{
    struct fake_journal *f = fake_of(j);
    pthread_mutex_lock(&f->lock);
    f->n_idle++;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static int fake_probe(struct bw_journal *j)
{
    struct fake_journal *f = fake_of(j);
    pthread_mutex_lock(&f->lock);
    int err = f->fail_with;
    pthread_mutex_unlock(&f->lock);
    return err;
}

static struct bw_head fake_head(const struct bw_journal *j)
{
    return (struct bw_head){0x1f0c22aa, fake_of(j)->head, 1};
}

static const struct bw_journal_ops fake_ops = {
    .append = fake_append,
    .idle = fake_idle,
    .probe = fake_probe,
    .head = fake_head,
};

static inline void fake_init(struct fake_journal *f, const struct bw_journal_ops *ops)
{
    *f = (struct fake_journal){.base.ops = ops ? ops : &fake_ops};
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
}

static inline void fake_fini(struct fake_journal *f)
{
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
}

/* Lets append go on, or hold. */
static inline void fake_hold(struct fake_journal *f, bool held)
{
    pthread_mutex_lock(&f->lock);
    f->held = held;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static inline void fake_wait_held(struct fake_journal *f)
{
    pthread_mutex_lock(&f->lock);
    while (!f->waiting)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

#endif

/* A ring of notes: settled ones leave at its beginning, new ones join at its end. */
#include "outbox.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NOTES_MAX = 4096,
    BYTES_MAX = 4 << 20,
    FOR_OTHERS = 16,   /* notes that log lines leave room for */
    BYTES_KEPT = 4096, /* of memory in a note that is not in use */
};

struct item {
    struct bw_note note;
    struct bw_outbox *outbox;
    char cursor[32]; /* before fate */
    _Atomic int fate;
};

struct bw_outbox {
    void (*wake)(void *ctx);
    void *ctx;
    uint64_t first, unpublished, next; /* items[i % NOTES_MAX] */
    size_t bytes;
    pthread_mutex_t lock;
    char why[288]; /* of the first refusal; with the lock */
    struct item *items;
};

static struct item *at(const struct bw_outbox *o, uint64_t i)
{
    return &o->items[i % NOTES_MAX];
}

int bw_outbox_create(struct bw_outbox **out, void (*wake)(void *ctx), void *ctx)
{
    struct bw_outbox *o = *out = calloc(1, sizeof *o);
    if (!o || !(o->items = calloc(NOTES_MAX, sizeof *o->items))) {
        free(o);
        *out = NULL;
        return BW_ENOMEM;
    }
    o->wake = wake;
    o->ctx = ctx;
    pthread_mutex_init(&o->lock, NULL);
    return 0;
}

void bw_outbox_destroy(struct bw_outbox **outbox)
{
    struct bw_outbox *o = *outbox;
    *outbox = NULL;
    if (!o)
        return;
    for (int i = 0; i < NOTES_MAX; i++)
        bw_note_free(&o->items[i].note);
    pthread_mutex_destroy(&o->lock);
    free(o->items);
    free(o);
}

static size_t weight(const struct bw_note *n)
{
    return n->message.len + n->data.len;
}

struct bw_note *bw_outbox_reserve(struct bw_outbox *o, bool for_log)
{
    uint64_t room = NOTES_MAX - (o->next - o->first);
    if (room == 0 || (for_log && (room <= FOR_OTHERS || o->bytes >= BYTES_MAX)))
        return NULL;
    return &at(o, o->next)->note;
}

void bw_outbox_send(struct bw_outbox *o)
{
    struct item *item = at(o, o->next);
    if (bw_note_failed(&item->note))
        return; /* out of memory: it is as if it had not been said */
    item->outbox = o;
    item->fate = BW_FATE_NONE;
    o->bytes += weight(&item->note);
    o->next++;
}

static void keep_reason(struct bw_outbox *o, const struct bellwire_result *r)
{
    pthread_mutex_lock(&o->lock);
    if (!*o->why)
        snprintf(o->why, sizeof o->why, "%s%s%s", r->field, *r->field ? ": " : "", r->message);
    pthread_mutex_unlock(&o->lock);
}

/* A thread of libbellwire. */
static void done(void *arg, const struct bellwire_result *result)
{
    struct item *item = arg;
    struct bw_outbox *o = item->outbox;
    if (result->error == BELLWIRE_ECLOSED)
        return;
    if (result->error)
        keep_reason(o, result);
    memcpy(item->cursor, result->cursor, sizeof item->cursor);
    item->fate = result->error ? BW_FATE_REFUSED : result->stale ? BW_FATE_STALE : BW_FATE_STORED;
    o->wake(o->ctx);
}

void bw_outbox_publish(struct bw_outbox *o, struct bellwire *bus)
{
    for (; o->unpublished < o->next; o->unpublished++) {
        struct item *item = at(o, o->unpublished);
        struct bellwire_event event;
        struct bellwire_result result;
        bw_note_event(&item->note, &event);
        int err = bellwire_publish_async(bus, &event, done, item);
        if (err == BELLWIRE_EBUSY || err == BELLWIRE_ENOMEM || err == BELLWIRE_ECLOSED)
            return; /* later */
        if (err) {
            bellwire_check(&event, &result);
            keep_reason(o, &result);
            item->fate = BW_FATE_REFUSED;
        }
    }
}

static void shrink(struct bw_note *n)
{
    if (n->message.cap + n->data.cap > BYTES_KEPT)
        bw_note_free(n);
}

void bw_outbox_settle(struct bw_outbox *o,
                      void (*settled)(void *ctx, const struct bw_note *note,
                                      const struct bw_settled *how),
                      void *ctx)
{
    char why[sizeof o->why];
    for (; o->first < o->unpublished; o->first++) {
        struct item *item = at(o, o->first);
        enum bw_fate fate = (enum bw_fate)item->fate;
        if (fate == BW_FATE_NONE)
            return;
        pthread_mutex_lock(&o->lock);
        memcpy(why, o->why, sizeof why);
        pthread_mutex_unlock(&o->lock);
        settled(ctx, &item->note,
                &(struct bw_settled){.fate = fate,
                                     .why = fate == BW_FATE_REFUSED ? why : "",
                                     .cursor = fate == BW_FATE_STORED ? item->cursor : ""});
        o->bytes -= weight(&item->note);
        shrink(&item->note);
    }
}

bool bw_outbox_empty(const struct bw_outbox *o)
{
    return o->first == o->next;
}

void bw_outbox_each(const struct bw_outbox *o, void (*visit)(void *ctx, const struct bw_note *note),
                    void *ctx)
{
    for (uint64_t i = o->first; i < o->next; i++)
        if (at(o, i)->fate == BW_FATE_NONE)
            visit(ctx, &at(o, i)->note);
}

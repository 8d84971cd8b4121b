/* The table of channels. */
#include "web/stream/hub.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "web/stream/filter.h"

BW_GAUGE(channels_open, "bellwire_stream_topics", "Topics that have a ring.");

#define EPOCH_KNOWN (UINT64_C(1) << 32)

static const char *const permanent[] = {BW_TOPIC_SYSTEM, BW_TOPIC_LOGS};
enum { N_PERMANENT = sizeof permanent / sizeof *permanent };

struct bw_hub {
    struct bw_hub_options options;
    struct bw_channel *permanent[N_PERMANENT];

    /* The table: a place is free when its channel is NULL. A hash may be stale, a channel never is.
     */
    _Atomic uint64_t *hashes;
    _Atomic(struct bw_channel *) *channels;

    _Alignas(BW_CACHE_LINE) _Atomic(struct bw_channel *) writing; /* the bridge's hold */
    _Atomic uint64_t passed; /* the highest seq: one topic's events may come late */
    _Atomic uint64_t began;  /* where the journal was at the start: nobody's now is before it */
    _Atomic uint64_t epoch;  /* with EPOCH_KNOWN */
    _Atomic int64_t heard_us;
};

/* --- Channels ------------------------------------------------------------------------ */

static void destroy_channel(struct bw_channel *channel)
{
    bw_ring_destroy(&channel->ring);
    free(channel);
    bw_metric_add(&channels_open, -1);
}

static int create_channel(const struct bw_hub *hub, const char *topic, struct bw_channel **out)
{
    struct bw_channel *channel = calloc(1, sizeof *channel);
    *out = NULL;
    if (!channel)
        return BW_ENOMEM;
    int err = bw_ring_create(&channel->ring, hub->options.ring_bytes, hub->options.n_readers, 0);
    if (err != 0) {
        free(channel);
        return err;
    }
    strncpy(channel->topic, topic, sizeof channel->topic - 1);
    channel->hash = bw_filter_hash(bw_str(topic));
    bw_metric_add(&channels_open, 1);
    *out = channel;
    return 0;
}

static struct bw_channel *find(const struct bw_hub *hub, const char *topic)
{
    uint64_t hash = bw_filter_hash(bw_str(topic));
    for (unsigned i = 0; i < hub->options.max_topics; i++) {
        struct bw_channel *channel = atomic_load(&hub->channels[i]);
        if (channel && channel->hash == hash && strcmp(channel->topic, topic) == 0)
            return channel;
    }
    return NULL;
}

static int add(struct bw_hub *hub, const char *topic, struct bw_channel **out)
{
    unsigned i = 0;
    *out = NULL;
    while (i < hub->options.max_topics && atomic_load(&hub->channels[i]))
        i++;
    if (i == hub->options.max_topics)
        return BW_EBUSY;
    int err = create_channel(hub, topic, out);
    if (err != 0)
        return err;
    atomic_store(&hub->hashes[i], (*out)->hash);
    atomic_store(&hub->channels[i], *out);
    atomic_store(&(*out)->since, atomic_load(&hub->passed)); /* only now: see the design */
    return 0;
}

/* After this the bridge does not have the channel and cannot get it any more. */
static void take_out(struct bw_hub *hub, unsigned i)
{
    struct bw_channel *channel = atomic_load(&hub->channels[i]);
    atomic_store(&hub->channels[i], NULL);
    while (atomic_load(&hub->writing) == channel)
        sched_yield();
}

int bw_hub_create(struct bw_hub **out, const struct bw_hub_options *options)
{
    *out = NULL;
    struct bw_hub *hub = aligned_alloc(BW_CACHE_LINE, sizeof *hub);
    if (!hub)
        return BW_ENOMEM;
    memset(hub, 0, sizeof *hub);
    hub->options = *options;
    if (hub->options.max_topics < N_PERMANENT)
        hub->options.max_topics = N_PERMANENT;
    hub->hashes = calloc(hub->options.max_topics, sizeof *hub->hashes);
    hub->channels = calloc(hub->options.max_topics, sizeof *hub->channels);
    int err = hub->hashes && hub->channels ? 0 : BW_ENOMEM;
    for (int i = 0; i < N_PERMANENT && err == 0; i++)
        err = bw_hub_open(hub, permanent[i], &hub->permanent[i]);
    if (err != 0)
        bw_hub_destroy(&hub);
    *out = hub;
    return err;
}

void bw_hub_destroy(struct bw_hub **hub)
{
    struct bw_hub *mine = *hub;
    *hub = NULL;
    if (!mine)
        return;
    for (unsigned i = 0; mine->channels && i < mine->options.max_topics; i++)
        if (mine->channels[i])
            destroy_channel(mine->channels[i]);
    free(mine->channels);
    free(mine->hashes);
    free(mine);
}

/* --- Any thread ---------------------------------------------------------------------- */

struct bw_channel *bw_hub_permanent(const struct bw_hub *hub, const char *topic)
{
    for (int i = 0; i < N_PERMANENT; i++)
        if (strcmp(permanent[i], topic) == 0)
            return hub->permanent[i];
    return NULL;
}

bool bw_hub_now(const struct bw_hub *hub, struct bw_place *out)
{
    uint64_t epoch = atomic_load(&hub->epoch);
    uint64_t passed = atomic_load(&hub->passed), began = atomic_load(&hub->began);
    *out = (struct bw_place){(uint32_t)epoch, passed > began ? passed : began};
    return epoch & EPOCH_KNOWN;
}

int64_t bw_hub_heard_us(const struct bw_hub *hub)
{
    return atomic_load_explicit(&hub->heard_us, memory_order_relaxed);
}

/* --- The replay thread --------------------------------------------------------------- */

void bw_hub_begin(struct bw_hub *hub, struct bw_place now, uint64_t from)
{
    for (unsigned i = 0; i < hub->options.max_topics; i++) {
        struct bw_channel *channel = atomic_load(&hub->channels[i]);
        if (channel)
            atomic_store(&channel->since, from);
    }
    atomic_store(&hub->passed, from);
    atomic_store(&hub->began, now.seq);
    atomic_store(&hub->epoch, now.epoch | EPOCH_KNOWN);
}

int bw_hub_open(struct bw_hub *hub, const char *topic, struct bw_channel **out)
{
    *out = find(hub, topic);
    int err = *out ? 0 : add(hub, topic, out);
    if (err == BW_EBUSY) { /* make place for it: those that nobody watches need not wait */
        bw_hub_reclaim(hub, INT64_MAX);
        err = add(hub, topic, out);
    }
    if (err == 0)
        (*out)->users++;
    return err;
}

void bw_hub_leave(struct bw_hub *hub, struct bw_channel *channel)
{
    (void)hub;
    if (--channel->users == 0)
        channel->idle_since_us = bw_clock_mono_us();
}

void bw_hub_reclaim(struct bw_hub *hub, int64_t before_us)
{
    for (unsigned i = 0; i < hub->options.max_topics; i++) {
        struct bw_channel *channel = atomic_load(&hub->channels[i]);
        if (!channel || channel->users > 0 || channel->idle_since_us > before_us)
            continue;
        take_out(hub, i);
        destroy_channel(channel);
    }
}

/* --- The bridge's thread ------------------------------------------------------------- */

/* The channel at place i, held, if it is the topic's. */
static struct bw_channel *hold_if(struct bw_hub *hub, unsigned i, struct bw_str topic)
{
    struct bw_channel *channel = atomic_load(&hub->channels[i]);
    atomic_store(&hub->writing, channel);
    if (channel && atomic_load(&hub->channels[i]) == channel &&
        bw_str_eq(bw_str(channel->topic), topic))
        return channel;
    bw_hub_passed(hub);
    return NULL;
}

struct bw_channel *bw_hub_pass(struct bw_hub *hub, struct bw_place place, struct bw_str topic)
{
    uint64_t hash = bw_filter_hash(topic);
    if (place.seq > atomic_load_explicit(&hub->passed, memory_order_relaxed))
        atomic_store(&hub->passed, place.seq);
    for (unsigned i = 0; i < hub->options.max_topics; i++) {
        if (atomic_load(&hub->hashes[i]) != hash)
            continue;
        struct bw_channel *channel = hold_if(hub, i, topic);
        if (channel)
            return channel;
    }
    return NULL;
}

void bw_hub_passed(struct bw_hub *hub)
{
    atomic_store_explicit(&hub->writing, NULL, memory_order_release);
}

static void reset_channel(struct bw_channel *channel, struct bw_place place, const char *reason)
{
    atomic_store(&channel->reset_reason, reason);
    atomic_fetch_add(&channel->resets, 1);
    atomic_store(&channel->since, place.seq);
    bw_ring_cut(channel->ring, place.seq);
}

void bw_hub_reset(struct bw_hub *hub, struct bw_str topic, struct bw_place place,
                  const char *reason)
{
    atomic_store(&hub->passed, place.seq);
    atomic_store(&hub->began, place.seq);
    atomic_store(&hub->epoch, place.epoch | EPOCH_KNOWN);
    for (unsigned i = 0; i < hub->options.max_topics; i++) {
        struct bw_channel *channel = atomic_load(&hub->channels[i]);
        if (!channel)
            continue;
        atomic_store(&hub->writing, channel);
        if (atomic_load(&hub->channels[i]) == channel &&
            (topic.len == 0 || bw_str_eq(bw_str(channel->topic), topic)))
            reset_channel(channel, place, reason);
        bw_hub_passed(hub);
    }
    bw_hub_heard(hub, true);
}

void bw_hub_heard(struct bw_hub *hub, bool news)
{
    atomic_store_explicit(&hub->heard_us, bw_clock_mono_us(), memory_order_relaxed);
    for (unsigned r = 0; news && r < hub->options.n_readers; r++)
        bw_bell_ring(&hub->options.bells[r]);
}

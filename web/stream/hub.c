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

struct bw_hub {
    struct bw_hub_options options;

    /* The table: a place is free when its channel is NULL, as are all from n_used on. A hash (of
     * the feed: 0 means look inside) may be stale, a channel never is. */
    _Atomic uint64_t *hashes;
    _Atomic(struct bw_channel *) *channels;
    _Atomic unsigned n_used;

    _Alignas(BW_CACHE_LINE) _Atomic(struct bw_channel *) writing; /* the bridge's hold */
    _Atomic uint64_t passed; /* the highest seq: one topic's events may come late */
    _Atomic uint64_t settled;
    _Atomic uint64_t epoch; /* with EPOCH_KNOWN */
    _Atomic int64_t heard_us;
    _Atomic unsigned resets;
};

/* --- Channels ------------------------------------------------------------------------ */

static void destroy_channel(struct bw_channel *channel)
{
    bw_ring_destroy(&channel->ring);
    bw_feed_unref(&channel->feed);
    free(channel);
    bw_metric_add(&channels_open, -1);
}

static int create_channel(const struct bw_hub *hub, struct bw_feed *feed, struct bw_channel **out)
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
    channel->feed = bw_feed_ref(feed);
    bw_metric_add(&channels_open, 1);
    *out = channel;
    return 0;
}

static struct bw_channel *find(const struct bw_hub *hub, const struct bw_feed *feed)
{
    for (unsigned i = 0; i < hub->options.max_topics; i++) {
        struct bw_channel *channel = atomic_load(&hub->channels[i]);
        if (channel && bw_feed_same(channel->feed, feed))
            return channel;
    }
    return NULL;
}

static void count_used(struct bw_hub *hub)
{
    unsigned n = hub->options.max_topics;
    while (n > 0 && !atomic_load(&hub->channels[n - 1]))
        n--;
    atomic_store(&hub->n_used, n);
}

static int add(struct bw_hub *hub, struct bw_feed *feed, struct bw_channel **out)
{
    unsigned i = 0;
    *out = NULL;
    while (i < hub->options.max_topics && atomic_load(&hub->channels[i]))
        i++;
    if (i == hub->options.max_topics)
        return BW_EBUSY;
    int err = create_channel(hub, feed, out);
    if (err != 0)
        return err;
    atomic_store(&hub->hashes[i], feed->hash);
    atomic_store(&hub->channels[i], *out);
    count_used(hub);
    atomic_store(&(*out)->since, atomic_load(&hub->passed)); /* only now: see the design */
    return 0;
}

/* After this the bridge does not have the channel and cannot get it any more. */
static void take_out(struct bw_hub *hub, unsigned i)
{
    struct bw_channel *channel = atomic_load(&hub->channels[i]);
    atomic_store(&hub->channels[i], NULL);
    count_used(hub);
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
    hub->hashes = calloc(hub->options.max_topics, sizeof *hub->hashes);
    hub->channels = calloc(hub->options.max_topics, sizeof *hub->channels);
    int err = hub->hashes && hub->channels ? 0 : BW_ENOMEM;
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

bool bw_hub_now(const struct bw_hub *hub, struct bw_place *out)
{
    uint64_t epoch = atomic_load(&hub->epoch);
    *out = (struct bw_place){(uint32_t)epoch, atomic_load(&hub->passed)};
    return epoch & EPOCH_KNOWN;
}

uint64_t bw_hub_settled(const struct bw_hub *hub)
{
    return atomic_load_explicit(&hub->settled, memory_order_acquire);
}

unsigned bw_hub_resets(const struct bw_hub *hub)
{
    return atomic_load(&hub->resets);
}

int64_t bw_hub_heard_us(const struct bw_hub *hub)
{
    return atomic_load_explicit(&hub->heard_us, memory_order_relaxed);
}

/* --- The replay thread --------------------------------------------------------------- */

void bw_hub_begin(struct bw_hub *hub, struct bw_place now)
{
    for (unsigned i = 0; i < hub->options.max_topics; i++) {
        struct bw_channel *channel = atomic_load(&hub->channels[i]);
        if (channel)
            atomic_store(&channel->since, now.seq);
    }
    atomic_store(&hub->passed, now.seq);
    atomic_store(&hub->settled, now.seq);
    atomic_store(&hub->epoch, now.epoch | EPOCH_KNOWN);
}

int bw_hub_open(struct bw_hub *hub, struct bw_feed *feed, struct bw_channel **out)
{
    *out = find(hub, feed);
    int err = *out ? 0 : add(hub, feed, out);
    if (err == BW_EBUSY) { /* make place for it: those that nobody watches need not wait */
        bw_hub_reclaim(hub, INT64_MAX);
        err = add(hub, feed, out);
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

void bw_hub_pass(struct bw_hub *hub, struct bw_place place)
{
    if (place.seq > atomic_load_explicit(&hub->passed, memory_order_relaxed))
        atomic_store(&hub->passed, place.seq);
}

/* The channel at place i, held, if it has the topic. */
static struct bw_channel *hold_if(struct bw_hub *hub, unsigned i, struct bw_str topic)
{
    struct bw_channel *channel = atomic_load(&hub->channels[i]);
    atomic_store(&hub->writing, channel);
    if (channel && atomic_load(&hub->channels[i]) == channel &&
        (topic.len == 0 || bw_feed_has(channel->feed, topic)))
        return channel;
    return NULL;
}

void bw_hub_each(struct bw_hub *hub, struct bw_str topic,
                 void (*each)(void *arg, struct bw_channel *channel), void *arg)
{
    unsigned n = atomic_load(&hub->n_used);
    uint64_t hash = n > 0 ? bw_filter_hash(topic) : 0;
    for (unsigned i = 0; i < n; i++) {
        uint64_t have = atomic_load(&hub->hashes[i]);
        struct bw_channel *channel =
            hash == 0 || have == 0 || have == hash ? hold_if(hub, i, topic) : NULL;
        if (channel)
            each(arg, channel);
    }
    if (n > 0)
        atomic_store_explicit(&hub->writing, NULL, memory_order_release);
}

void bw_hub_settle(struct bw_hub *hub, uint64_t seq)
{
    atomic_store_explicit(&hub->settled, seq, memory_order_release);
}

void bw_channel_cut(struct bw_channel *channel, uint64_t seq)
{
    atomic_store(&channel->since, seq);
    bw_ring_cut(channel->ring, seq);
}

struct reset {
    struct bw_place place;
    const char *reason;
};

static void begin_reset(void *arg, struct bw_channel *channel)
{
    (void)arg;
    atomic_fetch_add(&channel->resets, 1);
}

/* Of those that came in between, too. */
static void finish_reset(void *arg, struct bw_channel *channel)
{
    const struct reset *reset = arg;
    atomic_store(&channel->reset_reason, reset->reason);
    bw_channel_cut(channel, reset->place.seq);
    atomic_store(&channel->resets, (atomic_load(&channel->resets) | 1) + 1);
}

void bw_hub_reset(struct bw_hub *hub, struct bw_str topic, struct bw_place place,
                  const char *reason)
{
    struct reset reset = {place, reason};
    atomic_fetch_add(&hub->resets, 1);
    bw_hub_each(hub, topic, begin_reset, NULL);
    atomic_store(&hub->passed, place.seq);
    atomic_store(&hub->epoch, place.epoch | EPOCH_KNOWN);
    bw_hub_each(hub, topic, finish_reset, &reset);
    if (topic.len == 0) /* last: who reads it sees the resets, too */
        bw_hub_settle(hub, place.seq);
    bw_hub_heard(hub, true);
}

void bw_hub_heard(struct bw_hub *hub, bool news)
{
    atomic_store_explicit(&hub->heard_us, bw_clock_mono_us(), memory_order_relaxed);
    for (unsigned r = 0; news && r < hub->options.n_readers; r++)
        bw_bell_ring(&hub->options.bells[r]);
}

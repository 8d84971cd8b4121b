/* The streams as a whole: starting, stopping, and taking connections in. */
#include "web/stream/stream.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/tally.h"
#include "web/stream/conn.h"
#include "web/stream/door.h"
#include "web/stream/drain.h"
#include "web/stream/engine.h"
#include "web/stream/replay.h"
#include "web/stream/stream_internal.h"
#include "web/stream/sub.h"

enum {
    DEFAULT_RING_BYTES = 16 << 20,
    DEFAULT_MAX_TOPICS = 256,
    DEFAULT_MAX_CONNECTIONS = 100000,
    DEFAULT_MAX_PER_ADDRESS = 256,
    DEFAULT_MAX_SUBSCRIPTIONS = 32,
    DEFAULT_MAX_MESSAGE_BYTES = 64 * 1024,
    DEFAULT_REPLY_BYTES_MAX = 64 * 1024,
    DEFAULT_MESSAGES_PER_S = 50,
    DEFAULT_HEARTBEAT_S = 25,
    DEFAULT_PING_TIMEOUT_S = 20,
    DEFAULT_IDLE_S = 300,
    THREADS_MAX = 64,
    FULL_ENOUGH = 1024,
    LINGER_MAX_US = 3000000, /* of a drain: for clients to hang up after goodbye */
    LIVE_S = 5,              /* the bus's head heartbeat comes every second */
};

struct bw_stream {
    struct bw_stream_options options;
    struct bw_hub *hub;
    struct bw_bridge *bridge;
    struct bw_replay *replay;
    struct bw_fdset *owned;
    struct bw_door *door;
    struct bw_tally *by_topic;
    struct bw_bell bells[THREADS_MAX];
    struct bw_engine engines[THREADS_MAX];
};

static struct bw_stream_options with_defaults(const struct bw_stream_options *given)
{
    struct bw_stream_options o = given ? *given : (struct bw_stream_options){0};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (o.threads == 0)
        o.threads = cores > 0 ? (unsigned)cores : 1;
    if (o.threads > THREADS_MAX)
        o.threads = THREADS_MAX;
    if (o.ring_bytes == 0)
        o.ring_bytes = DEFAULT_RING_BYTES;
    if (o.max_topics == 0)
        o.max_topics = DEFAULT_MAX_TOPICS;
    if (o.max_connections == 0)
        o.max_connections = DEFAULT_MAX_CONNECTIONS;
    if (o.max_per_address == 0)
        o.max_per_address = DEFAULT_MAX_PER_ADDRESS;
    if (o.max_subscriptions == 0)
        o.max_subscriptions = DEFAULT_MAX_SUBSCRIPTIONS;
    if (o.max_message_bytes == 0)
        o.max_message_bytes = DEFAULT_MAX_MESSAGE_BYTES;
    if (o.reply_bytes_max == 0)
        o.reply_bytes_max = DEFAULT_REPLY_BYTES_MAX;
    if (o.messages_per_s == 0)
        o.messages_per_s = DEFAULT_MESSAGES_PER_S;
    if (o.heartbeat_s == 0)
        o.heartbeat_s = DEFAULT_HEARTBEAT_S;
    if (o.ping_timeout_s == 0)
        o.ping_timeout_s = DEFAULT_PING_TIMEOUT_S;
    if (o.idle_s == 0)
        o.idle_s = DEFAULT_IDLE_S;
    return o;
}

static int start_engines(struct bw_stream *stream)
{
    int err = 0;
    for (unsigned i = 0; i < stream->options.threads && err == 0; i++) {
        struct bw_engine *engine = &stream->engines[i];
        engine->number = i;
        engine->hub = stream->hub;
        engine->bell = &stream->bells[i];
        engine->replay = bw_replay_mailbox(stream->replay);
        engine->owned = stream->owned;
        engine->door = stream->door;
        engine->by_topic = stream->by_topic;
        engine->options = stream->options;
        err = bw_engine_start(engine);
    }
    return err;
}

/* Everything that the threads stand on. */
static int prepare(struct bw_stream *stream)
{
    const struct bw_stream_options *o = &stream->options;
    struct bw_hub_options hub = {.ring_bytes = o->ring_bytes,
                                 .max_topics = o->max_topics,
                                 .n_readers = o->threads,
                                 .bells = stream->bells};
    int err = bw_fdset_create(&stream->owned);
    if (err == 0)
        err = bw_door_create(&stream->door, o->max_connections, o->max_per_address);
    if (err == 0)
        err = bw_tally_create(&stream->by_topic);
    for (unsigned i = 0; i < o->threads; i++)
        stream->bells[i].fd = -1;
    for (unsigned i = 0; i < o->threads && err == 0; i++)
        err = bw_bell_open(&stream->bells[i]);
    if (err == 0)
        err = bw_hub_create(&stream->hub, &hub);
    if (err == 0)
        err = bw_bridge_create(&stream->bridge, stream->hub);
    return err;
}

int bw_stream_start_on(const struct bw_stream_options *options, const struct bw_upstream *upstream,
                       struct bw_stream **out)
{
    struct bw_stream *stream = calloc(1, sizeof *stream);
    int err = BW_ENOMEM;
    if (stream) {
        stream->options = with_defaults(options);
        err = prepare(stream);
    }
    if (err != 0)
        upstream->close(upstream->bus);
    else
        err = bw_replay_start(&stream->replay, upstream, stream->hub, stream->bridge);
    if (err == 0)
        err = start_engines(stream);
    if (err != 0)
        bw_stream_stop(&stream);
    *out = stream;
    return err;
}

int bw_stream_start(const struct bw_stream_options *options, struct bellwire *bus,
                    struct bw_stream **out)
{
    struct bw_upstream upstream;
    *out = NULL;
    int err = bw_upstream_of(bus, &upstream);
    return err == 0 ? bw_stream_start_on(options, &upstream, out) : err;
}

/* The bridge and the replay thread end first, while the engines still run: the bridge may be
 * waiting for one that holds its ring, and every job comes home. */
void bw_stream_stop(struct bw_stream **stream)
{
    struct bw_stream *mine = *stream;
    *stream = NULL;
    if (!mine)
        return;
    if (mine->replay)
        bw_replay_stop(mine->replay);
    for (unsigned i = 0; i < mine->options.threads; i++)
        bw_engine_stop(&mine->engines[i]);
    bw_replay_destroy(&mine->replay);
    bw_bridge_destroy(&mine->bridge);
    bw_hub_destroy(&mine->hub);
    for (unsigned i = 0; i < mine->options.threads; i++)
        bw_bell_close(&mine->bells[i]);
    bw_fdset_destroy(&mine->owned);
    bw_door_destroy(&mine->door);
    bw_tally_destroy(&mine->by_topic);
    free(mine);
}

/* One thread serves a thousand watchers with less CPU than two do: a longer round finds more events
 * to send at once, and nobody contends. So the next thread is taken into use when the ones before
 * it have FULL_ENOUGH each; when all have, the emptiest is taken. */
static struct bw_engine *choose_engine(struct bw_stream *stream)
{
    struct bw_engine *emptiest = &stream->engines[0];
    unsigned least = UINT_MAX;
    for (unsigned i = 0; i < stream->options.threads; i++) {
        struct bw_engine *engine = &stream->engines[i];
        unsigned load = atomic_load(&engine->load);
        if (load < FULL_ENOUGH)
            return engine;
        if (load < least) {
            emptiest = engine;
            least = load;
        }
    }
    return emptiest;
}

int bw_stream_enter(struct bw_stream *stream, uint64_t address, struct bw_fault *fault)
{
    return bw_door_enter(stream->door, address, fault);
}

void bw_stream_leave(struct bw_stream *stream, uint64_t address)
{
    bw_door_leave(stream->door, address);
}

int bw_stream_adopt_websocket(struct bw_stream *stream, int fd, uint64_t address,
                              unsigned window_bits)
{
    return bw_engine_adopt(
        choose_engine(stream),
        &(struct bw_arrival){.fd = fd, .address = address, .window_bits = window_bits});
}

int bw_stream_adopt_watch(struct bw_stream *stream, int fd, uint64_t address,
                          struct bw_watch *watch)
{
    return bw_engine_adopt(choose_engine(stream), &(struct bw_arrival){fd, address, watch, 0});
}

/* --- Draining ------------------------------------------------------------------------ */

static bool wait_until(bool (*is_so)(const struct bw_stream *, int64_t), const struct bw_stream *s,
                       int64_t arg, int64_t deadline_us)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    while (!is_so(s, arg)) {
        if (bw_clock_mono_us() >= deadline_us)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

/* Whether everything up to head is in the rings, or will not come: the bus is away. */
static bool has_all_there_is(const struct bw_stream *stream, int64_t head)
{
    return bw_hub_settled(stream->hub) >= (uint64_t)head || !bw_stream_is_live(stream);
}

static bool is_empty(const struct bw_stream *stream, int64_t unused)
{
    (void)unused;
    return bw_door_inside(stream->door) == 0;
}

void bw_stream_close_door(struct bw_stream *stream)
{
    bw_door_close(stream->door);
}

/* The newest event may have passed while older ones of other topics are still on their way. */
void bw_stream_drain(struct bw_stream *stream, uint64_t head, uint32_t timeout_ms)
{
    int64_t begun_us = bw_clock_mono_us(), timeout_us = timeout_ms * INT64_C(1000);
    int64_t linger_us = timeout_us / 3 < LINGER_MAX_US ? timeout_us / 3 : LINGER_MAX_US;
    int64_t close_us = begun_us + timeout_us - linger_us;
    struct bw_place now;
    if (bw_hub_now(stream->hub, &now) && now.seq > head)
        head = now.seq;
    if (!is_empty(stream, 0))
        wait_until(has_all_there_is, stream, (int64_t)head, close_us);
    for (unsigned i = 0; i < stream->options.threads; i++)
        bw_drain_begin(&stream->engines[i], close_us);
    if (!wait_until(is_empty, stream, 0, begun_us + timeout_us))
        diag_warn("STREAM-DRAIN-CUT", "connections=%u text=they did not read or hang up in time",
                  bw_door_inside(stream->door));
}

bool bw_stream_is_draining(const struct bw_stream *stream)
{
    return bw_door_is_closed(stream->door);
}

bool bw_stream_is_live(const struct bw_stream *stream)
{
    int64_t heard_us = bw_hub_heard_us(stream->hub);
    return heard_us > 0 && bw_clock_mono_us() - heard_us < LIVE_S * INT64_C(1000000);
}

unsigned bw_stream_connections(const struct bw_stream *stream)
{
    unsigned total = 0;
    for (unsigned i = 0; i < stream->options.threads; i++)
        total += atomic_load(&stream->engines[i].load);
    return total;
}

unsigned bw_stream_subscriptions(const struct bw_stream *stream, struct bw_str topic)
{
    return bw_tally_count(stream->by_topic, bw_sub_topic_key(topic));
}

bool bw_stream_owns_fd(const struct bw_stream *stream, int fd)
{
    return bw_fdset_has(stream->owned, fd);
}

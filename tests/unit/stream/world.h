/* A stream on a bus in memory with a watcher, and the steps that its tests share. */
#ifndef WORLD_H
#define WORLD_H

#include "unit.h"

#include "fake_upstream.h"
#include "watcher.h"
#include "web/stream/stream_internal.h"

struct world {
    struct fake_upstream *bus;
    struct bw_stream *stream;
    struct watcher w;
};

static const struct bw_stream_options usual = {.threads = 2, .ring_bytes = 1 << 20};

static inline void start(struct world *world, const struct bw_stream_options *options)
{
    struct bw_upstream upstream = fake_upstream_of(world->bus);
    assert_int_equal(bw_stream_start_on(options, &upstream, &world->stream), 0);
}

static inline void say_hello(struct world *world, struct watcher *w, int buffer_bytes)
{
    watch_open(w, world->stream, buffer_bytes);
    json_decref(watch_expect(w, "connected"));
}

static inline struct world *open_world(const struct bw_stream_options *options)
{
    struct world *world = calloc(1, sizeof *world);
    world->bus = fake_create();
    start(world, options);
    wait_until(fake_is_followed(world->bus));
    say_hello(world, &world->w, 0);
    return world;
}

static inline void close_world(struct world *world)
{
    watch_close(&world->w);
    bw_stream_stop(&world->stream);
    assert_true(world->bus->closed);
    fake_destroy(world->bus);
    free(world);
}

static inline void publish(struct world *world, const char *topic, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        fake_publish(world->bus, topic, "X", "t", "", 50);
    fake_idle(world->bus);
}

/* Journals without telling; tell() does that later. */
static inline void journal(struct world *world, const char *topic)
{
    world->bus->hushed = true;
    fake_publish(world->bus, topic, "X", "t", "", 10);
    world->bus->hushed = false;
}

static inline void tell(struct world *world, uint64_t seq)
{
    pthread_mutex_lock(&world->bus->lock);
    fake_tell(world->bus, &world->bus->events[seq - 1]);
    pthread_mutex_unlock(&world->bus->lock);
    fake_idle(world->bus);
}

static inline void expect_events(struct watcher *w, uint64_t from, uint64_t to)
{
    for (uint64_t seq = from; seq <= to; seq++)
        assert_int_equal(watch_event(w), seq);
}

/* Subscribes and checks the answer. */
static inline void subscribe(struct watcher *w, const char *json, bool recovered, uint64_t seq)
{
    char cursor[BW_CURSOR_LEN + 1];
    watch_say(w, json);
    json_t *o = watch_expect(w, "subscribed");
    bw_cursor_format(FAKE_EPOCH, seq, cursor);
    assert_string_equal(member(o, "cursor"), cursor);
    assert_int_equal(json_is_true(json_object_get(o, "recovered")), recovered);
    json_decref(o);
}

static inline void expect_error(struct watcher *w, const char *code)
{
    json_t *o = watch_expect(w, "error");
    assert_string_equal(member(o, "code"), code);
    assert_true(strlen(member(o, "message")) > 0);
    json_decref(o);
}

#define SUBSCRIBE(more) "{\"type\":\"subscribe\",\"topic\":\"system\"" more "}"

#endif

/* The bridge between libbellwire's subscription and the rings. */
#include "web/stream/bridge.h"

#include <stdlib.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/metrics.h"
#include "wire/cursor.h"
#include "wire/event.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "web/stream/deflate.h"
#include "web/stream/filter.h"
#include "web/stream/frame.h"
#include "web/stream/merge.h"

BW_COUNTER(events_bridged, "bellwire_bridge_events_total", "Events that came from the bus.");
BW_COUNTER(events_unwatched, "bellwire_bridge_unwatched_total",
           "Events that nobody watched; they were not rendered.");
BW_COUNTER(
    holes_skipped, "bellwire_bridge_holes_total",
    "Times watchers of several topics were sent to the journal, because an event was missing "
    "for too long.");
BW_COUNTER(resets_bridged, "bellwire_bridge_resets_total",
           "Times the bridge had to begin anew because the bus could not fill a gap.");

enum {
    WAKE_EVERY = 256,  /* in a long run of events the streams are woken after so many */
    HOLE_US = 3000000, /* as long a missing event is waited for; heartbeats find it in one second */
};

struct bw_bridge {
    struct bw_hub *hub;
    struct bw_merge *merge;
    struct bw_buf json;  /* of the event that is passing */
    struct bw_buf frame; /* the same in an encoding */
    struct bw_deflater *deflater;
    msgpack_zone zone;
    unsigned since_wake;
    uint64_t hole_after;   /* what the last idle found missing comes after this … */
    int64_t hole_since_us; /* … and was first found missing then; 0: nothing was */
};

int bw_bridge_create(struct bw_bridge **out, struct bw_hub *hub)
{
    *out = NULL;
    struct bw_bridge *bridge = calloc(1, sizeof *bridge);
    if (!bridge)
        return BW_ENOMEM;
    if (!msgpack_zone_init(&bridge->zone, MSGPACK_ZONE_CHUNK_SIZE)) {
        free(bridge);
        return BW_ENOMEM;
    }
    bridge->hub = hub;
    int err = bw_merge_create(&bridge->merge);
    if (err == 0)
        err = bw_deflater_create(&bridge->deflater, BW_WINDOW_BITS_MAX);
    if (err != 0)
        bw_bridge_destroy(&bridge);
    *out = bridge;
    return err;
}

void bw_bridge_destroy(struct bw_bridge **bridge)
{
    struct bw_bridge *mine = *bridge;
    *bridge = NULL;
    if (!mine)
        return;
    bw_merge_destroy(&mine->merge);
    msgpack_zone_destroy(&mine->zone);
    bw_buf_free(&mine->json);
    bw_buf_free(&mine->frame);
    bw_deflater_destroy(&mine->deflater);
    free(mine);
}

void bw_bridge_begin(struct bw_bridge *bridge, uint64_t seq)
{
    bw_merge_begin(bridge->merge, seq, true);
}

/* --- Rendering ----------------------------------------------------------------------- */

static struct bw_event as_event(const struct bellwire_received *got, const msgpack_object *data)
{
    return (struct bw_event){
        .id = bw_str(got->id),
        .topic = bw_str(got->topic),
        .event_type = bw_str(got->event_type),
        .message = bw_str(got->message),
        .source = bw_str(got->source),
        .task_id = bw_str(got->task_id),
        .data = data,
        .timestamp_us = got->timestamp_us,
        .received_at_us = got->received_at_us,
        .seq = got->seq,
        .prev = got->prev,
    };
}

/* Into bridge->json, and what filters ask for. Without memory the JSON stays empty. */
static void render(struct bw_bridge *bridge, const struct bellwire_received *got,
                   struct bw_telling *out)
{
    struct bw_str packed = {got->data_msgpack, got->data_msgpack_len};
    struct bw_fault fault = {0};
    msgpack_object data;
    bool has_data = packed.len > 0;
    int err = has_data ? bw_mp_unpack(packed, BW_RPC_DEPTH_MAX, &bridge->zone, &data, &fault) : 0;
    has_data = has_data && err == 0 && data.type == MSGPACK_OBJECT_MAP;
    struct bw_event event = as_event(got, has_data ? &data : NULL);
    bw_buf_reset(&bridge->json);
    if (err == 0)
        bw_frame_event_json(&bridge->json, &event, got->epoch);
    if (err == 0 && !bridge->json.failed)
        out->json = bw_buf_str(&bridge->json);
    bw_filter_keys(&event, out->key);
    msgpack_zone_clear(&bridge->zone);
}

/* --- Showing an event to the channels ------------------------------------------------ */

struct showing {
    struct bw_bridge *bridge;
    const struct bellwire_received *got; /* to be rendered from; NULL: it was */
    struct bw_telling event;
    uint32_t epoch;
    int64_t received_us; /* by the bus */
    bool to_merged;      /* which channels it is shown to now */
    bool others_wait;    /* there are such of the other kind */
};

/* What cannot be rendered cuts the ring, so that watchers get the event from the bus instead of
 * missing it. */
static void append(const struct showing *s, struct bw_channel *channel)
{
    const struct bw_telling *event = &s->event;
    struct bw_buf *frame = &s->bridge->frame;
    struct bw_place place = {s->epoch, event->seq};
    struct bw_label label = {event->type, &place};
    if (event->seq <= bw_ring_last(channel->ring))
        return; /* the ring was cut beyond it */
    bw_buf_reset(frame);
    if (event->json.len > 0)
        bw_encode_shared(frame, channel->feed->encoding, &label, event->json, s->bridge->deflater);
    atomic_store_explicit(&channel->newest_us, s->received_us, memory_order_relaxed);
    if (event->json.len > 0 && !frame->failed)
        bw_ring_append(channel->ring, event->seq, event->key, bw_buf_str(frame));
    else
        bw_ring_cut(channel->ring, event->seq);
}

static void show(void *arg, struct bw_channel *channel)
{
    struct showing *s = arg;
    if (s->got) {
        render(s->bridge, s->got, &s->event);
        s->bridge->since_wake++;
        s->got = NULL;
    }
    if (bw_feed_is_merged(channel->feed) == s->to_merged)
        append(s, channel);
    else
        s->others_wait = true;
}

static void show_to(struct showing *s, bool merged)
{
    s->to_merged = merged;
    bw_hub_each(s->bridge->hub, s->event.topic, show, s);
}

static void cut_if_merged(void *arg, struct bw_channel *channel)
{
    const uint64_t *seq = arg;
    if (bw_feed_is_merged(channel->feed))
        bw_channel_cut(channel, *seq);
}

/* Gives up on what is missing: who follows merged topics reads the journal up to here. */
static void stop_waiting(struct bw_bridge *bridge)
{
    struct bw_place now;
    if (!bw_hub_now(bridge->hub, &now))
        return;
    bw_metric_add(&holes_skipped, 1);
    bw_merge_begin(bridge->merge, now.seq, false);
    bw_hub_each(bridge->hub, bw_str(""), cut_if_merged, &now.seq);
    bridge->since_wake++;
}

/* Those that waited and whose turn it is now. */
static void show_settled(struct bw_bridge *bridge, uint32_t epoch, int64_t received_us)
{
    const struct bw_telling *event;
    while ((event = bw_merge_next(bridge->merge)) != NULL) {
        struct showing s = {
            .bridge = bridge, .event = *event, .epoch = epoch, .received_us = received_us};
        show_to(&s, true);
        bridge->since_wake++;
    }
}

/* What is promised. After what is told: who reads the promise finds it in the rings. */
static void promise(const struct bw_bridge *bridge)
{
    if (bw_merge_is_exact(bridge->merge))
        bw_hub_settle(bridge->hub, bw_merge_settled(bridge->merge));
}

/* The event has passed; is it its turn in the merged rings? */
static void merge(struct showing *s)
{
    struct bw_bridge *bridge = s->bridge;
    bool in_order = bw_merge_mark(bridge->merge, s->event.seq);
    uint64_t settled = bw_merge_settled(bridge->merge);
    if (in_order && s->others_wait) {
        if (s->event.seq <= settled && bw_merge_is_empty(bridge->merge))
            show_to(s, true);
        else
            in_order = bw_merge_keep(bridge->merge, &s->event);
    }
    if (in_order)
        show_settled(bridge, s->epoch, s->received_us);
    else
        stop_waiting(bridge);
    promise(bridge);
}

static void wake(struct bw_bridge *bridge)
{
    bw_hub_heard(bridge->hub, bridge->since_wake > 0);
    bridge->since_wake = 0;
}

void bw_bridge_event(void *arg, const struct bellwire_received *event)
{
    struct bw_bridge *bridge = arg;
    struct showing s = {.bridge = bridge,
                        .got = event,
                        .event = {.seq = event->seq,
                                  .topic = bw_str(event->topic),
                                  .type = bw_str(event->event_type)},
                        .epoch = event->epoch,
                        .received_us = event->received_at_us};
    bw_metric_add(&events_bridged, 1);
    bw_hub_pass(bridge->hub, (struct bw_place){event->epoch, event->seq});
    show_to(&s, false);
    if (s.got)
        bw_metric_add(&events_unwatched, 1);
    merge(&s);
    if (bridge->since_wake >= WAKE_EVERY)
        wake(bridge);
}

static bool parse_place(const char *text, struct bw_place *out)
{
    struct bw_cursor at;
    if (bw_cursor_parse(bw_str(text), "cursor", &at, NULL) != 0 || at.kind != BW_CURSOR_AT)
        return false;
    *out = (struct bw_place){at.epoch, at.seq};
    return true;
}

void bw_bridge_reset(void *arg, const char *topic, enum bellwire_reset reason, const char *cursor)
{
    static const char *const words[] = {[BELLWIRE_RESET_EPOCH] = "epoch",
                                        [BELLWIRE_RESET_RETENTION] = "retention",
                                        [BELLWIRE_RESET_AHEAD] = "ahead"};
    struct bw_bridge *bridge = arg;
    struct bw_place now;
    if (!parse_place(cursor, &now)) {
        diag_error("BRIDGE-BAD-RESET", "cursor=%s", cursor ? cursor : "");
        return;
    }
    diag_warn("BRIDGE-RESET", "topic=%s reason=%s cursor=%s", topic ? topic : "", words[reason],
              cursor);
    bw_metric_add(&resets_bridged, 1);
    bw_hub_reset(bridge->hub, bw_str(topic), now, words[reason]);
    if (topic && topic[0])
        stop_waiting(bridge); /* what the others still miss is not known */
    else
        bw_merge_begin(bridge->merge, now.seq, true);
}

void bw_bridge_reached(void *arg, const char *cursor)
{
    struct bw_bridge *bridge = arg;
    struct bw_place now, reached;
    if (!parse_place(cursor, &reached) || !bw_hub_now(bridge->hub, &now) ||
        now.epoch != reached.epoch)
        return;
    bw_hub_pass(bridge->hub, reached);
    bw_merge_reached(bridge->merge, reached.seq);
    show_settled(bridge, now.epoch, bw_clock_wall_us());
    promise(bridge);
}

/* After what arrived together. */
void bw_bridge_idle(void *arg)
{
    struct bw_bridge *bridge = arg;
    struct bw_place now;
    int64_t now_us = bw_clock_mono_us();
    uint64_t settled = bw_merge_settled(bridge->merge);
    if (!bw_hub_now(bridge->hub, &now) || settled >= now.seq) {
        bridge->hole_since_us = 0;
    } else if (bridge->hole_since_us == 0 || settled != bridge->hole_after) {
        bridge->hole_after = settled;
        bridge->hole_since_us = now_us;
    } else if (now_us - bridge->hole_since_us > HOLE_US) {
        stop_waiting(bridge);
    }
    wake(bridge);
}

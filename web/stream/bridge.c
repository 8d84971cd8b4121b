/* The bridge between libbellwire's subscription and the rings. */
#include "web/stream/bridge.h"

#include <stdlib.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/metrics.h"
#include "wire/cursor.h"
#include "wire/event.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "web/stream/filter.h"
#include "web/stream/frame.h"
#include "web/stream/ws.h"

BW_COUNTER(events_bridged, "bellwire_bridge_events_total", "Events that came from the bus.");
BW_COUNTER(events_unwatched, "bellwire_bridge_unwatched_total",
           "Events of topics that nobody watched; they were not rendered.");
BW_COUNTER(resets_bridged, "bellwire_bridge_resets_total",
           "Times the bridge had to begin anew because the bus could not fill a gap.");

/* In a long run of events the streams are woken after so many, not only at its end. */
enum { WAKE_EVERY = 256 };

struct bw_bridge {
    struct bw_hub *hub;
    struct bw_buf payload; /* of the event being rendered */
    msgpack_zone zone;
    unsigned since_wake;
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
    *out = bridge;
    return 0;
}

void bw_bridge_destroy(struct bw_bridge **bridge)
{
    struct bw_bridge *mine = *bridge;
    *bridge = NULL;
    if (!mine)
        return;
    msgpack_zone_destroy(&mine->zone);
    bw_buf_free(&mine->payload);
    free(mine);
}

static struct bw_str member(const msgpack_object *data, const char *key)
{
    struct bw_str value = {0};
    struct bw_fault ignored = {0};
    if (data)
        bw_mp_get_str(data, key, SIZE_MAX, &value, &ignored);
    return value;
}

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

/* Renders and appends. What cannot be rendered cuts the ring, so that watchers get the event from
 * the bus instead of missing it. */
static void append(struct bw_bridge *bridge, struct bw_channel *channel,
                   const struct bellwire_received *got)
{
    struct bw_str packed = {got->data_msgpack, got->data_msgpack_len};
    struct bw_fault fault = {0};
    msgpack_object data;
    bool has_data = packed.len > 0;
    int err = has_data ? bw_mp_unpack(packed, BW_RPC_DEPTH_MAX, &bridge->zone, &data, &fault) : 0;
    has_data = has_data && data.type == MSGPACK_OBJECT_MAP;
    struct bw_event event = as_event(got, has_data ? &data : NULL);
    bw_buf_reset(&bridge->payload);
    if (err == 0)
        bw_frame_event_payload(&bridge->payload, &event, got->epoch);
    if (err != 0 || bridge->payload.failed) {
        bw_ring_cut(channel->ring, got->seq);
        return;
    }
    uint64_t key[BW_N_KEYS] = {
        [BW_KEY_TASK] = bw_filter_hash(event.task_id),
        [BW_KEY_OWNER] = bw_filter_hash(member(event.data, "owner")),
        [BW_KEY_RESOURCE] = bw_filter_hash(member(event.data, "resource")),
        [BW_KEY_TYPE] = bw_filter_hash(event.event_type),
    };
    uint8_t header[BW_WS_OUT_HEADER_MAX];
    size_t header_len = bw_ws_header(BW_WS_TEXT, bridge->payload.len, header);
    bw_ring_append(channel->ring, got->seq, key, header, header_len, bridge->payload.data,
                   bridge->payload.len);
}

void bw_bridge_event(void *arg, const struct bellwire_received *event)
{
    struct bw_bridge *bridge = arg;
    struct bw_place place = {event->epoch, event->seq};
    struct bw_channel *channel = bw_hub_pass(bridge->hub, place, bw_str(event->topic));
    bw_metric_add(&events_bridged, 1);
    if (channel) {
        append(bridge, channel, event);
        msgpack_zone_clear(&bridge->zone);
        bridge->since_wake++;
    } else {
        bw_metric_add(&events_unwatched, 1);
    }
    bw_hub_passed(bridge->hub);
    if (bridge->since_wake >= WAKE_EVERY)
        bw_bridge_idle(bridge);
}

void bw_bridge_reset(void *arg, const char *topic, enum bellwire_reset reason, const char *cursor)
{
    static const char *const words[] = {[BELLWIRE_RESET_EPOCH] = "epoch",
                                        [BELLWIRE_RESET_RETENTION] = "retention",
                                        [BELLWIRE_RESET_AHEAD] = "ahead"};
    struct bw_bridge *bridge = arg;
    struct bw_cursor now;
    struct bw_fault fault = {0};
    if (bw_cursor_parse(bw_str(cursor), "cursor", &now, &fault) != 0 || now.kind != BW_CURSOR_AT) {
        diag_error("BRIDGE-BAD-RESET", "cursor=%s", cursor ? cursor : "");
        return;
    }
    diag_warn("BRIDGE-RESET", "topic=%s reason=%s cursor=%s", topic ? topic : "", words[reason],
              cursor);
    bw_metric_add(&resets_bridged, 1);
    bw_hub_reset(bridge->hub, bw_str(topic), (struct bw_place){now.epoch, now.seq}, words[reason]);
}

void bw_bridge_idle(void *arg)
{
    struct bw_bridge *bridge = arg;
    bw_hub_heard(bridge->hub, bridge->since_wake > 0);
    bridge->since_wake = 0;
}

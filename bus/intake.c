/* From bytes to drafts. */
#include "intake.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "wire/event.h"
#include "wire/mp.h"

BW_COUNTER(events_received, "bellwire_ingest_events_total", "Events received from producers.");
BW_COUNTER(events_refused, "bellwire_ingest_events_refused_total",
           "Events refused because they were malformed.");

enum {
    ZONE_CHUNK_BYTES = 8192, /* room for some dozen small events without another allocation */
    ITEMS_KEPT = 64,         /* larger arrays are given back after use */
};

int bw_intake_init(struct bw_intake *in)
{
    *in = (struct bw_intake){.items_cap = 0};
    return msgpack_zone_init(&in->zone, ZONE_CHUNK_BYTES) ? 0 : BW_ENOMEM;
}

void bw_intake_fini(struct bw_intake *in)
{
    free(in->batch.items);
    msgpack_zone_destroy(&in->zone);
}

void bw_intake_clear(struct bw_intake *in)
{
    msgpack_zone_clear(&in->zone);
    in->batch.n_items = 0;
    if (in->items_cap > ITEMS_KEPT) {
        free(in->batch.items);
        in->batch.items = NULL;
        in->items_cap = 0;
    }
}

static int reserve_items(struct bw_intake *in, size_t n)
{
    if (n <= in->items_cap)
        return 0;
    struct bw_batch_item *items = malloc(n * sizeof *items);
    if (!items)
        return BW_ENOMEM;
    free(in->batch.items);
    in->batch.items = items;
    in->items_cap = n;
    return 0;
}

static void fill_draft(struct bw_batch_item *item, const msgpack_object *map, int64_t now)
{
    struct bw_event *event = &item->draft.event;
    struct bw_publish_result *result = &item->draft.result;
    *event = (struct bw_event){.seq = 0};
    bw_publish_result_init(result, (struct bw_str){0});
    if (bw_event_decode(map, event, &result->fault) < 0)
        return;
    if (event->id.len == 0) {
        bw_uuid7(item->made_id);
        event->id = (struct bw_str){item->made_id, BW_UUID_LEN};
    }
    if (event->timestamp_us == 0)
        event->timestamp_us = now;
    event->received_at_us = now;
    event->seq = event->prev = 0; /* the journal gives them, whatever the producer says */
    result->id = event->id;
}

static int make_drafts(struct bw_intake *in, const msgpack_object *maps, size_t n,
                       struct bw_fault *fault)
{
    struct bw_batch *batch = &in->batch;
    int64_t now = bw_clock_wall_us();
    if (reserve_items(in, n) < 0)
        return bw_fault(fault, BW_ENOMEM, "events", "no memory for %zu events", n);
    batch->mail.next = NULL;
    batch->n_items = n;
    batch->n_waiting = 0;
    for (size_t i = 0; i < n; i++) {
        fill_draft(&batch->items[i], &maps[i], now);
        batch->items[i].batch = batch;
        batch->n_waiting += batch->items[i].draft.result.fault.err == 0;
    }
    bw_metric_add(&events_received, (int64_t)n);
    if (batch->n_waiting < n)
        bw_metric_add(&events_refused, (int64_t)(n - batch->n_waiting));
    return 0;
}

int bw_intake_request(struct bw_intake *in, struct bw_str message, struct bw_rpc_request *out,
                      struct bw_fault *fault)
{
    msgpack_object root;
    int err = bw_mp_unpack(message, BW_RPC_DEPTH_MAX, &in->zone, &root, fault);
    if (err)
        return err;
    in->batch.mail.weight = message.len;
    return bw_rpc_request_decode(&root, &in->zone, out, fault);
}

int bw_intake_events(struct bw_intake *in, const msgpack_object *events, struct bw_fault *fault)
{
    return make_drafts(in, events->via.array.ptr, events->via.array.size, fault);
}

int bw_intake_unacked(struct bw_intake *in, struct bw_str message, struct bw_fault *fault)
{
    msgpack_object root;
    uint64_t version = BW_RPC_VERSION;
    int err = bw_mp_unpack(message, BW_RPC_DEPTH_MAX, &in->zone, &root, fault);
    if (err)
        return err;
    in->batch.mail.weight = message.len;
    if (root.type != MSGPACK_OBJECT_MAP)
        return bw_fault(fault, BW_EINVAL, "", "must be an event map, or a map with events");
    const msgpack_object *events = bw_mp_get(&root, "events");
    if (!events)
        return make_drafts(in, &root, 1, fault);
    *fault = (struct bw_fault){0};
    if (bw_mp_get_u64(&root, "v", &version, fault) && version != BW_RPC_VERSION)
        return bw_fault(fault, BW_EVERSION, "v", "version %llu; this bus speaks %d",
                        (unsigned long long)version, BW_RPC_VERSION);
    if (fault->err)
        return fault->err;
    if (events->type != MSGPACK_OBJECT_ARRAY || events->via.array.size < 1 ||
        events->via.array.size > BW_BATCH_EVENTS_MAX)
        return bw_fault(fault, BW_EINVAL, "events", "must be an array of 1 to %d events",
                        BW_BATCH_EVENTS_MAX);
    return bw_intake_events(in, events, fault);
}

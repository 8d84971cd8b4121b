/* Results. One struct is filled again for each event; only what is read of it is written. */
#include "settle.h"

#include <string.h>

#include "event_pack.h"
#include "wire/cursor.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/utf8.h"

_Static_assert(sizeof((struct bellwire_result *)0)->field == sizeof((struct bw_fault *)0)->field,
               "a field fits");
_Static_assert(sizeof((struct bellwire_result *)0)->message ==
                   sizeof((struct bw_fault *)0)->message,
               "a message fits");
_Static_assert(sizeof((struct bellwire_result *)0)->id == BW_EVENT_ID_MAX + 1, "an id fits");
_Static_assert(sizeof((struct bellwire_result *)0)->cursor > BW_CURSOR_LEN, "a cursor fits");

struct outcome {
    int err;                       /* for all; then fault is filled */
    bool final;                    /* nothing is kept */
    const msgpack_object *results; /* one map each, unless err */
    uint32_t epoch;
    int kept;
    struct bw_fault fault;
    struct bellwire_result result;
};

static void set_id(struct bellwire_result *r, struct bw_str id)
{
    if (id.len >= sizeof r->id) /* an id that is refused for its length */
        id = bw_utf8_cut(id, sizeof r->id - 1);
    memcpy(r->id, id.ptr, id.len);
    r->id[id.len] = 0;
}

void bw_result_of_fault(struct bellwire_result *r, struct bw_str id, const struct bw_fault *fault)
{
    r->error = fault->err;
    r->seq = 0;
    r->duplicate = r->stale = false;
    r->cursor[0] = 0;
    set_id(r, id);
    memcpy(r->field, fault->field, sizeof r->field);
    memcpy(r->message, fault->message, sizeof r->message);
}

static void result_of_stored(struct bellwire_result *r, struct bw_str id, uint32_t epoch,
                             const struct bw_publish_result *from)
{
    r->error = 0;
    r->seq = from->seq;
    r->duplicate = from->duplicate;
    r->stale = from->stale;
    r->cursor[0] = r->field[0] = r->message[0] = 0;
    if (from->seq)
        bw_cursor_format(epoch, from->seq, r->cursor);
    set_id(r, id);
}

static bool is_worth_repeating(int err, bool once)
{
    switch (err) {
    case BW_EAGAIN:
    case BW_ETIMEDOUT:
    case BW_EBUSY:
    case BW_EUNAVAILABLE:
    case BW_ECLOSED:
        return true;
    case BW_ENOSPC:
    case BW_EIO:
    case BW_ENOMEM:
        return !once;
    default:
        return false;
    }
}

/* The queue's filter: true keeps the event. */
static bool settle_one(void *ctx, uint32_t i, const struct bw_entry *entry, struct bw_str event)
{
    struct outcome *o = ctx;
    struct bw_publish_result stored;
    const struct bw_fault *fault = &o->fault;
    int err = o->err;
    if (!err) {
        err = bw_rpc_publish_result_decode(&o->results->via.array.ptr[i], &stored);
        if (err) {
            bw_fault(&o->fault, err, "", "the bus's answer holds something that is no result");
        } else {
            err = stored.fault.err;
            fault = &stored.fault;
        }
    }
    if (err && !o->final && is_worth_repeating(err, entry->once)) {
        o->kept = err;
        return true;
    }
    if (entry->done) {
        if (err)
            bw_result_of_fault(&o->result, bw_pack_id(event), fault);
        else
            result_of_stored(&o->result, bw_pack_id(event), o->epoch, &stored);
        entry->done(entry->arg, &o->result);
    }
    return false;
}

static int read_answer(struct bw_str answer, uint32_t n, msgpack_zone *zone, msgpack_object *root,
                       struct outcome *o)
{
    uint64_t epoch = 0;
    int err = bw_mp_unpack(answer, BW_RPC_DEPTH_MAX, zone, root, &o->fault);
    if (!err)
        err = bw_rpc_reply_check(root, &o->fault);
    if (err)
        return err;
    bw_mp_get_u64(root, "epoch", &epoch, &o->fault);
    o->epoch = (uint32_t)epoch;
    o->results = bw_mp_get(root, "results");
    if (!o->results || o->results->type != MSGPACK_OBJECT_ARRAY || o->results->via.array.size != n)
        return bw_fault(&o->fault, BW_EPROTO, "",
                        "the bus's answer does not hold one result per event");
    return 0;
}

size_t bw_settle(struct bw_batch *batch, int err, struct bw_str answer, msgpack_zone *zone,
                 int *kept)
{
    struct outcome o = {.err = err};
    msgpack_object root;
    if (err)
        bw_fault(&o.fault, err, "", "%s", bw_err_text(err));
    else
        o.err = read_answer(answer, batch->n, zone, &root, &o);
    size_t released = bw_batch_filter(batch, settle_one, &o);
    msgpack_zone_clear(zone);
    *kept = o.kept;
    return released;
}

size_t bw_settle_all(struct bw_batch *batch, int err)
{
    struct outcome o = {.err = err, .final = true};
    bw_fault(&o.fault, err, "", "%s", bw_err_text(err));
    return bw_batch_filter(batch, settle_one, &o);
}

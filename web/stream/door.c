/* Counting who is inside: one number for all, a tally by address. */
#include "web/stream/door.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/metrics.h"
#include "base/tally.h"

BW_COUNTER(refused_full, "bellwire_stream_refused_full_total",
           "Connections refused because there were as many as are allowed.");
BW_COUNTER(refused_address, "bellwire_stream_refused_address_total",
           "Connections refused because their address had as many as are allowed.");

struct bw_door {
    unsigned max, max_per_address;
    _Atomic unsigned inside;
    _Atomic bool closed;
    struct bw_tally *by_address;
};

int bw_door_create(struct bw_door **out, unsigned max, unsigned max_per_address)
{
    struct bw_door *door = *out = calloc(1, sizeof *door);
    if (!door)
        return BW_ENOMEM;
    door->max = max;
    door->max_per_address = max_per_address;
    int err = bw_tally_create(&door->by_address);
    if (err)
        bw_door_destroy(out);
    return err;
}

void bw_door_destroy(struct bw_door **door)
{
    if (*door)
        bw_tally_destroy(&(*door)->by_address);
    free(*door);
    *door = NULL;
}

int bw_door_enter(struct bw_door *door, uint64_t address, struct bw_fault *fault)
{
    if (atomic_load(&door->closed))
        return bw_fault(fault, BW_ECLOSED, "", "this server is stopping; try again later");
    if (atomic_fetch_add(&door->inside, 1) >= door->max) {
        atomic_fetch_sub(&door->inside, 1);
        bw_metric_add(&refused_full, 1);
        return bw_fault(fault, BW_EBUSY, "",
                        "no room for a further live connection; try again later");
    }
    int err = address ? bw_tally_add(door->by_address, address, door->max_per_address) : 0;
    if (err) {
        atomic_fetch_sub(&door->inside, 1);
        bw_metric_add(&refused_address, 1);
        return bw_fault(fault, err, "", "your address has %u live connections already",
                        door->max_per_address);
    }
    return 0;
}

void bw_door_leave(struct bw_door *door, uint64_t address)
{
    if (address)
        bw_tally_remove(door->by_address, address);
    atomic_fetch_sub(&door->inside, 1);
}

void bw_door_close(struct bw_door *door)
{
    atomic_store(&door->closed, true);
}

bool bw_door_is_closed(const struct bw_door *door)
{
    return atomic_load(&door->closed);
}

unsigned bw_door_inside(const struct bw_door *door)
{
    return atomic_load(&door->inside);
}

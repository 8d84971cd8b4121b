/* The operations on the bus, through libbellwire. */
#include "web/stream/upstream.h"

#include <stdlib.h>

struct bus {
    struct bellwire *handle; /* borrowed */
    struct bellwire_subscription *subscription;
};

static int request(void *arg, struct bw_str bytes, uint32_t timeout_ms, struct bw_buf *reply,
                   struct bw_fault *fault)
{
    const struct bus *bus = arg;
    struct bellwire_reply *answer = NULL;
    int err = bellwire_request(bus->handle, bytes.ptr, bytes.len, timeout_ms, &answer);
    if (err == 0) {
        size_t len;
        const void *msgpack = bellwire_reply_msgpack(answer, &len);
        bw_buf_put(reply, msgpack, len);
    } else {
        const char *message = answer ? bellwire_reply_message(answer) : "";
        bw_fault(fault, err, "", "%s", message[0] ? message : bw_err_text(err));
    }
    bellwire_reply_free(&answer);
    return err;
}

static int subscribe(void *arg, const char *after, struct bw_bridge *bridge)
{
    struct bus *bus = arg;
    const struct bellwire_subscribe_options options = {
        .after = after,
        .on_event = bw_bridge_event,
        .on_reset = bw_bridge_reset,
        .on_idle = bw_bridge_idle,
        .on_reached = bw_bridge_reached,
        .arg = bridge,
    };
    return bellwire_subscribe(bus->handle, &options, &bus->subscription);
}

static void close_bus(void *arg)
{
    struct bus *bus = arg;
    bellwire_unsubscribe(&bus->subscription);
    free(bus);
}

int bw_upstream_of(struct bellwire *handle, struct bw_upstream *out)
{
    struct bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return BW_ENOMEM;
    bus->handle = handle;
    *out = (struct bw_upstream){
        .bus = bus, .request = request, .subscribe = subscribe, .close = close_bus};
    return 0;
}

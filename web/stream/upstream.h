/* The bus as the streams see it: a few operations, so that tests can be the bus. */
#ifndef BW_STREAM_UPSTREAM_H
#define BW_STREAM_UPSTREAM_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "bellwire.h"
#include "web/stream/bridge.h"

struct bw_upstream {
    void *bus;
    /* Asks and waits. 0: *reply has the answer, and it says ok. The replay thread. */
    int (*request)(void *bus, struct bw_str request, uint32_t timeout_ms, struct bw_buf *reply,
                   struct bw_fault *fault);
    /* Lets every event of every topic after the cursor come to the bridge. The replay thread; once.
     */
    int (*subscribe)(void *bus, const char *after, struct bw_bridge *bridge);
    /* After this nothing comes any more, and bus is not used again. Once, also without subscribe.
     */
    void (*close)(void *bus);
};

/* The operations on a real bus. Borrows the handle. */
int bw_upstream_of(struct bellwire *handle, struct bw_upstream *out) BW_MUST_CHECK;

#endif

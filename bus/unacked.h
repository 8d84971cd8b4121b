/* Unacked: the SUB socket, to which producers that want no answer dial with PUB. A message is one
 * event map, or {v:1, events:[…]}.
 *
 * DESIGN. What nng has received waits in its buffer until this stage takes it; this stage takes it
 * as long as it has a free slot and bytes left, and then waits until the writer is done with
 * something. So nothing is dropped here, and the memory is bounded; but nng itself drops silently
 * when its buffer is full, as PUB and SUB do. Who must be sure uses requests (ingest.h). */
#ifndef BW_UNACKED_H
#define BW_UNACKED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "job.h"
#include "tls/tls.h"

struct bw_unacked;

enum {
    BW_UNACKED_BYTES_MAX = 1 << 20
}; /* one message; nng closes the connection of a larger one */

struct bw_unacked_options {
    uint32_t buffer_messages; /* nng's, 1 to 8192; 0: 8192 */
    uint32_t slots;           /* messages on their way to the journal; 0: 256 */
    size_t in_flight_bytes;   /* of those; 0: 16 MiB */
};

/* Called on nng's threads and on those that call done(); must not block. Negative: not taken. */
struct bw_unacked_sink {
    void *ctx;
    int (*publish)(void *ctx, struct bw_batch *batch);
};

/* Opens the socket, which receives from now on. */
int bw_unacked_start(const struct bw_unacked_options *options, struct bw_unacked_sink sink,
                     struct bw_unacked **out, struct bw_fault *fault) BW_MUST_CHECK;
int bw_unacked_listen(struct bw_unacked *unacked, const char *endpoint, struct nng_tls_config *tls,
                      struct bw_fault *fault) BW_MUST_CHECK;
/* Receives no more; when it returns, nothing is handed to the sink any more. */
void bw_unacked_drain(struct bw_unacked *unacked);
/* After bw_unacked_drain(), and when every batch handed out is done. Sets *unacked to NULL. */
void bw_unacked_stop(struct bw_unacked **unacked);

#endif

/* Ingest: what comes as a request. It decodes requests, hands what they ask for to the stages
 * behind it, and makes the answers. How requests come and answers go is the server's (net/serve.h).
 *
 * DESIGN. Requests are decoded on the threads they come on. Beside their number, which the server
 * bounds, bytes are bounded: a publish request that would pass the bound is answered "busy" at once
 * and may be sent again; a large one is not even decoded then. Answers are made on the server's
 * thread, so the writer, which finishes hundreds of requests with one commit, goes back to its
 * journal at once. */
#ifndef BW_INGEST_H
#define BW_INGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "job.h"
#include "tls/tls.h"

struct bw_ingest;

struct bw_ingest_options {
    uint32_t contexts;      /* requests under way at once; as many again over inproc; 0: 512 */
    size_t in_flight_bytes; /* of publish requests under way, and half as many of requests that have
                               come in part; 0: 64 MiB */
    uint32_t request_timeout_ms; /* within which a large request must come; 0: 60 000 */
    uint32_t
        answer_timeout_ms; /* a client that takes nothing for so long is disconnected; 0: 5000 */
    uint32_t epoch;        /* the journal's, for the answers */
};

/* Where requests go. Called on nng's threads and the server's; must not block. Negative: not taken.
 */
struct bw_ingest_sink {
    void *ctx;
    int (*publish)(void *ctx, struct bw_batch *batch);
    int (*ask)(void *ctx, struct bw_question *question);
};

int bw_ingest_start(const struct bw_ingest_options *options, struct bw_ingest_sink sink,
                    struct bw_ingest **out, struct bw_fault *fault) BW_MUST_CHECK;
int bw_ingest_listen(struct bw_ingest *ingest, const char *endpoint, struct nng_tls_config *tls,
                     struct bw_fault *fault) BW_MUST_CHECK;
/* Receives no more; when it returns, nothing is handed to the sink any more. Requests under way are
 * still answered. */
void bw_ingest_drain(struct bw_ingest *ingest);
/* After bw_ingest_drain(), and when every batch and question handed out is done: waits until the
 * answers are sent, closes and frees. Sets *ingest to NULL. */
void bw_ingest_stop(struct bw_ingest **ingest);

#endif

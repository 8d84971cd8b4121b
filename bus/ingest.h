/* Ingest: the REP socket. It receives requests, hands what they ask for to the stages behind it,
 * and sends the answers.
 *
 * DESIGN. A number of nng contexts receive; each works on one request from its arrival until its
 * answer is sent, and only then receives again. So the contexts bound what is under way, and when
 * all of them are busy nothing is received: producers feel back-pressure. Requests are decoded on
 * nng's threads. Beside the contexts, bytes are bounded: a publish request that would pass the
 * bound is answered "busy" at once and may be sent again. */
#ifndef BW_INGEST_H
#define BW_INGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "job.h"

struct bw_ingest;

struct bw_ingest_options {
    uint32_t contexts;      /* requests under way at once; 0: 512 */
    size_t in_flight_bytes; /* of publish requests under way; 0: 64 MiB */
    uint32_t
        answer_timeout_ms; /* a client that reads nothing for so long is disconnected; 0: 5000 */
    uint32_t epoch;        /* the journal's, for the answers */
};

/* Where requests go. Called on nng's threads; must not block. Negative: not taken. */
struct bw_ingest_sink {
    void *ctx;
    int (*publish)(void *ctx, struct bw_batch *batch);
    int (*ask)(void *ctx, struct bw_question *question);
};

/* Opens the socket and its contexts, which receive from now on. */
int bw_ingest_start(const struct bw_ingest_options *options, struct bw_ingest_sink sink,
                    struct bw_ingest **out, struct bw_fault *fault) BW_MUST_CHECK;
int bw_ingest_listen(struct bw_ingest *ingest, const char *endpoint,
                     struct bw_fault *fault) BW_MUST_CHECK;
/* Receives no more; when it returns, nothing is handed to the sink any more. Requests under way are
 * still answered. */
void bw_ingest_drain(struct bw_ingest *ingest);
/* After bw_ingest_drain(), and when every batch and question handed out is done: waits until the
 * answers are sent, closes and frees. Sets *ingest to NULL. */
void bw_ingest_stop(struct bw_ingest **ingest);

#endif

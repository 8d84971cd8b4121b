/* A stream of events, one JSON object a line, into the bus: what `emit -` and the spool do. */
#ifndef BW_CLI_POUR_H
#define BW_CLI_POUR_H

#include <stdint.h>

#include "base/err.h"
#include "bellwire.h"

enum { BW_POUR_REASONS = 5 };

/* What became of the lines. */
struct bw_pour_counts {
    uint64_t events; /* lines that were not empty */
    uint64_t accepted, duplicates, stale, refused;
    struct bw_pour_reason {
        uint64_t line; /* from 1 */
        char text[288];
    } reasons[BW_POUR_REASONS]; /* of the first that were refused */
    int n_reasons;
};

struct bw_pour;

/* window: most events without a result at a time. give_up_ms: how long the bus may give no result;
 * -1: for ever. Borrows the handle. */
int bw_pour_create(struct bw_pour **out, struct bellwire *bus, uint32_t window,
                   int give_up_ms) BW_MUST_CHECK;
/* After a call that returned BW_ETIMEDOUT or BW_ECLOSED: only after bellwire_close(), because the
 * handle still holds events whose results would come here. */
void bw_pour_destroy(struct bw_pour **pour);

/* Reads fd to its end and waits for every result. Memory is bounded by the window and the longest
 * line. Sets *counts.
 *   0             every event has its result, also if that is a refusal
 *   BW_ETIMEDOUT  gave up    BW_ECLOSED  cancelled    BW_EIO  fd could not be read (errno) */
int bw_pour_fd(struct bw_pour *pour, int fd, struct bw_pour_counts *counts) BW_MUST_CHECK;
/* Any thread: ends what is under way, and what comes. */
void bw_pour_cancel(struct bw_pour *pour);

#endif

/* Log lines that wait to be sent: a ring of bytes that drops the oldest lines and counts them.
 * Pure. */
#ifndef BW_RUN_LOG_SPOOL_H
#define BW_RUN_LOG_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum bw_log_kind { BW_LOG_STDOUT, BW_LOG_STDERR, BW_LOG_LOST };

struct bw_log_line {
    enum bw_log_kind kind;
    int64_t wall_us;
    uint64_t cut;                    /* bytes missing at the end of text */
    uint64_t lost_lines, lost_bytes; /* BW_LOG_LOST: what was dropped here */
    struct bw_str text;
};

struct bw_log_spool;

/* max_bytes: of lines, with 56 bytes for each; memory is taken as it is needed. */
int bw_log_spool_create(struct bw_log_spool **out, size_t max_bytes) BW_MUST_CHECK;
void bw_log_spool_destroy(struct bw_log_spool **spool);

/* Adds a line; drops the oldest until it fits. A line that never fits is dropped itself. */
void bw_log_spool_put(struct bw_log_spool *spool, const struct bw_log_line *line);
/* The oldest line; where lines before it were dropped, first a BW_LOG_LOST. Its text is valid until
 * the next call. False: there is none. */
bool bw_log_spool_get(struct bw_log_spool *spool, struct bw_log_line *out);
bool bw_log_spool_empty(const struct bw_log_spool *spool);
/* All lines ever dropped. */
uint64_t bw_log_spool_lost(const struct bw_log_spool *spool);

#endif

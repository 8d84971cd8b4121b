/* What a program says about itself: one line per decision, logfmt or JSON, on stderr.
 * The first argument is a stable id in capitals ("INGEST-BAD-EVENT"); the format is a list of
 * key=%s pairs; values are quoted where they must be. No payloads, no tokens, nothing per message:
 * those are counted (base/metrics). */
#ifndef BW_BASE_DIAG_H
#define BW_BASE_DIAG_H

#include "base/err.h"

enum bw_diag_level { BW_DIAG_ERROR, BW_DIAG_WARN, BW_DIAG_INFO, BW_DIAG_DEBUG };

/* Once, before threads start. json: one object per line instead of logfmt. */
void bw_diag_setup(enum bw_diag_level max_level, int json);
/* Any thread. A line is written with one write(), so lines never mix. */
void bw_diag(enum bw_diag_level level, const char *id, const char *fmt, ...) BW_PRINTF(3, 4);

#define diag_error(...) bw_diag(BW_DIAG_ERROR, __VA_ARGS__)
#define diag_warn(...)  bw_diag(BW_DIAG_WARN, __VA_ARGS__)
#define diag_info(...)  bw_diag(BW_DIAG_INFO, __VA_ARGS__)
#define diag_debug(...) bw_diag(BW_DIAG_DEBUG, __VA_ARGS__)

#endif

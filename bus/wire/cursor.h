/* Cursor: `<epoch>.<seq>`, the place in a journal up to which somebody has seen everything. */
#ifndef BW_WIRE_CURSOR_H
#define BW_WIRE_CURSOR_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum bw_cursor_kind {
    BW_CURSOR_AT,     /* epoch and seq */
    BW_CURSOR_OLDEST, /* "oldest": before the first event retained */
    BW_CURSOR_LATEST, /* "latest": after the last event there is */
};

struct bw_cursor {
    enum bw_cursor_kind kind;
    uint32_t epoch;
    uint64_t seq;
};

enum { BW_CURSOR_LEN = 8 + 1 + 20 };

/* Writes "1f0c22aa.123" and a NUL; returns the length. */
size_t bw_cursor_format(uint32_t epoch, uint64_t seq, char out[BW_CURSOR_LEN + 1]);
/* Strict: eight lower-case hex digits, a dot, decimal without leading zeros or overflow; or
 * "oldest" or "latest". Otherwise BW_EINVAL with a fault on `field`. */
int bw_cursor_parse(struct bw_str text, const char *field, struct bw_cursor *out,
                    struct bw_fault *fault) BW_MUST_CHECK;

#endif

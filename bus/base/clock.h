/* Time: a monotonic clock for waiting, a wall clock for telling, and RFC 3339 for the wire. */
#ifndef BW_BASE_CLOCK_H
#define BW_BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Microseconds since some fixed moment; never goes backwards. */
int64_t bw_clock_mono_us(void);
/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t bw_clock_wall_us(void);

enum { BW_TIME_LEN = 27 }; /* "2026-01-20T10:30:00.123456Z" */

/* Writes BW_TIME_LEN characters and a NUL. Times before year 0 or after 9999 are clamped. */
void bw_time_format(int64_t wall_us, char out[BW_TIME_LEN + 1]);
/* Reads RFC 3339 with any offset and any number of decimals; the offset may be missing (UTC).
 * BW_EINVAL when it is not that, or not within the years 0 to 9999 of UTC. */
int bw_time_parse(struct bw_str text, int64_t *wall_us) BW_MUST_CHECK;

#endif

/* Reads msgpack in place, front to back, without building objects or taking memory: for those who
 * look at a few members and pass the other bytes on as they are. */
#ifndef BW_WIRE_SCAN_H
#define BW_WIRE_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum bw_scan_type {
    BW_SCAN_NIL,
    BW_SCAN_BOOL,
    BW_SCAN_UINT,
    BW_SCAN_INT, /* negative */
    BW_SCAN_FLOAT,
    BW_SCAN_STR,
    BW_SCAN_BIN,
    BW_SCAN_EXT,
    BW_SCAN_ARRAY,
    BW_SCAN_MAP
};

/* Failure is sticky: a reader takes what it wants and asks `failed` once at the end. After a
 * failure nothing is left to read and every result is empty. */
struct bw_scan {
    const uint8_t *at, *end;
    bool failed;
};

/* One value. Of a container this is only the head: its members follow. */
struct bw_scan_value {
    enum bw_scan_type type;
    uint64_t u;      /* UINT, BOOL; ARRAY: its values; MAP: its pairs */
    int64_t i;       /* INT */
    double f;        /* FLOAT */
    struct bw_str s; /* the body of STR, BIN and EXT (which begins with its type) */
};

static inline struct bw_scan bw_scan_begin(struct bw_str bytes)
{
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    return (struct bw_scan){p, p + bytes.len, false};
}

/* The next value; false when there is none or it is cut off. */
bool bw_scan_value(struct bw_scan *s, struct bw_scan_value *out);

enum { BW_SCAN_DEPTH_MAX = 64 };
enum bw_scan_end {
    BW_SCAN_WHOLE,
    BW_SCAN_CUT_OFF,
    BW_SCAN_NO_MSGPACK, /* a byte that never stands at the beginning of a value */
    BW_SCAN_TOO_DEEP,
    BW_SCAN_TOO_MANY
};

/* Passes the next value with all that is inside it. Containers may stand in one another up to
 * max_depth levels deep, at most BW_SCAN_DEPTH_MAX: 0 allows none. */
enum bw_scan_end bw_scan_pass(struct bw_scan *s, unsigned max_depth, size_t max_values);
/* The same, giving the bytes that were passed. */
struct bw_str bw_scan_skip(struct bw_scan *s, unsigned max_depth);

/* The next value, which has to be of that type. */
uint32_t bw_scan_map(struct bw_scan *s);   /* pairs that follow */
uint32_t bw_scan_array(struct bw_scan *s); /* values that follow */
struct bw_str bw_scan_str(struct bw_scan *s);
uint64_t bw_scan_uint(struct bw_scan *s);

#endif

/* The reader of msgpack bytes. Every length is compared with what is left before it is used. */
#include "wire/scan.h"

#include <string.h>

enum { NEVER_USED = 0xc1 };

/* What follows a first byte of 0xc0 to 0xdf: a length of `width` bytes, if any; then `fixed` bytes,
 * and as many more as the length says. A container's length counts members of `values` values. */
static const struct shape {
    uint8_t type, width, fixed, values;
} shapes[32] = {
    [0x00] = {BW_SCAN_NIL, 0, 0, 0},   [0x02] = {BW_SCAN_BOOL, 0, 0, 0},
    [0x03] = {BW_SCAN_BOOL, 0, 0, 0},  [0x04] = {BW_SCAN_BIN, 1, 0, 0},
    [0x05] = {BW_SCAN_BIN, 2, 0, 0},   [0x06] = {BW_SCAN_BIN, 4, 0, 0},
    [0x07] = {BW_SCAN_EXT, 1, 1, 0},   [0x08] = {BW_SCAN_EXT, 2, 1, 0},
    [0x09] = {BW_SCAN_EXT, 4, 1, 0},   [0x0a] = {BW_SCAN_FLOAT, 0, 4, 0},
    [0x0b] = {BW_SCAN_FLOAT, 0, 8, 0}, [0x0c] = {BW_SCAN_UINT, 0, 1, 0},
    [0x0d] = {BW_SCAN_UINT, 0, 2, 0},  [0x0e] = {BW_SCAN_UINT, 0, 4, 0},
    [0x0f] = {BW_SCAN_UINT, 0, 8, 0},  [0x10] = {BW_SCAN_INT, 0, 1, 0},
    [0x11] = {BW_SCAN_INT, 0, 2, 0},   [0x12] = {BW_SCAN_INT, 0, 4, 0},
    [0x13] = {BW_SCAN_INT, 0, 8, 0},   [0x14] = {BW_SCAN_EXT, 0, 2, 0},
    [0x15] = {BW_SCAN_EXT, 0, 3, 0},   [0x16] = {BW_SCAN_EXT, 0, 5, 0},
    [0x17] = {BW_SCAN_EXT, 0, 9, 0},   [0x18] = {BW_SCAN_EXT, 0, 17, 0},
    [0x19] = {BW_SCAN_STR, 1, 0, 0},   [0x1a] = {BW_SCAN_STR, 2, 0, 0},
    [0x1b] = {BW_SCAN_STR, 4, 0, 0},   [0x1c] = {BW_SCAN_ARRAY, 2, 0, 1},
    [0x1d] = {BW_SCAN_ARRAY, 4, 0, 1}, [0x1e] = {BW_SCAN_MAP, 2, 0, 2},
    [0x1f] = {BW_SCAN_MAP, 4, 0, 2},
};

struct head {
    enum bw_scan_type type;
    const uint8_t *body; /* of one-byte values, the byte itself */
    uint64_t len;
    uint64_t values; /* that follow, of a container */
};

static bool fail(struct bw_scan *s)
{
    s->failed = true;
    s->at = s->end;
    return false;
}

static uint64_t big_endian(const uint8_t *p, uint64_t len)
{
    uint64_t v = 0;
    while (len-- > 0)
        v = v << 8 | *p++;
    return v;
}

/* Each member takes at least one byte, so a count that cannot be true is refused at the head. */
static inline bool take_members(struct bw_scan *s, enum bw_scan_type type, uint64_t values,
                                struct head *h)
{
    if ((uint64_t)(s->end - s->at) < values)
        return fail(s);
    *h = (struct head){.type = type, .body = s->at, .values = values};
    return true;
}

static inline bool take_body(struct bw_scan *s, enum bw_scan_type type, uint64_t len,
                             struct head *h)
{
    if ((uint64_t)(s->end - s->at) < len)
        return fail(s);
    *h = (struct head){.type = type, .body = s->at, .len = len};
    s->at += len;
    return true;
}

static bool take_shaped(struct bw_scan *s, uint8_t first, struct head *h)
{
    const struct shape *shape = &shapes[first - 0xc0];
    uint64_t n = 0;
    if (first == NEVER_USED || s->end - s->at < shape->width)
        return fail(s);
    n = big_endian(s->at, shape->width);
    s->at += shape->width;
    if (shape->values > 0)
        return take_members(s, (enum bw_scan_type)shape->type, n * shape->values, h);
    if (!take_body(s, (enum bw_scan_type)shape->type, n + shape->fixed, h))
        return false;
    if (h->type == BW_SCAN_BOOL)
        h->body = s->at - 1;
    return true;
}

static inline bool take_head(struct bw_scan *s, struct head *h)
{
    if (s->at == s->end)
        return fail(s);
    uint8_t b = *s->at++;
    if (b <= 0x7f || b >= 0xe0) {
        enum bw_scan_type type = b <= 0x7f ? BW_SCAN_UINT : BW_SCAN_INT;
        *h = (struct head){.type = type, .body = s->at - 1, .len = 1};
        return true;
    }
    if (b >= 0xc0)
        return take_shaped(s, b, h);
    if (b >= 0xa0)
        return take_body(s, BW_SCAN_STR, b & 0x1f, h);
    if (b >= 0x90)
        return take_members(s, BW_SCAN_ARRAY, b & 0x0f, h);
    return take_members(s, BW_SCAN_MAP, 2 * (uint64_t)(b & 0x0f), h);
}

static double as_double(const struct head *h)
{
    uint64_t bits = big_endian(h->body, h->len);
    double d;
    if (h->len == sizeof(float)) {
        uint32_t narrow = (uint32_t)bits;
        float f;
        memcpy(&f, &narrow, sizeof f);
        return (double)f;
    }
    memcpy(&d, &bits, sizeof d);
    return d;
}

bool bw_scan_value(struct bw_scan *s, struct bw_scan_value *out)
{
    struct head h;
    *out = (struct bw_scan_value){.type = BW_SCAN_NIL};
    if (!take_head(s, &h))
        return false;
    out->type = h.type;
    switch (h.type) {
    case BW_SCAN_NIL:
        break;
    case BW_SCAN_BOOL:
        out->u = *h.body & 1;
        break;
    case BW_SCAN_UINT:
        out->u = big_endian(h.body, h.len);
        break;
    case BW_SCAN_INT: {
        uint64_t unused = 64 - 8 * h.len;
        out->i = (int64_t)(big_endian(h.body, h.len) << unused) >> unused;
        if (out->i >= 0) {
            out->type = BW_SCAN_UINT;
            out->u = (uint64_t)out->i;
        }
        break;
    }
    case BW_SCAN_FLOAT:
        out->f = as_double(&h);
        break;
    case BW_SCAN_STR:
    case BW_SCAN_BIN:
    case BW_SCAN_EXT:
        out->s = (struct bw_str){(const char *)h.body, (size_t)h.len};
        break;
    case BW_SCAN_ARRAY:
        out->u = h.values;
        break;
    case BW_SCAN_MAP:
        out->u = h.values / 2;
        break;
    }
    return true;
}

enum bw_scan_end bw_scan_pass(struct bw_scan *s, unsigned max_depth, size_t max_values)
{
    uint64_t left[BW_SCAN_DEPTH_MAX + 1]; /* values still to come at each level */
    unsigned depth = 0;
    struct head h;

    if (max_depth > BW_SCAN_DEPTH_MAX)
        max_depth = BW_SCAN_DEPTH_MAX;
    left[0] = 1;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0)
                return BW_SCAN_WHOLE;
            depth--;
        }
        left[depth]--;
        if (max_values-- == 0) {
            fail(s);
            return BW_SCAN_TOO_MANY;
        }
        const uint8_t *first = s->at;
        if (!take_head(s, &h))
            return first < s->end && *first == NEVER_USED ? BW_SCAN_NO_MSGPACK : BW_SCAN_CUT_OFF;
        if (h.type != BW_SCAN_MAP && h.type != BW_SCAN_ARRAY)
            continue;
        if (depth == max_depth) {
            fail(s);
            return BW_SCAN_TOO_DEEP;
        }
        left[++depth] = h.values;
    }
}

struct bw_str bw_scan_skip(struct bw_scan *s, unsigned max_depth)
{
    const uint8_t *begin = s->at;
    if (bw_scan_pass(s, max_depth, SIZE_MAX) != BW_SCAN_WHOLE)
        return (struct bw_str){"", 0};
    return (struct bw_str){(const char *)begin, (size_t)(s->at - begin)};
}

uint32_t bw_scan_map(struct bw_scan *s)
{
    struct head h;
    bool is_map = take_head(s, &h) && (h.type == BW_SCAN_MAP || fail(s));
    return is_map ? (uint32_t)(h.values / 2) : 0;
}

uint32_t bw_scan_array(struct bw_scan *s)
{
    struct head h;
    bool is_array = take_head(s, &h) && (h.type == BW_SCAN_ARRAY || fail(s));
    return is_array ? (uint32_t)h.values : 0;
}

struct bw_str bw_scan_str(struct bw_scan *s)
{
    struct head h;
    if (!take_head(s, &h) || (h.type != BW_SCAN_STR && !fail(s)))
        return (struct bw_str){"", 0};
    return (struct bw_str){(const char *)h.body, (size_t)h.len};
}

uint64_t bw_scan_uint(struct bw_scan *s)
{
    struct bw_scan_value v;
    bool is_uint = bw_scan_value(s, &v) && (v.type == BW_SCAN_UINT || fail(s));
    return is_uint ? v.u : 0;
}

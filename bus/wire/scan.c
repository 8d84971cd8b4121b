/* The reader of msgpack bytes. Every length is compared with what is left before it is used. */
#include "wire/scan.h"

#include <string.h>

static bool fail(struct bw_scan *s)
{
    s->failed = true;
    s->at = s->end;
    return false;
}

/* The next `width` bytes as a big-endian number. */
static bool take(struct bw_scan *s, unsigned width, uint64_t *out)
{
    uint64_t v = 0;
    if ((size_t)(s->end - s->at) < width)
        return fail(s);
    while (width-- > 0)
        v = v << 8 | *s->at++;
    *out = v;
    return true;
}

static bool take_body(struct bw_scan *s, enum bw_scan_type type, uint64_t len,
                      struct bw_scan_value *out)
{
    if ((uint64_t)(s->end - s->at) < len)
        return fail(s);
    out->type = type;
    out->s = (struct bw_str){(const char *)s->at, (size_t)len};
    s->at += len;
    return true;
}

/* Each member takes at least one byte, so a count that cannot be true is refused at the head. */
static bool take_members(struct bw_scan *s, enum bw_scan_type type, uint64_t n,
                         struct bw_scan_value *out)
{
    if ((uint64_t)(s->end - s->at) < (type == BW_SCAN_MAP ? 2 * n : n))
        return fail(s);
    out->type = type;
    out->u = n;
    return true;
}

static bool take_signed(struct bw_scan *s, unsigned width, struct bw_scan_value *out)
{
    uint64_t raw;
    if (!take(s, width, &raw))
        return false;
    unsigned unused = 64 - 8 * width;
    out->i = (int64_t)(raw << unused) >> unused;
    out->type = out->i < 0 ? BW_SCAN_INT : BW_SCAN_UINT;
    if (out->i >= 0)
        out->u = raw;
    return true;
}

static bool take_float(struct bw_scan *s, unsigned width, struct bw_scan_value *out)
{
    uint64_t raw;
    if (!take(s, width, &raw))
        return false;
    if (width == 4) {
        uint32_t bits = (uint32_t)raw;
        float f;
        memcpy(&f, &bits, sizeof f);
        out->f = (double)f;
    } else {
        memcpy(&out->f, &raw, sizeof out->f);
    }
    out->type = BW_SCAN_FLOAT;
    return true;
}

/* The values whose first byte is 0xc0 to 0xdf. */
static bool take_by_type(struct bw_scan *s, uint8_t b, struct bw_scan_value *out)
{
    uint64_t n;
    switch (b) {
    case 0xc0:
        return true;
    case 0xc2:
    case 0xc3:
        out->type = BW_SCAN_BOOL;
        out->u = b & 1;
        return true;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        return take(s, 1U << (b - 0xc4), &n) && take_body(s, BW_SCAN_BIN, n, out);
    case 0xc7:
    case 0xc8:
    case 0xc9:
        return take(s, 1U << (b - 0xc7), &n) && take_body(s, BW_SCAN_EXT, n + 1, out);
    case 0xca:
    case 0xcb:
        return take_float(s, b == 0xca ? 4 : 8, out);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        out->type = BW_SCAN_UINT;
        return take(s, 1U << (b - 0xcc), &out->u);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return take_signed(s, 1U << (b - 0xd0), out);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return take_body(s, BW_SCAN_EXT, (1U << (b - 0xd4)) + 1, out);
    case 0xd9:
    case 0xda:
    case 0xdb:
        return take(s, 1U << (b - 0xd9), &n) && take_body(s, BW_SCAN_STR, n, out);
    case 0xdc:
    case 0xdd:
        return take(s, b == 0xdc ? 2 : 4, &n) && take_members(s, BW_SCAN_ARRAY, n, out);
    case 0xde:
    case 0xdf:
        return take(s, b == 0xde ? 2 : 4, &n) && take_members(s, BW_SCAN_MAP, n, out);
    default: /* 0xc1 is never used */
        return fail(s);
    }
}

bool bw_scan_value(struct bw_scan *s, struct bw_scan_value *out)
{
    *out = (struct bw_scan_value){.type = BW_SCAN_NIL};
    if (s->at == s->end)
        return fail(s);
    uint8_t b = *s->at++;
    if (b <= 0x7f) {
        out->type = BW_SCAN_UINT;
        out->u = b;
        return true;
    }
    if (b >= 0xe0) {
        out->type = BW_SCAN_INT;
        out->i = b - 0x100;
        return true;
    }
    if (b <= 0x8f)
        return take_members(s, BW_SCAN_MAP, b & 0x0f, out);
    if (b <= 0x9f)
        return take_members(s, BW_SCAN_ARRAY, b & 0x0f, out);
    if (b <= 0xbf)
        return take_body(s, BW_SCAN_STR, b & 0x1f, out);
    return take_by_type(s, b, out);
}

struct bw_str bw_scan_skip(struct bw_scan *s, unsigned max_depth)
{
    const uint8_t *begin = s->at;
    uint64_t left[BW_SCAN_DEPTH_MAX + 1] = {1}; /* values still to come at each level */
    unsigned depth = 0;
    struct bw_scan_value v;

    if (max_depth > BW_SCAN_DEPTH_MAX)
        max_depth = BW_SCAN_DEPTH_MAX;
    for (;;) {
        while (left[depth] == 0) {
            if (depth == 0)
                return (struct bw_str){(const char *)begin, (size_t)(s->at - begin)};
            depth--;
        }
        left[depth]--;
        if (!bw_scan_value(s, &v))
            break;
        if (v.type != BW_SCAN_MAP && v.type != BW_SCAN_ARRAY)
            continue;
        if (depth == max_depth) {
            fail(s);
            break;
        }
        left[++depth] = v.type == BW_SCAN_MAP ? 2 * v.u : v.u;
    }
    return (struct bw_str){"", 0};
}

static bool take_typed(struct bw_scan *s, enum bw_scan_type type, struct bw_scan_value *v)
{
    return bw_scan_value(s, v) && (v->type == type || fail(s));
}

uint32_t bw_scan_map(struct bw_scan *s)
{
    struct bw_scan_value v;
    return take_typed(s, BW_SCAN_MAP, &v) ? (uint32_t)v.u : 0;
}

uint32_t bw_scan_array(struct bw_scan *s)
{
    struct bw_scan_value v;
    return take_typed(s, BW_SCAN_ARRAY, &v) ? (uint32_t)v.u : 0;
}

struct bw_str bw_scan_str(struct bw_scan *s)
{
    struct bw_scan_value v;
    return take_typed(s, BW_SCAN_STR, &v) ? v.s : (struct bw_str){"", 0};
}

uint64_t bw_scan_uint(struct bw_scan *s)
{
    struct bw_scan_value v;
    return take_typed(s, BW_SCAN_UINT, &v) ? v.u : 0;
}

/* Writing JSON, straight from msgpack objects. */
#include "wire/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "wire/mp.h"
#include "wire/utf8.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* A high bit for (at least) the first byte of v that is zero; none if there is none. */
static uint64_t has_zero(uint64_t v)
{
    return (v - EACH(0x01)) & ~v & EACH(0x80);
}

/* Whether all eight bytes are ASCII that stands for itself. '<' and '>' differ in one bit, and so
 * do '"' and '&': setting it turns two comparisons into one. */
static bool plain8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    uint64_t control_or_high = ((v - EACH(0x20)) & ~v & EACH(0x80)) | (v & EACH(0x80));
    return !(control_or_high | has_zero((v | EACH(0x02)) ^ EACH('>')) |
             has_zero((v | EACH(0x04)) ^ EACH('&')) | has_zero(v ^ EACH('\\')));
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static size_t plain_len(struct bw_str s)
{
    size_t n = 0;
    while (s.len - n >= 8 && plain8(s.ptr + n))
        n += 8;
    while (n < s.len && is_plain((unsigned char)s.ptr[n]))
        n++;
    return n;
}

static void put_unicode(struct bw_buf *out, unsigned code)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {
        '\\', 'u', hex[code >> 12 & 15], hex[code >> 8 & 15], hex[code >> 4 & 15], hex[code & 15]};
    bw_buf_put(out, text, sizeof text);
}

/* Writes what the first character of s has to become; returns its length in s. */
static size_t put_special(struct bw_buf *out, struct bw_str s)
{
    unsigned char c = (unsigned char)s.ptr[0];
    size_t n = bw_utf8_char_len(s);
    if (n == 0) {
        bw_buf_puts(out, BW_STR("\xef\xbf\xbd")); /* U+FFFD */
        return 1;
    }
    if (n == 3 && memcmp(s.ptr, "\xe2\x80", 2) == 0 && (s.ptr[2] & 0xfe) == 0xa8) {
        put_unicode(out, 0x2000U | (s.ptr[2] & 0x3fU)); /* U+2028 and 9 end a line in scripts */
        return n;
    }
    if (n > 1) {
        bw_buf_put(out, s.ptr, n);
        return n;
    }
    switch (c) {
    case '"':
        bw_buf_puts(out, BW_STR("\\\""));
        break;
    case '\\':
        bw_buf_puts(out, BW_STR("\\\\"));
        break;
    case '\n':
        bw_buf_puts(out, BW_STR("\\n"));
        break;
    case '\t':
        bw_buf_puts(out, BW_STR("\\t"));
        break;
    case '\r':
        bw_buf_puts(out, BW_STR("\\r"));
        break;
    default:
        put_unicode(out, c);
    }
    return 1;
}

/* The text between the quotes. */
static void put_escaped(struct bw_buf *out, struct bw_str s)
{
    while (s.len > 0) {
        size_t n = plain_len(s);
        bw_buf_put(out, s.ptr, n);
        if (n < s.len)
            n += put_special(out, (struct bw_str){s.ptr + n, s.len - n});
        s.ptr += n;
        s.len -= n;
    }
}

void bw_json_string(struct bw_buf *out, struct bw_str s)
{
    bw_buf_putc(out, '"');
    put_escaped(out, s);
    bw_buf_putc(out, '"');
}

void bw_json_uint(struct bw_buf *out, uint64_t v)
{
    char text[20];
    size_t n = sizeof text;
    do
        text[--n] = (char)('0' + v % 10);
    while (v /= 10);
    bw_buf_put(out, text + n, sizeof text - n);
}

static void put_int(struct bw_buf *out, int64_t v)
{
    if (v < 0)
        bw_buf_putc(out, '-');
    bw_json_uint(out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* v = millionths / 10^6 exactly as reading back computes it, so this text reads back; and as it has
 * at most 15 digits, no shorter one does. */
static void put_millionths(struct bw_buf *out, int64_t millionths)
{
    uint64_t left = (uint64_t)(millionths < 0 ? -millionths : millionths);
    char text[7] = {'.'};
    size_t n = sizeof text;
    if (millionths < 0)
        bw_buf_putc(out, '-');
    bw_json_uint(out, left / 1000000);
    left %= 1000000;
    if (left == 0)
        return;
    for (size_t i = sizeof text - 1; i > 0; i--, left /= 10)
        text[i] = (char)('0' + left % 10);
    while (text[n - 1] == '0')
        n--;
    bw_buf_put(out, text, n);
}

void bw_json_double(struct bw_buf *out, double v)
{
    char text[32];
    if (!isfinite(v)) {
        bw_buf_puts(out, BW_STR("null"));
        return;
    }
    if (v > -1e9 && v < 1e9) {
        int64_t millionths = (int64_t)(v * 1e6 + (v < 0 ? -0.5 : 0.5));
        if ((double)millionths / 1e6 == v) {
            put_millionths(out, millionths);
            return;
        }
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    bw_buf_puts(out, bw_str(text));
}

void bw_json_time(struct bw_buf *out, int64_t wall_us)
{
    char text[BW_TIME_LEN + 3];
    if (wall_us == 0) {
        bw_buf_puts(out, BW_STR("null"));
        return;
    }
    text[0] = '"';
    bw_time_format(wall_us, text + 1);
    text[BW_TIME_LEN + 1] = '"';
    bw_buf_put(out, text, BW_TIME_LEN + 2);
}

static void put_base64(struct bw_buf *out, const uint8_t *p, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bw_buf_putc(out, '"');
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0) |
                     (i + 2 < n ? (unsigned)p[i + 2] : 0);
        char text[4] = {digits[v >> 18], digits[v >> 12 & 63],
                        i + 1 < n ? digits[v >> 6 & 63] : '=', i + 2 < n ? digits[v & 63] : '='};
        bw_buf_put(out, text, sizeof text);
    }
    bw_buf_putc(out, '"');
}

/* JSON's keys are strings. Numbers and the like become their text, what has no short text "?". */
static void put_key(struct bw_buf *out, const msgpack_object *key)
{
    bool is_compound = key->type == MSGPACK_OBJECT_MAP || key->type == MSGPACK_OBJECT_ARRAY;
    bool is_text = key->type == MSGPACK_OBJECT_STR || key->type == MSGPACK_OBJECT_BIN ||
                   key->type == MSGPACK_OBJECT_EXT;
    if (is_text) {
        bw_json_object(out, key);
        return;
    }
    bw_buf_putc(out, '"');
    if (is_compound)
        bw_buf_putc(out, '?');
    else
        bw_json_object(out, key);
    bw_buf_putc(out, '"');
}

static void put_array(struct bw_buf *out, const msgpack_object_array *a)
{
    bw_buf_putc(out, '[');
    for (uint32_t i = 0; i < a->size; i++) {
        if (i > 0)
            bw_buf_putc(out, ',');
        bw_json_object(out, &a->ptr[i]);
    }
    bw_buf_putc(out, ']');
}

static void put_map(struct bw_buf *out, const msgpack_object_map *m)
{
    bw_buf_putc(out, '{');
    for (uint32_t i = 0; i < m->size; i++) {
        if (i > 0)
            bw_buf_putc(out, ',');
        put_key(out, &m->ptr[i].key);
        bw_buf_putc(out, ':');
        bw_json_object(out, &m->ptr[i].val);
    }
    bw_buf_putc(out, '}');
}

void bw_json_object(struct bw_buf *out, const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        bw_buf_puts(out, o->via.boolean ? BW_STR("true") : BW_STR("false"));
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        bw_json_uint(out, o->via.u64);
        break;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        put_int(out, o->via.i64);
        break;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        bw_json_double(out, o->via.f64);
        break;
    case MSGPACK_OBJECT_STR:
        bw_json_string(out, bw_mp_as_str(o));
        break;
    case MSGPACK_OBJECT_ARRAY:
        put_array(out, &o->via.array);
        break;
    case MSGPACK_OBJECT_MAP:
        put_map(out, &o->via.map);
        break;
    case MSGPACK_OBJECT_BIN:
        put_base64(out, (const uint8_t *)o->via.bin.ptr, o->via.bin.size);
        break;
    case MSGPACK_OBJECT_EXT:
        put_base64(out, (const uint8_t *)o->via.ext.ptr, o->via.ext.size);
        break;
    default:
        bw_buf_puts(out, BW_STR("null"));
    }
}

/* Packing into buffers, and finding map members. */
#include "wire/mp.h"

#include <math.h>

#include "base/clock.h"
#include "wire/utf8.h"

static int append(void *b, const char *data, size_t n)
{
    bw_buf_put(b, data, n);
    return ((struct bw_buf *)b)->failed ? -1 : 0;
}

void bw_mp_packer(msgpack_packer *pk, struct bw_buf *b)
{
    msgpack_packer_init(pk, b, append);
}

void bw_mp_long_str(msgpack_packer *pk, struct bw_str s)
{
    struct bw_buf *b = pk->data;
    char *p = s.len <= UINT32_MAX ? bw_buf_reserve(b, 5 + s.len) : NULL;
    size_t n = 0;
    if (!p) {
        b->failed = true;
        return;
    }
    if (s.len <= UINT8_MAX) {
        p[n++] = (char)0xd9;
        p[n++] = (char)s.len;
    } else {
        bool wide = s.len > UINT16_MAX;
        p[n++] = (char)(wide ? 0xdb : 0xda);
        for (int shift = wide ? 24 : 8; shift >= 0; shift -= 8)
            p[n++] = (char)(s.len >> shift);
    }
    memcpy(p + n, s.ptr, s.len);
    b->len += n + s.len;
}

void bw_mp_number(msgpack_packer *pk, double v)
{
    static const double exact = 9007199254740992.0; /* 2^53 */
    bool is_whole = v >= -exact && v <= exact && v == (double)(int64_t)v;
    if (!is_whole)
        bw_mp_f64(pk, v);
    else if (v < 0)
        msgpack_pack_int64(pk, (int64_t)v);
    else
        bw_mp_u64(pk, (uint64_t)v);
}

void bw_mp_object(msgpack_packer *pk, const msgpack_object *o)
{
    if (o->type == MSGPACK_OBJECT_STR)
        bw_mp_str(pk, bw_mp_as_str(o));
    else
        msgpack_pack_object(pk, *o);
}

void bw_mp_time(msgpack_packer *pk, int64_t wall_us)
{
    char text[BW_TIME_LEN + 1];
    bw_time_format(wall_us, text);
    bw_mp_str(pk, (struct bw_str){text, BW_TIME_LEN});
}

/* The count comes last. Room is left for the two bytes of a map16, and made for the rare map32. */
void bw_mp_map_begin(struct bw_mp_map *m, struct bw_buf *b)
{
    bw_mp_packer(&m->pk, b);
    m->buf = b;
    m->at = b->len;
    m->n = 0;
    bw_buf_put(b, "\xde\0\0", 3);
}

void bw_mp_map_end(struct bw_mp_map *m)
{
    bool wide = m->n > UINT16_MAX;
    if (wide)
        bw_buf_put(m->buf, "\0\0", 2);
    if (m->buf->failed)
        return;
    char *head = m->buf->data + m->at;
    if (wide) {
        memmove(head + 5, head + 3, m->buf->len - m->at - 5);
        *head++ = (char)0xdf;
        *head++ = (char)(m->n >> 24);
        *head++ = (char)(m->n >> 16);
    } else {
        head++;
    }
    head[0] = (char)(m->n >> 8);
    head[1] = (char)m->n;
}

void bw_mp_put_bool(struct bw_mp_map *m, const char *key, bool v)
{
    bw_mp_key(m, key);
    if (v)
        msgpack_pack_true(&m->pk);
    else
        msgpack_pack_false(&m->pk);
}

const msgpack_object *bw_mp_get(const msgpack_object *map, const char *key)
{
    struct bw_str k = bw_str(key);
    if (!map || map->type != MSGPACK_OBJECT_MAP)
        return NULL;
    for (uint32_t i = map->via.map.size; i-- > 0;) {
        const msgpack_object_kv *kv = &map->via.map.ptr[i];
        if (kv->key.type == MSGPACK_OBJECT_STR && bw_str_eq(bw_mp_as_str(&kv->key), k))
            return &kv->val;
    }
    return NULL;
}

/* Keeps the first of several faults. */
static bool expected(struct bw_fault *fault, const char *key, const char *what)
{
    if (fault && fault->err == 0)
        bw_fault(fault, BW_EINVAL, key, "must be %s", what);
    return false;
}

bool bw_mp_get_str(const msgpack_object *map, const char *key, size_t max_len, struct bw_str *out,
                   struct bw_fault *fault)
{
    const msgpack_object *o = bw_mp_get(map, key);
    if (bw_mp_is_nil(o))
        return false;
    if (o->type != MSGPACK_OBJECT_STR || !bw_utf8_valid(bw_mp_as_str(o)))
        return expected(fault, key, "a string of UTF-8");
    if (o->via.str.size > max_len) {
        if (fault && fault->err == 0)
            bw_fault(fault, BW_EINVAL, key, "has %u bytes; at most %zu are allowed",
                     o->via.str.size, max_len);
        return false;
    }
    *out = bw_mp_as_str(o);
    return true;
}

bool bw_mp_get_u64(const msgpack_object *map, const char *key, uint64_t *out,
                   struct bw_fault *fault)
{
    const msgpack_object *o = bw_mp_get(map, key);
    if (bw_mp_is_nil(o))
        return false;
    if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return expected(fault, key, "a whole number, 0 or more");
    *out = o->via.u64;
    return true;
}

bool bw_mp_as_f64(const msgpack_object *o, double *out)
{
    switch (o->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        *out = (double)o->via.u64;
        return true;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        *out = (double)o->via.i64;
        return true;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        *out = o->via.f64;
        return isfinite(o->via.f64);
    default:
        return false;
    }
}

bool bw_mp_get_f64(const msgpack_object *map, const char *key, double *out, struct bw_fault *fault)
{
    const msgpack_object *o = bw_mp_get(map, key);
    double v;
    if (bw_mp_is_nil(o))
        return false;
    if (!bw_mp_as_f64(o, &v))
        return expected(fault, key, "a number");
    *out = v;
    return true;
}

bool bw_mp_get_bool(const msgpack_object *map, const char *key, bool *out, struct bw_fault *fault)
{
    const msgpack_object *o = bw_mp_get(map, key);
    if (bw_mp_is_nil(o))
        return false;
    if (o->type != MSGPACK_OBJECT_BOOLEAN)
        return expected(fault, key, "true or false");
    *out = o->via.boolean;
    return true;
}

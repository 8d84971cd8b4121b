/* Small helpers over msgpack-c: packing into a bw_buf, finding map members, unpacking safely. */
#ifndef BW_WIRE_MP_H
#define BW_WIRE_MP_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    BW_MP_DEPTH_MAX = 32,       /* the most that bw_mp_unpack can be asked for */
    BW_MP_VALUES_MAX = 1 << 20, /* in one message: a value of one byte takes 24 in memory */
};

/* A packer that appends to b. */
void bw_mp_packer(msgpack_packer *pk, struct bw_buf *b);

/* Strings are most of what there is to write. So they are written in one go, where the packer's
 * callback would take head and body apart, and inline, so that the length of a literal is known. */
void bw_mp_long_str(msgpack_packer *pk, struct bw_str s); /* of 32 bytes and more */
static inline void bw_mp_str(msgpack_packer *pk, struct bw_str s)
{
    struct bw_buf *b = pk->data;
    if (s.len >= 32) {
        bw_mp_long_str(pk, s);
        return;
    }
    char *p = bw_buf_reserve(b, 1 + s.len);
    if (!p)
        return;
    p[0] = (char)(0xa0 | s.len);
    if (s.len)
        memcpy(p + 1, s.ptr, s.len);
    b->len += 1 + s.len;
}

/* So do numbers: a sequence, a progress and a rate or two are in every event. */
static inline void bw_mp_u64(msgpack_packer *pk, uint64_t v)
{
    struct bw_buf *b = pk->data;
    char *p = bw_buf_reserve(b, 9);
    if (!p)
        return;
    if (v < 128) {
        p[0] = (char)v;
        b->len++;
        return;
    }
    int log = v <= UINT8_MAX ? 0 : v <= UINT16_MAX ? 1 : v <= UINT32_MAX ? 2 : 3;
    uint64_t big = htobe64(v << (64 - (8 << log)));
    p[0] = (char)(0xcc + log);
    memcpy(p + 1, &big, sizeof big);
    b->len += 1 + (1u << log);
}

static inline void bw_mp_f64(msgpack_packer *pk, double v)
{
    struct bw_buf *b = pk->data;
    char *p = bw_buf_reserve(b, 9);
    uint64_t bits;
    if (!p)
        return;
    memcpy(&bits, &v, sizeof bits);
    bits = htobe64(bits);
    p[0] = (char)0xcb;
    memcpy(p + 1, &bits, sizeof bits);
    b->len += 9;
}

static inline void bw_mp_cstr(msgpack_packer *pk, const char *z)
{
    bw_mp_str(pk, bw_str(z));
}

/* A whole number as an integer, anything else as a float64. */
void bw_mp_number(msgpack_packer *pk, double v);
void bw_mp_object(msgpack_packer *pk, const msgpack_object *o);
/* RFC 3339. */
void bw_mp_time(msgpack_packer *pk, int64_t wall_us);

/* Writes a map whose members are decided one by one: begin, a key and a value for each, end. Maps
 * may nest, inner ones ending first. */
struct bw_mp_map {
    msgpack_packer pk; /* for the value after bw_mp_key() */
    struct bw_buf *buf;
    size_t at;
    uint32_t n; /* members so far; who packs keys through pk adds to it */
};

void bw_mp_map_begin(struct bw_mp_map *m, struct bw_buf *b);
void bw_mp_map_end(struct bw_mp_map *m);
static inline void bw_mp_key(struct bw_mp_map *m, const char *key)
{
    bw_mp_str(&m->pk, bw_str(key));
    m->n++;
}

/* A key and its value. */
static inline void bw_mp_put_str(struct bw_mp_map *m, const char *key, struct bw_str s)
{
    bw_mp_key(m, key);
    bw_mp_str(&m->pk, s);
}

static inline void bw_mp_put_cstr(struct bw_mp_map *m, const char *key, const char *z)
{
    bw_mp_put_str(m, key, bw_str(z));
}

static inline void bw_mp_put_u64(struct bw_mp_map *m, const char *key, uint64_t v)
{
    bw_mp_key(m, key);
    bw_mp_u64(&m->pk, v);
}

static inline void bw_mp_put_number(struct bw_mp_map *m, const char *key, double v)
{
    bw_mp_key(m, key);
    bw_mp_number(&m->pk, v);
}

static inline void bw_mp_put_time(struct bw_mp_map *m, const char *key, int64_t wall_us)
{
    bw_mp_key(m, key);
    bw_mp_time(&m->pk, wall_us);
}

void bw_mp_put_bool(struct bw_mp_map *m, const char *key, bool v);

/* One whole object that fills `bytes` exactly, no deeper than max_depth; BW_EPROTO otherwise.
 * The object borrows strings from bytes and lives in *zone until msgpack_zone_destroy/clear. */
int bw_mp_unpack(struct bw_str bytes, int max_depth, msgpack_zone *zone, msgpack_object *out,
                 struct bw_fault *fault) BW_MUST_CHECK;

/* The value of a string key, or NULL. Of a key that is there twice, the last. */
const msgpack_object *bw_mp_get(const msgpack_object *map, const char *key);

/* Typed reading of a member for requests: true and *out set if it is there and of that type; false
 * if it is not there (nil counts as not there). Of another type: false, and *fault is filled with
 * BW_EINVAL, key and what was expected, if it was not filled yet: so a reader takes all its members
 * and asks fault->err once at the end. */
bool bw_mp_get_str(const msgpack_object *map, const char *key, size_t max_len, struct bw_str *out,
                   struct bw_fault *fault);
bool bw_mp_get_u64(const msgpack_object *map, const char *key, uint64_t *out,
                   struct bw_fault *fault);
bool bw_mp_get_f64(const msgpack_object *map, const char *key, double *out, struct bw_fault *fault);
bool bw_mp_get_bool(const msgpack_object *map, const char *key, bool *out, struct bw_fault *fault);

/* The parts of the above, for those who hold the value already. */
static inline bool bw_mp_is_nil(const msgpack_object *o)
{
    return !o || o->type == MSGPACK_OBJECT_NIL;
}

static inline struct bw_str bw_mp_as_str(const msgpack_object *o)
{
    return (struct bw_str){o->via.str.ptr, o->via.str.size};
}

/* Any finite number. */
bool bw_mp_as_f64(const msgpack_object *o, double *out);

#endif

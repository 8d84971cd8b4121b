/* Small helpers over msgpack-c: packing into a bw_buf, finding map members, unpacking safely. */
#ifndef BW_WIRE_MP_H
#define BW_WIRE_MP_H

#include <stdbool.h>
#include <stdint.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* A packer that appends to b. */
void bw_mp_packer(msgpack_packer *pk, struct bw_buf *b);
void bw_mp_str(msgpack_packer *pk, struct bw_str s);
void bw_mp_cstr(msgpack_packer *pk, const char *z);

/* One whole object that fills `bytes` exactly, no deeper than max_depth; BW_EPROTO otherwise.
 * The object borrows strings from bytes and lives in *zone until msgpack_zone_destroy/clear. */
int bw_mp_unpack(struct bw_str bytes, int max_depth, msgpack_zone *zone, msgpack_object *out,
                 struct bw_fault *fault) BW_MUST_CHECK;

/* The value of a string key, or NULL. */
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

bool bw_utf8_valid(struct bw_str s);

#endif

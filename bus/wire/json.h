/* JSON in and out. Reading is jansson's; writing is ours, straight from msgpack objects, because it
 * happens once for every event that passes. */
#ifndef BW_WIRE_JSON_H
#define BW_WIRE_JSON_H

#include <stdint.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { BW_JSON_DEPTH_MAX = 32 };

/* Appends the JSON text as msgpack. Bounds: depth, size the caller's. Duplicate keys, NaN, NUL
 * inside strings and trailing text are refused; integers beyond int64 become doubles. The fault's
 * message says line and column. */
int bw_json_to_msgpack(struct bw_str text, struct bw_buf *out,
                       struct bw_fault *fault) BW_MUST_CHECK;

/* All of these append. Strings are escaped so that they may also stand inside HTML. Invalid UTF-8
 * is replaced by U+FFFD; binary becomes base64; NaN and infinities become null. */
void bw_json_string(struct bw_buf *out, struct bw_str s);
void bw_json_double(struct bw_buf *out, double v); /* shortest that reads back; 50 not 50.0 */
void bw_json_uint(struct bw_buf *out, uint64_t v);
void bw_json_time(struct bw_buf *out, int64_t wall_us); /* quoted RFC 3339, or null for 0 */
void bw_json_object(struct bw_buf *out, const msgpack_object *o);

#endif

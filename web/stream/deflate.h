/* permessage-deflate (RFC 7692) without context takeover: every message is compressed by itself.
 *
 * DESIGN. So a compressed frame is the same for everybody, and can stand in a ring, made once; and
 * what a client sends can be inflated when it is whole, with one inflater per thread. Nothing is
 * kept per connection. A message may also go uncompressed: so do our own replies, and all that goes
 * to a client that wants a smaller window. */
#ifndef BW_STREAM_DEFLATE_H
#define BW_STREAM_DEFLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "web/stream/ws.h"

/* Each is one thread's. */
struct bw_deflater;
struct bw_inflater; /* NULL is a fresh one: it is made when first used */

enum { BW_WINDOW_BITS_MIN = 9, BW_WINDOW_BITS_MAX = 15 };

int bw_deflater_create(struct bw_deflater **out, unsigned window_bits) BW_MUST_CHECK;
void bw_deflater_destroy(struct bw_deflater **deflater);
/* Appends a whole frame, compressed. */
void bw_deflate_put_frame(struct bw_deflater *deflater, struct bw_buf *out,
                          enum bw_ws_opcode opcode, struct bw_str payload);

/* Inflates a whole message. 0: *out is borrowed from the inflater until its next use. Otherwise the
 * status to close with: it is not DEFLATE, or would be longer than max_bytes. */
int bw_inflate(struct bw_inflater **inflater, struct bw_str compressed, size_t max_bytes,
               struct bw_str *out) BW_MUST_CHECK;
void bw_inflater_free(struct bw_inflater **inflater);

#endif

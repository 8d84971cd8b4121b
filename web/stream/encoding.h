/* Encodings: in which form a transport's frames stand ready in a ring. What is said is the same
 * JSON in each of them.
 *
 *   WEBSOCKET  one text frame
 *   DEFLATE    the same, compressed (deflate.h); what is made for one client only is not
 *   SSE        one block: `event:` the event's type, `id:` the cursor to resume with, then `data:`;
 *              no `event:` for types that EventSource would take for its own
 *   LIST       the JSON and a comma: elements of an array that is being answered
 */
#ifndef BW_STREAM_ENCODING_H
#define BW_STREAM_ENCODING_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum bw_encoding {
    BW_ENCODING_WEBSOCKET,
    BW_ENCODING_DEFLATE,
    BW_ENCODING_SSE,
    BW_ENCODING_LIST,
    BW_N_ENCODINGS
};

struct bw_deflater;

struct bw_place {
    uint32_t epoch;
    uint64_t seq;
};

/* What some encodings say of a frame beside its JSON. */
struct bw_label {
    struct bw_str name;            /* of what is told: a line without control characters */
    const struct bw_place *resume; /* who has this frame has everything up to here; NULL: not so */
};

/* Begins a frame; the caller appends the JSON, then ends it with what begin returned. */
size_t bw_encoding_begin(struct bw_buf *out, enum bw_encoding encoding,
                         const struct bw_label *label);
void bw_encoding_end(struct bw_buf *out, enum bw_encoding encoding, size_t begun);
/* A whole frame of JSON that is at hand. */
void bw_encode(struct bw_buf *out, enum bw_encoding encoding, const struct bw_label *label,
               struct bw_str json);
/* The same, and what is to be compressed is: for frames that many get. */
void bw_encode_shared(struct bw_buf *out, enum bw_encoding encoding, const struct bw_label *label,
                      struct bw_str json, struct bw_deflater *deflater);

#endif

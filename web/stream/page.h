/* A page: an answer of the bus as ready frames. Immutable once made, shared by whoever needs it. */
#ifndef BW_STREAM_PAGE_H
#define BW_STREAM_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "web/stream/frames.h"
#include "web/stream/encoding.h"

struct bw_page {
    atomic_uint refs;
    struct bw_frames frames; /* n of them, numbered from 0 */
    uint64_t n;
    struct bw_shared *bytes; /* what frames.bytes points into */

    uint32_t epoch;
    uint64_t head, oldest; /* of the journal when the bus answered */
    const char *reset;     /* a literal if the question's cursor could not be served; else NULL */
    uint64_t after, next;  /* the frames are all there is of the topic between these places */
    bool more;
    bool whole;  /* no filter was asked: of events, the filter is asked of each entry's keys */
    char *token; /* of the next page of rows; NULL: this was the last */
};

/* What the bus answered, and to what. */
struct bw_answer {
    enum bw_encoding encoding;
    bool whole;            /* nobody's filter was in the question */
    struct bw_str reply;   /* msgpack map, already found ok */
    uint64_t after;        /* events, changed: the question's seq */
    struct bw_place as_of; /* rows: the cursor to print; seq 0 and epoch 0: the answer's own */
};

/* The answer of rpc `events` as event frames, with an index. */
int bw_page_of_events(const struct bw_answer *answer, struct bw_page **out) BW_MUST_CHECK;
/* The answer of rpc `tasks` as one snapshot frame. */
int bw_page_of_rows(const struct bw_answer *answer, struct bw_page **out) BW_MUST_CHECK;
/* The answer of rpc `changed` as one conflated frame, or none if nothing changed. */
int bw_page_of_changed(const struct bw_answer *answer, struct bw_page **out) BW_MUST_CHECK;

struct bw_page *bw_page_ref(struct bw_page *page);
void bw_page_unref(struct bw_page **page);

#endif

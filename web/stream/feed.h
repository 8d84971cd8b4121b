/* A feed: what a ring is of. One topic or several, in an encoding. Several are merged in the order
 * of their seq, so that one cursor is a place in all of them.
 *
 * Immutable and refcounted; any thread. */
#ifndef BW_STREAM_FEED_H
#define BW_STREAM_FEED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "wire/rpc.h"
#include "web/stream/encoding.h"

enum { BW_FEED_TOPICS_MAX = 16 };

struct bw_feed {
    atomic_uint refs;
    enum bw_encoding encoding;
    bool has_rows;            /* topic system is among them: there are snapshots */
    uint64_t hash;            /* of the one topic (bw_filter_hash); 0: there are several */
    struct bw_str_set topics; /* sorted, each once */
    const char *name;         /* the topics, separated by commas */
};

/* From the names of 1 to BW_FEED_TOPICS_MAX topics, in any order. BW_EINVAL: none, too many, or one
 * that is no topic's name. */
int bw_feed_create(struct bw_feed **out, struct bw_str_set topics, enum bw_encoding encoding,
                   struct bw_fault *fault) BW_MUST_CHECK;
struct bw_feed *bw_feed_ref(struct bw_feed *feed);
void bw_feed_unref(struct bw_feed **feed);

bool bw_feed_same(const struct bw_feed *a, const struct bw_feed *b);
bool bw_feed_has(const struct bw_feed *feed, struct bw_str topic);

static inline bool bw_feed_is_merged(const struct bw_feed *feed)
{
    return feed->topics.n > 1;
}

#endif

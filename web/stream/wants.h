/* Wants: from a task, an owner, a resource or a type to the subscriptions that ask for it, so that
 * an event finds them without asking the others.
 *
 * DESIGN. A filter asks for up to four things, all of which must match. It is found by the first of
 * them only, which is the narrowest: one entry per value of that list. So an event is looked up
 * four times, by its task, owner, resource and type, meets each subscription at most once, and the
 * rest of the filter is asked then. A value that nobody asks for costs a look into an empty bucket,
 * however many subscriptions there are.
 *
 * One thread: the engine's. */
#ifndef BW_STREAM_WANTS_H
#define BW_STREAM_WANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/stream/filter.h"

struct bw_sub;
struct bw_wanted;

/* One value that a subscription is found by. */
struct bw_want {
    struct bw_want *next; /* of the same value */
    struct bw_want **at;  /* what points here */
    struct bw_wanted *value;
    struct bw_sub *sub;
};

/* What a subscription has in the index. Zeroed: nothing. */
struct bw_wants {
    struct bw_want *list;
    size_t n;
};

/* Zeroed: empty. */
struct bw_wants_index {
    struct bw_wanted **buckets;
    size_t n_buckets; /* a power of two, or 0 */
    size_t n_values;
};

/* When nobody is in it any more. */
void bw_wants_index_free(struct bw_wants_index *index);

/* False, with nothing done: out of memory. */
bool bw_wants_add(struct bw_wants_index *index, const struct bw_filter *filter, struct bw_sub *sub,
                  struct bw_wants *out);
/* Nothing to do if it has nothing there. */
void bw_wants_remove(struct bw_wants_index *index, struct bw_wants *wants);

/* Those that may want an event with this value, linked by next. hash 0: the event has none. */
const struct bw_want *bw_wants_of(const struct bw_wants_index *index, enum bw_key key,
                                  uint64_t hash);

#endif

/* Filter: which events of a topic a subscription wants, by task, owner, resource and event type.
 *
 * Matching compares 64-bit keyed hashes (SipHash; the key is random per process) that the bridge
 * has put beside each frame, so a filter never reads the frame. Two different names meet with a
 * chance of 2^-64, and nobody outside can look for two that do. */
#ifndef BW_STREAM_FILTER_H
#define BW_STREAM_FILTER_H

#include <stdbool.h>
#include <stdint.h>
#include <msgpack.h>

#include "base/err.h"
#include "base/str.h"
#include "wire/event.h"
#include "wire/rpc.h"
#include "web/stream/frames.h"

/* Immutable and refcounted; any thread. */
struct bw_filter;

/* From a message's "filter": a map of task_id, owner, resource, event_types, each a string or a
 * list of strings, all together at most BW_FILTER_VALUES_MAX. What is absent is not asked for; an
 * empty list matches nothing. *out is NULL when nothing is asked for. */
int bw_filter_create(struct bw_filter **out, const msgpack_object *map,
                     struct bw_fault *fault) BW_MUST_CHECK;
struct bw_filter *bw_filter_ref(struct bw_filter *filter);
void bw_filter_unref(struct bw_filter **filter);

bool bw_filter_match(const struct bw_filter *filter, const uint64_t key[BW_N_KEYS]);
/* The values asked for; n = 0: any. Borrowed from the filter. filter may be NULL. */
struct bw_str_set bw_filter_values(const struct bw_filter *filter, enum bw_key key);
/* The hashes of the values of one list, in ascending order. */
struct bw_hashes {
    const uint64_t *v;
    size_t n;
};
/* The first of task, owner, resource and type that is asked for: there is one. Borrowed. */
struct bw_hashes bw_filter_narrowest(const struct bw_filter *filter, enum bw_key *key);
/* The hashes of what filters may ask of an event. */
void bw_filter_keys(const struct bw_event *event, uint64_t key[BW_N_KEYS]);
/* Never 0 for a string that is not empty; 0 for one that is. */
uint64_t bw_filter_hash(struct bw_str value);

#endif

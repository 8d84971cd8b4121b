/* How many there are of each key: counters that any thread may change, under one lock. */
#ifndef BW_BASE_TALLY_H
#define BW_BASE_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct bw_tally;

int bw_tally_create(struct bw_tally **out) BW_MUST_CHECK;
void bw_tally_destroy(struct bw_tally **tally);

/* One more of this key, which is not 0. BW_ETOOMANY: there are `max` already; BW_ENOMEM. */
int bw_tally_add(struct bw_tally *tally, uint64_t key, unsigned max) BW_MUST_CHECK;
/* One less. There must be one. */
void bw_tally_remove(struct bw_tally *tally, uint64_t key);
unsigned bw_tally_count(struct bw_tally *tally, uint64_t key);

#endif

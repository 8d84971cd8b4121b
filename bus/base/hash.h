/* A hash of strings for tables in memory. SipHash-1-3 with a key that each process makes anew: ids
 * come from producers, and nobody can choose many that fall together. Not for anything that is
 * kept. */
#ifndef BW_BASE_HASH_H
#define BW_BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

/* Any thread. The same for equal strings, in this process. */
uint64_t bw_hash(struct bw_str s);
/* The same with a key that is given. */
uint64_t bw_hash_keyed(const uint64_t key[2], struct bw_str s);

#endif

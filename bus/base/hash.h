/* A hash of short strings, for tables in memory: not for what an attacker may choose freely and
 * many of, nor for anything that is kept. */
#ifndef BW_BASE_HASH_H
#define BW_BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

/* FNV-1a, eight bytes at a time where there are eight: ids are long and their ends differ. */
static inline uint64_t bw_hash(struct bw_str s)
{
    uint64_t h = 0xcbf29ce484222325u, word;
    for (; s.len >= 8; s.ptr += 8, s.len -= 8) {
        memcpy(&word, s.ptr, 8);
        h = (h ^ word) * 0x100000001b3u;
        h ^= h >> 32;
    }
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
    return h ^ h >> 29;
}

#endif

/* SipHash-1-3: Aumasson and Bernstein's construction, one round for each word and three at the end.
 */
#include "base/hash.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static uint64_t process_key[2];

/* Before main, so that no caller can forget it and no thread sees it change. Without random bytes,
 * which a kernel gives once it has started, the time has to do: nothing is wrong then, but
 * guessable. */
__attribute__((constructor)) static void make_key(void)
{
    if (getrandom(process_key, sizeof process_key, 0) == (ssize_t)sizeof process_key)
        return;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    process_key[0] = (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
    process_key[1] = (uint64_t)getpid();
}

static inline uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void mix(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static inline void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    mix(v);
    v[0] ^= word;
}

uint64_t bw_hash_keyed(const uint64_t key[2], struct bw_str s)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                     key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
    uint64_t word, last = (uint64_t)s.len << 56;
    for (; s.len >= sizeof word; s.ptr += sizeof word, s.len -= sizeof word) {
        memcpy(&word, s.ptr, sizeof word);
        absorb(v, word);
    }
    for (size_t i = 0; i < s.len; i++)
        last |= (uint64_t)(unsigned char)s.ptr[i] << (8 * i);
    absorb(v, last);
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        mix(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t bw_hash(struct bw_str s)
{
    return bw_hash_keyed(process_key, s);
}

/* UUIDv7: 48 bits of milliseconds, then a counter of 12 bits, then 62 random ones. Random bytes are
 * fetched for many ids at once, because one system call per id would cost more than the id. */
#include "base/uuid.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"

enum { BATCH = 64, RANDOM_BYTES = 8 };

static _Thread_local struct {
    uint8_t random[BATCH * RANDOM_BYTES];
    size_t used;
    int filled;
    int64_t ms;
    unsigned counter;
} state;

static const uint8_t *random_bytes(void)
{
    if (!state.filled || state.used == sizeof state.random) {
        size_t have = 0;
        while (have < sizeof state.random) {
            ssize_t n = getrandom(state.random + have, sizeof state.random - have, 0);
            have += n > 0 ? (size_t)n : 0; /* only EINTR is possible for such small reads */
        }
        state.used = 0;
        state.filled = 1;
    }
    const uint8_t *p = state.random + state.used;
    state.used += RANDOM_BYTES;
    return p;
}

static void tick(void)
{
    int64_t ms = bw_clock_wall_us() / 1000;
    if (ms > state.ms) {
        state.ms = ms;
        state.counter = 0;
    } else if (++state.counter > 0xfff) {
        state.ms++; /* ran out of numbers, or the clock went back: lend from the future */
        state.counter = 0;
    }
}

void bw_uuid7(char out[BW_UUID_LEN + 1])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t b[16];
    tick();
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(state.ms >> (40 - 8 * i));
    b[6] = (uint8_t)(0x70 | state.counter >> 8);
    b[7] = (uint8_t)state.counter;
    memcpy(b + 8, random_bytes(), RANDOM_BYTES);
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
    for (int i = 0, o = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[o++] = '-';
        out[o++] = hex[b[i] >> 4];
        out[o++] = hex[b[i] & 15];
    }
    out[BW_UUID_LEN] = 0;
}

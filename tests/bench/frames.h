/* What the floor and the load generator agree on: a WebSocket frame whose JSON holds, in digits of
 * a fixed width, a running number `"n":1000000000` and the µs it was made `"t":1700000000000000`.
 */
#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FIRST_N = 1000000000, N_DIGITS = 10, T_DIGITS = 16 };

static inline int64_t bench_wall_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline void bench_die(const char *what)
{
    perror(what);
    exit(1);
}

/* Offset of the digits after `"n":` or `"t":` in a frame of that length; -1 if there are none. */
static inline ptrdiff_t bench_digits(const char *frame, size_t len, const char *key)
{
    const char *at = memmem(frame, len, key, 4);
    return at ? at + 4 - frame : -1;
}

static inline void bench_put(char *digits, int width, int64_t value)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        digits[i] = (char)('0' + value % 10);
}

static inline int64_t bench_get(const char *digits, int width)
{
    int64_t value = 0;
    for (int i = 0; i < width; i++)
        value = value * 10 + (digits[i] - '0');
    return value;
}

#endif

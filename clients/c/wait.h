/* Waiting on a condition until a moment of bw_clock_mono_us(). */
#ifndef BW_CLIENT_WAIT_H
#define BW_CLIENT_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/clock.h"

#define BW_FOREVER INT64_MAX

static inline int64_t bw_deadline_us(int64_t timeout_ms)
{
    return bw_clock_mono_us() + timeout_ms * 1000;
}

/* Milliseconds until then, rounded up; 0 when it has passed. */
static inline int32_t bw_left_ms(int64_t deadline_us)
{
    int64_t left = deadline_us - bw_clock_mono_us();
    if (left <= 0)
        return 0;
    return left / 1000 < INT32_MAX ? (int32_t)((left + 999) / 1000) : INT32_MAX;
}

/* False once the moment has passed. May return for no reason, as conditions do. */
static inline bool bw_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_us)
{
    if (deadline_us == BW_FOREVER)
        return pthread_cond_wait(cond, lock) == 0;
    struct timespec at = {deadline_us / 1000000, deadline_us % 1000000 * 1000};
    return pthread_cond_clockwait(cond, lock, CLOCK_MONOTONIC, &at) == 0;
}

#endif

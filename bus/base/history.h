/* What the metrics of this process were: the last hour in steps of 5 s, the last day in steps of
 * two minutes.
 *
 * DESIGN. One thread copies every counter and gauge into two rings of samples, whose size is fixed
 * when it starts; whoever counts notices nothing. Steps are worked out when somebody reads. It is
 * in memory only: it begins anew with the process, as the counters do. Like the metrics there is
 * one of it, for both halves of a daemon. */
#ifndef BW_BASE_HISTORY_H
#define BW_BASE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/metrics.h"

enum bw_history_step { BW_HISTORY_FINE, BW_HISTORY_COARSE, BW_N_HISTORY_STEPS };
enum { BW_HISTORY_POINTS_MAX = 720 };

/* 5 and 120. */
unsigned bw_history_step_s(enum bw_history_step step);

int bw_history_start(void) BW_MUST_CHECK;
/* Joins the thread and forgets everything; harmless if it was not started. */
void bw_history_stop(void);

/* For tests, without the thread: makes the memory, and takes a sample as the thread would. */
int bw_history_open(void) BW_MUST_CHECK;
void bw_history_sample(int64_t wall_us);

/* One series. What a counter says is how much it grew in each step, a gauge what it was at its end,
 * and a histogram three series, by quantile, of µs; -1: nothing happened in that step. */
struct bw_history_series {
    const char *name, *labels; /* labels may be NULL */
    const char *quantile;      /* "0.5", "0.95", "0.99"; NULL: no histogram */
    const int64_t *points;     /* oldest first; borrowed for the call */
    size_t n;
};

/* How a series is called in one word: as bw_metric_id(), the quantile as a label. */
void bw_history_id(const struct bw_history_series *series, char id[BW_METRIC_ID_MAX]);

/* Visits every series, with at most `limit` points each, the newest there are. Returns when the
 * last step ended; 0: there is none yet. Any thread; visit must not call the history. */
int64_t bw_history_each(enum bw_history_step step, size_t limit,
                        void (*visit)(void *ctx, const struct bw_history_series *series),
                        void *ctx);

#endif

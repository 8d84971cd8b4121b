/* Progress in lines of text, and how often to tell it. Pure. */
#ifndef BW_RUN_PROGRESS_H
#define BW_RUN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct bw_progress {
    double percent;     /* 0 to 100 */
    double done, total; /* total 0: only the percentage is known */
};

/* "NN%" or "n/m" at the end of a line; white space, colours and one closing bracket may follow.
 * *before: what stands in front of it, trimmed. */
bool bw_progress_find(struct bw_str line, struct bw_progress *out, struct bw_str *before);

/* A POSIX extended regular expression with one group (percent) or two (done, total). */
struct bw_progress_pattern;

/* On error *fault says what is wrong with it. */
int bw_progress_pattern_create(struct bw_progress_pattern **out, const char *regex,
                               struct bw_fault *fault) BW_MUST_CHECK;
void bw_progress_pattern_destroy(struct bw_progress_pattern **pattern);
bool bw_progress_match(const struct bw_progress_pattern *pattern, struct bw_str line,
                       struct bw_progress *out);

/* Lets a value that changes often through at most once per interval, and the last one always. */
struct bw_pace {
    int64_t interval_us;
    int64_t next_us; /* not before */
    bool changed;
};

void bw_pace_touch(struct bw_pace *pace);
/* Whether the value is to be told now; if so it counts as told. */
bool bw_pace_take(struct bw_pace *pace, int64_t now_us);
/* When bw_pace_take() will be true; INT64_MAX: when the value has changed. */
int64_t bw_pace_due_us(const struct bw_pace *pace);

#endif

/* Rate and remaining time of a running task.
 *
 * DESIGN. The amount done is completed_units where that is known, else progress in points. Each
 * time it has grown, and at least MIN_SPAN_US have passed since the last measurement, what was done
 * since then gives a new speed, which moves the rate by 1 - exp(-dt / TIME_CONSTANT_S): the
 * smoothing depends on time and not on how many events the producer sends. An amount that stands
 * still is not measured, so the pause counts in full when it moves on. When the task is not
 * running, when the amount goes back or is counted in another unit, measuring begins anew.
 *
 * Everything depends on values only, never on whether an event mentioned them: a rebuild from
 * enriched events gives the same numbers. Both results are rounded to what a person can use, which
 * keeps them short in JSON. */
#include "wire/task_rate.h"

#include <math.h>

static const double TIME_CONSTANT_S = 10;
static const int64_t MIN_SPAN_US = 250000;
static const double LONGEST_ETA_S = 10.0 * 365 * 86400; /* beyond this, nobody knows */

static double rounded(double v, double steps)
{
    return v < 1e9 ? floor(v * steps + 0.5) / steps : floor(v);
}

static double amount_of(const struct bw_task *t)
{
    return t->completed_units >= 0 ? t->completed_units : t->progress;
}

static double remaining(const struct bw_task *t)
{
    if (t->completed_units < 0)
        return 100 - t->progress;
    return t->total_units >= 0 ? fmax(t->total_units - t->completed_units, 0) : -1;
}

static bool continues(const struct bw_task *before, const struct bw_task *row)
{
    return before && before->status == BW_RUNNING && before->rate_at_us != 0 &&
           (before->completed_units >= 0) == (row->completed_units >= 0) &&
           amount_of(row) >= before->rate_value;
}

void bw_task_measure(const struct bw_task *before, struct bw_task *row, int64_t now_us)
{
    row->rate = row->eta_s = -1;
    row->rate_value = 0;
    row->rate_at_us = 0;
    if (row->status != BW_RUNNING)
        return;
    double amount = amount_of(row);
    if (!continues(before, row)) {
        row->rate_value = amount;
        row->rate_at_us = now_us;
        return;
    }
    row->rate = before->rate;
    row->rate_value = before->rate_value;
    row->rate_at_us = before->rate_at_us;
    int64_t span_us = now_us - before->rate_at_us;
    if (amount > before->rate_value && span_us >= MIN_SPAN_US) {
        double dt = (double)span_us / 1e6, speed = (amount - before->rate_value) / dt;
        double weight = before->rate < 0 ? 1 : -expm1(-dt / TIME_CONSTANT_S);
        double old = before->rate < 0 ? 0 : before->rate;
        row->rate = rounded(old + weight * (speed - old), 1e6);
        row->rate_value = amount;
        row->rate_at_us = now_us;
    }
    double left = remaining(row);
    if (left >= 0 && row->rate > 0 && left / row->rate <= LONGEST_ETA_S)
        row->eta_s = rounded(left / row->rate, 10);
}

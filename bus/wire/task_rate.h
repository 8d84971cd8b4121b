/* How fast a task is, and how long it will take. */
#ifndef BW_WIRE_TASK_RATE_H
#define BW_WIRE_TASK_RATE_H

#include "wire/task.h"

/* Sets rate, eta_s, rate_value and rate_at_us of the row as it is at `now_us`. `before` is the row
 * of the same attempt before this event, or NULL. Pure. */
void bw_task_measure(const struct bw_task *before, struct bw_task *row, int64_t now_us);

#endif

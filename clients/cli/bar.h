/* A task's progress in a line: a bar, and the figures beside it. */
#ifndef BW_CLI_BAR_H
#define BW_CLI_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/task.h"

/* Appends a bar of exactly `columns`: "█████▌······", to an eighth of a column. */
void bw_bar_put(struct bw_buf *out, double percent, size_t columns, const char *sgr, bool colored);
/* Appends " 42%", always as wide: what is drawn again and again should not jump. */
void bw_bar_put_percent(struct bw_buf *out, double percent);
/* Appends "12 of 30, 3.1/s, 6s left", as far as it is known. */
void bw_bar_put_figures(struct bw_buf *out, const struct bw_task *task, int64_t now_us);
/* Appends "for 12s, attempt 2", or "after 12s" of what has ended; nothing if it never began. */
void bw_bar_put_times(struct bw_buf *out, const struct bw_task *task, int64_t now_us);
/* Appends "running 42%  12 of 30, 3.1/s, 6s left: reading may.csv". */
void bw_bar_put_change(struct bw_buf *out, const struct bw_task *task);

#endif

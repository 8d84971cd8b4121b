/* Tasks as the rows of a table. */
#ifndef BW_CLI_TASK_TABLE_H
#define BW_CLI_TASK_TABLE_H

#include "table.h"
#include "wire/task.h"

/* bars: with progress as a bar. */
int bw_task_table_create(struct bw_table **out, bool bars) BW_MUST_CHECK;
void bw_task_table_add(struct bw_table *table, const struct bw_task *task, bool bars,
                       int64_t now_us);

#endif

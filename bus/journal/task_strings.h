/* The strings of a task row, moved out of what they were borrowed from. */
#ifndef BW_JOURNAL_TASK_STRINGS_H
#define BW_JOURNAL_TASK_STRINGS_H

#include "base/err.h"
#include "wire/task.h"

/* Copies all strings of *row to new memory and makes the row point there. Frees *memory, which they
 * may have pointed into, and replaces it; the caller frees the last one. BW_ENOMEM changes nothing.
 */
int bw_task_strings_own(struct bw_task *row, char **memory) BW_MUST_CHECK;

#endif

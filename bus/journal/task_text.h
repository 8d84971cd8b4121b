/* Which tasks may have a text in their id or title, as the text index knows it.
 *
 * DESIGN. The index has, for each group of three characters, the keys of the tasks that have it
 * somewhere. A group that most tasks have (the "tas" of "task-17") costs the most to read and tells
 * the least. So each group is first asked for a few keys, which shows how dense it lies, and only
 * the rarest are intersected. What that gives is a superset: each row is looked into before it is
 * given out. */
#ifndef BW_JOURNAL_TASK_TEXT_H
#define BW_JOURNAL_TASK_TEXT_H

#include "journal/task_select.h"

struct bw_task_text {
    int64_t *keys; /* ascending */
    int64_t n;
    bool found; /* false: the text is too short for the index, or too many tasks may have it */
};

/* At most `max` keys. n_keys: how many tasks there are, about. */
int bw_task_text_find(struct bw_task_text *t, struct bw_task_statements *st, struct bw_str text,
                      int64_t max, int64_t n_keys) BW_MUST_CHECK;
void bw_task_text_free(struct bw_task_text *t);

#endif

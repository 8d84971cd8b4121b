/* What a commit changed about tasks, in the order of their keys, and what is to be written of each:
 * found out once, so that tables that a commit does not touch cost it nothing. Writer thread only.
 */
#ifndef BW_JOURNAL_CHANGES_H
#define BW_JOURNAL_CHANGES_H

#include "journal/task_cache.h"

enum bw_writes {
    BW_WRITES_KEY = 1,        /* the task has a number now */
    BW_WRITES_ROW = 2,        /* its row is another one */
    BW_WRITES_ROW_GONE = 4,   /* it has none any more */
    BW_WRITES_FOUND_ANEW = 8, /* what queries look for is not what it was … */
    BW_WRITES_MOVED = 16,     /* … or only its status, and when it came to rest */
    BW_WRITES_DOCS = 32,
    BW_WRITES_TEXT = 64, /* the text index gets it; before that it loses what it had */
    BW_WRITES_TEXT_GONE = 128,
    BW_WRITES_COMMAND = 256,      /* it was asked something … */
    BW_WRITES_COMMAND_GONE = 512, /* … or is not any more */
    BW_WRITES_LANE = 1024,        /* the end of its lane in topic system, into `lanes` … */
    BW_WRITES_LANE_GONE = 2048,   /* … or not there any more: it is in the row now */
};

struct bw_changes {
    struct bw_task_change **sorted;
    size_t n, cap;
    unsigned writes; /* of all of them */
};

void bw_changes_free(struct bw_changes *changes);
/* Takes the changes of the commit under way; they stay the cache's. */
int bw_changes_sort(struct bw_changes *changes, const struct bw_task_cache *cache) BW_MUST_CHECK;

#endif

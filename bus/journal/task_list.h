/* One page of a list of tasks: rows taken from a scan, filtered, until the page is full. */
#ifndef BW_JOURNAL_TASK_LIST_H
#define BW_JOURNAL_TASK_LIST_H

#include "journal/reader.h"

struct bw_task_list {
    struct bw_reader *r;
    struct bw_task_filter filter;
    struct bw_task_scan scan;
    struct bw_answer answer;
    uint32_t limit;
    int64_t refusals_each; /* what the filter may refuse of each range before it is given up */
    int64_t end;           /* tasks beyond this value are for the next page; 0: there is none */
    uint32_t found;        /* tasks that passed, also the one that found no room */
    bool more;             /* there are further tasks, or perhaps are … */
    int64_t last_value, last_key; /* … beyond this place */
};

/* Opens the filter and has the reader's statements use it. Before the scan is begun or after. */
void bw_task_list_open(struct bw_task_list *l, const struct bw_task_query *q);
/* Ends filter and scan. */
void bw_task_list_close(struct bw_task_list *l);
/* Adds those that pass of the tasks with these keys; *n is how many. */
int bw_task_list_add_keys(struct bw_task_list *l, const int64_t *keys, size_t n_keys,
                          int64_t *n) BW_MUST_CHECK;
/* Adds those that pass of the tasks with these ids; *n is how many. */
int bw_task_list_add_ids(struct bw_task_list *l, const struct bw_str_set *ids,
                         int64_t *n) BW_MUST_CHECK;
/* Adds all tasks of a slice of running ones to the scan, by updated_at or by seq. */
int bw_task_list_add_running(struct bw_task_list *l,
                             const struct bw_task_slice *slice) BW_MUST_CHECK;
/* As bw_task_scan_add_range. A range may be long: what the filter refuses is counted from now on.
 */
int bw_task_list_add_range(struct bw_task_list *l, const struct bw_task_slice *slice) BW_MUST_CHECK;
/* Writes the array `tasks` and fills in more and last. */
int bw_task_list_fill(struct bw_task_list *l) BW_MUST_CHECK;

#endif

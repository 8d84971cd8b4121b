/* The task rows the writer keeps decoded, so that folding an event reads nothing from the disk.
 * Writer thread only.
 *
 * DESIGN. A commit changes tasks in place; the first change of each in a commit notes how it was.
 * After the commit settle() makes the rows own their strings (until then they borrow from the
 * events), and after a failure undo() puts everything back, so the cache always equals the table.
 * When there are too many, those leave that were not asked for lately, never during a commit: a
 * hand goes around over the table and takes what was not used since it came by last. So asking for
 * a task touches one slot and the task, where a list in the order of use would touch its
 * neighbours.
 */
#ifndef BW_JOURNAL_TASK_CACHE_H
#define BW_JOURNAL_TASK_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "journal/ids.h"
#include "journal/places.h"
#include "wire/task.h"

/* The end of what a task says on one topic. */
struct bw_lane_end {
    uint64_t seq;
    int64_t count;
};

/* What events can change about a task. */
struct bw_task_state {
    int64_t key; /* 0: the id was never seen before */
    bool exists; /* has a row; a log may come before it, and stays after it */
    struct bw_task row;
    struct bw_lane_end lanes[BW_N_LANES]; /* by topic id - 1 */
    bool system_in_lanes; /* in the table: the end of the lane in topic system, else in its row */
};

struct bw_cached_task {
    struct bw_task_state now;
    struct bw_task_change *change; /* of the commit under way, or NULL */
    char *strings;                 /* what the row's strings point into */
    bool used;                     /* since the hand came by */
    struct bw_str id;              /* in the same memory as this struct */
};

struct bw_task_change {
    struct bw_cached_task *task;
    struct bw_task_state before;
    bool row_changed; /* else only lanes did */
    int64_t key;      /* while it is stored, as are the next three */
    unsigned writes;  /* enum bw_writes of changes.h */
    size_t row_bytes; /* encoded */
    struct bw_id new_id;
    const msgpack_object *docs[BW_N_DOCS]; /* to be stored; NULL: nothing new */
    bool docs_gone;                        /* all earlier ones go away first */
    struct bw_task_change *next;
};

/* Of a table with open addressing, at most half full. */
struct bw_task_slot {
    uint64_t hash;
    struct bw_cached_task *task; /* NULL: free */
};

struct bw_task_cache {
    struct bw_task_slot *slots;
    size_t n, mask;
    size_t hand; /* the slot where to look for one that may leave */
    uint32_t max_rows;
    sqlite3_stmt *find_key, *find_row, *find_lanes;
    msgpack_zone zone;
    struct bw_task_change *changes; /* of the commit under way, newest first */
    size_t n_changes;
    struct bw_task_change *spare;
};

int bw_task_cache_open(struct bw_task_cache *c, sqlite3 *db, uint32_t max_rows) BW_MUST_CHECK;
void bw_task_cache_close(struct bw_task_cache *c);

/* The task of this id, from memory or from the database; never NULL on success, but perhaps without
 * a key and without a row. */
int bw_task_cache_get(struct bw_task_cache *c, struct bw_str id,
                      struct bw_cached_task **out) BW_MUST_CHECK;
/* Before a task is changed: the note of how it was before this commit. NULL: out of memory. */
struct bw_task_change *bw_task_cache_change(struct bw_task_cache *c, struct bw_cached_task *task);

/* The commit is durable; or nothing of it is. */
void bw_task_cache_settle(struct bw_task_cache *c);
void bw_task_cache_undo(struct bw_task_cache *c);

#endif

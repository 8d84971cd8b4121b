/* Who works: workers that were heard lately, and those that tasks name.
 *
 * DESIGN. There is no table of workers. Everything is derived when somebody asks, from what is
 * there anyway: the last events of the topic `workers`, and the rows of tasks that run or are
 * paused, which an index holds together. So it survives restarts, and costs nothing while events
 * come in. What one answer looks at is bounded by the constants here. */
#ifndef BW_JOURNAL_WORKERS_H
#define BW_JOURNAL_WORKERS_H

#include <stdbool.h>
#include <stdint.h>
#include <msgpack.h>

#include "base/err.h"
#include "base/str.h"

struct bw_reader;

enum {
    BW_WORKERS_MAX = 1000,
    BW_WORKER_TASKS_MAX = 5,          /* that are told of each */
    BW_WORKER_HEARTBEAT_MAX = 4096,   /* bytes of its data; longer ones are left out */
    BW_WORKER_EVENTS_LOOKED = 5000,   /* of the topic's end */
    BW_WORKER_BYTES_LOOKED = 8 << 20, /* the same */
    BW_WORKER_ACTIVE_LOOKED = 20000,  /* tasks that run or are paused; then not all are counted */
    BW_WORKER_ALIVE_S = 60,           /* a worker silent for longer is not alive, unless … */
    BW_WORKER_BEATS_MISSED = 3, /* … it said how often it beats; then after so many missing */
    BW_WORKER_GONE_S = 3600,    /* one without tasks is not told of any more */
};

struct bw_worker {
    struct bw_str name;
    int64_t heard_us;        /* the later of its last heartbeat and its tasks' last change */
    uint32_t alive_s;        /* it is alive for so long after that */
    struct bw_str heartbeat; /* the data of its last, in msgpack; may be empty */
    int64_t running, paused;
    struct bw_worker_task {
        struct bw_str id, row;
    } tasks[BW_WORKER_TASKS_MAX]; /* the newest */
    unsigned n_tasks;
};

struct bw_workers {
    struct bw_worker *v; /* in order of their names */
    size_t n;
    bool all_counted;  /* every active task was looked at, and there was room for every worker */
    msgpack_zone zone; /* what the strings are in */
};

/* Inside a reader's transaction. To be freed also after an error. */
int bw_workers_collect(struct bw_workers *w, struct bw_reader *r) BW_MUST_CHECK;
void bw_workers_free(struct bw_workers *w);

#endif

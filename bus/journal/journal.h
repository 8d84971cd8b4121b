/* The journal: the durable, ordered log of events together with the task table that is its
 * projection. This header is the seam between the bus and whatever keeps the log.
 *
 * DESIGN. Appending is split in two, because not every log gives its sequence at once:
 *   append()     the writer hands over a batch of drafts;
 *   committed()  the journal tells, in sequence order, what is now durable and applied.
 * SQLite calls committed() from inside append(), on the writer's thread. A log that is ordered by
 * somebody else (JetStream) returns from append() first and calls committed() later, from its own
 * consumer thread, also for records that another bus appended: those have draft == NULL.
 * Either way a draft's owner learns its fate exactly once, and whoever publishes sees one order. */
#ifndef BW_JOURNAL_JOURNAL_H
#define BW_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/event.h"
#include "wire/rpc.h"

/* An event on its way in. The caller fills event and keeps all of its memory (what it borrows from,
 * too) until the draft's fate was told. */
struct bw_draft {
    struct bw_event event;
    struct bw_publish_result result; /* filled by the journal before the fate is told */
};

/* A stored event, in the form in which it is published and replayed. */
struct bw_record {
    uint64_t seq, prev; /* prev: the topic's seq before this one */
    struct bw_str topic;
    struct bw_str bytes; /* the encoded event */
};

struct bw_commit {
    struct bw_draft **drafts; /* whose fate is told now: accepted, duplicate, stale or refused */
    size_t n_drafts;
    const struct bw_record *records; /* what became durable, in sequence order */
    size_t n_records;
};

struct bw_journal_sink {
    void *ctx;
    /* The journal's thread (SQLite: the caller of append). Everything in *commit is borrowed for
     * the duration of the call. */
    void (*committed)(void *ctx, const struct bw_commit *commit);
};

struct bw_journal;
struct bw_reader;

struct bw_head {
    uint32_t epoch;
    uint64_t head, oldest; /* 0 when empty */
};

struct bw_journal_ops {
    /* Writer thread. 0: the fate of every draft was told or will be. Negative (BW_ENOSPC, BW_EIO):
     * nothing of the batch is durable, no fate was told, the caller answers the drafts. The journal
     * stays usable: a later append may succeed. */
    int (*append)(struct bw_journal *, struct bw_draft **drafts, size_t n);
    /* Writer thread, when idle: housekeeping (checkpoints). */
    void (*idle)(struct bw_journal *);
    /* Writer thread, after an append that failed: 0 if one would succeed now, found out by writing
     * something and taking it away again; else why not. */
    int (*probe)(struct bw_journal *);
    /* Any thread: epoch and head, without touching the disk. */
    struct bw_head (*head)(const struct bw_journal *);
    /* Writer thread: each topic and its head seq, for the heartbeat. */
    void (*each_topic)(struct bw_journal *,
                       void (*visit)(void *ctx, struct bw_str topic, uint64_t head), void *ctx);
    /* Writer thread: the rows of tasks whose command was asked at this time or before (the bus's
     * clock) and is not answered, the oldest first. Each is borrowed for the duration of the call.
     */
    int (*unanswered)(struct bw_journal *, int64_t asked_before_us, uint32_t limit,
                      void (*visit)(void *ctx, const struct bw_task *row), void *ctx);
    /* A reader has its own read-only view and belongs to one thread. */
    int (*open_reader)(struct bw_journal *, struct bw_reader **out);
    /* Appends the whole answer of a reading verb (events, tasks, task, logs, changed, stats) to
     * *out, from one consistent state. Negative: *fault says why and *out is unchanged. */
    int (*read)(struct bw_reader *, const struct bw_rpc_request *request, struct bw_buf *out,
                struct bw_fault *fault);
    void (*close_reader)(struct bw_reader **);
    void (*close)(struct bw_journal **);
};

/* Every journal begins with this. */
struct bw_journal {
    const struct bw_journal_ops *ops;
};

struct bw_sqlite_options {
    const char *path;         /* the database file; its folder must exist */
    uint64_t max_bytes;       /* refuse to grow beyond this (BW_ENOSPC); 0: no limit */
    uint32_t task_cache_rows; /* task rows the writer keeps decoded; 0: 100 000 */
    uint32_t event_bytes_max; /* largest encoded event; 0: BW_EVENT_BYTES_MAX */
};

/* Opens or creates, migrates the schema. Writer thread or before it starts. */
int bw_sqlite_open(const struct bw_sqlite_options *options, struct bw_journal_sink sink,
                   struct bw_journal **out, struct bw_fault *fault) BW_MUST_CHECK;
/* Folds all events again and compares with the table. 0: equal; BW_ECONFLICT: *fault says which
 * task differs and how. Needs no writer to be stopped: it reads one consistent state. */
int bw_sqlite_verify(const char *path, struct bw_fault *fault) BW_MUST_CHECK;

#endif

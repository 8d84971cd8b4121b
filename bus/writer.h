/* Writer: the one thread that owns the journal. It takes batches, commits many of them at once, and
 * sees to it that every batch is told what became of its events. */
#ifndef BW_WRITER_H
#define BW_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "job.h"
#include "journal/journal.h"

struct bw_writer;

/* Zero means the default. */
struct bw_writer_options {
    uint32_t commit_events; /* a commit takes no further batch beyond this; default 4096 */
    size_t commit_bytes;    /* nor beyond this; default 4 MiB */
    uint32_t heartbeat_ms;  /* default 1000 */
};

/* What the writer tells. Its thread; everything is borrowed for the duration of the call. */
struct bw_writer_sink {
    void *ctx;
    /* What has become durable, in sequence order; before the producers get their acks. */
    void (*committed)(void *ctx, const struct bw_record *records, size_t n);
    /* Every heartbeat_ms, whether there is work or not. */
    void (*heartbeat)(void *ctx, struct bw_journal *journal);
};

int bw_writer_create(const struct bw_writer_options *options, struct bw_writer_sink sink,
                     struct bw_writer **out) BW_MUST_CHECK;
/* What the journal that the writer will own is to be opened with. */
struct bw_journal_sink bw_writer_journal_sink(struct bw_writer *writer);
/* Starts the thread, which owns the journal until bw_writer_stop() returns. */
int bw_writer_start(struct bw_writer *writer, struct bw_journal *journal) BW_MUST_CHECK;
/* Refuses what is posted from now on, commits what was posted before, joins. May be called twice.
 */
void bw_writer_stop(struct bw_writer *writer);
/* After bw_writer_stop(), or if it was never started. Sets *writer to NULL. */
void bw_writer_destroy(struct bw_writer **writer);

/* Any thread; never blocks. The queue has no bound of its own: who posts bounds what is under way
 * (ingest: contexts and bytes). BW_ECLOSED: the caller still owns the batch. */
int bw_writer_post(struct bw_writer *writer, struct bw_batch *batch) BW_MUST_CHECK;

/* Any thread. 0, or why the last commit failed: until one succeeds, nothing is accepted. */
int bw_writer_health(const struct bw_writer *writer);

#endif

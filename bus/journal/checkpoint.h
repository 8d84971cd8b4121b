/* Checkpoints: moving what was committed from the WAL into the database file, so that the WAL can
 * be written from its beginning again.
 *
 * DESIGN. SQLite would do it inside some unlucky commit, for a tenth of a second. Here a thread
 * with a connection of its own does it while commits go on; when it has almost caught up, the
 * writer moves the little that is left between two commits, and SQLite begins the WAL anew with the
 * next one, unless a reader still reads from it: then it is tried again. Only if the WAL outgrows
 * its hard limit does the writer wait. */
#ifndef BW_JOURNAL_CHECKPOINT_H
#define BW_JOURNAL_CHECKPOINT_H

#include <sqlite3.h>

#include "base/err.h"

struct bw_checkpoint;

/* Starts the thread. `writer` is the connection that commits; from now on its commits are counted.
 */
int bw_checkpoint_start(struct bw_checkpoint **out, sqlite3 *writer, const char *path,
                        struct bw_fault *fault) BW_MUST_CHECK;
/* Joins the thread. Before the writer's connection is closed. */
void bw_checkpoint_stop(struct bw_checkpoint **checkpoint);
/* Writer thread, after each commit. */
void bw_checkpoint_after_commit(struct bw_checkpoint *c);
/* Writer thread, when there is nothing to do. */
void bw_checkpoint_idle(struct bw_checkpoint *c);

#endif

/* Query: the threads that answer reading verbs, each with its own read-only view of the journal. */
#ifndef BW_QUERY_H
#define BW_QUERY_H

#include "base/err.h"
#include "job.h"
#include "journal/journal.h"

struct bw_query;

/* Opens a reader per thread (threads 0: 2) and starts. The journal must outlive the query. */
int bw_query_start(struct bw_journal *journal, unsigned threads, struct bw_query **out,
                   struct bw_fault *fault) BW_MUST_CHECK;
/* Refuses what is posted from now on, answers what was posted before, joins. The handle stays, for
 * posts that come too late. May be called twice. */
void bw_query_stop(struct bw_query *query);
/* After bw_query_stop(). Sets *query to NULL. */
void bw_query_destroy(struct bw_query **query);

/* Any thread; never blocks. BW_ECLOSED: the caller still owns the question. */
int bw_query_post(struct bw_query *query, struct bw_question *question) BW_MUST_CHECK;

#endif

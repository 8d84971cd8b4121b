/* Pages that others may want: after a restart, or a break of the network, thousands of watchers ask
 * for the same history. Each page is fetched once and shared, and as the replay thread takes one
 * question after the other, those who ask for a page while it is being fetched get that one, too.
 *
 * A page of history serves everybody whose place lies in it, filtered or not. It never changes, but
 * when a journal is restored from a copy: then all pages are forgotten.
 * What tells the state of tasks is shared for a moment only. The oldest pages leave when there are
 * too many, or too many bytes. A page lives on as long as it is being sent.
 *
 * One thread: the replay thread. */
#ifndef BW_STREAM_PAGE_CACHE_H
#define BW_STREAM_PAGE_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "web/stream/job.h"

struct bw_page_cache;

int bw_page_cache_create(struct bw_page_cache **out, size_t bytes_max) BW_MUST_CHECK;
void bw_page_cache_destroy(struct bw_page_cache **cache);

void bw_page_cache_clear(struct bw_page_cache *cache);

/* A page that answers the job, with a reference for the caller, or NULL. */
struct bw_page *bw_page_cache_find(const struct bw_page_cache *cache, const struct bw_job *job,
                                   int64_t now_us);
/* The job was answered with job->page; keeps that if it may serve others. */
void bw_page_cache_keep(struct bw_page_cache *cache, const struct bw_job *job, int64_t now_us);

#endif

/* The cache of pages: a queue, the oldest first. */
#include "web/stream/page_cache.h"

#include <stdlib.h>
#include <string.h>

enum {
    PAGES_MAX = 128,
    FRESH_US = 200 * 1000, /* tasks may be told as they were then: what came since follows */
};

/* With the question that the page answers. */
struct kept {
    struct bw_page *page;
    enum bw_job_kind kind;
    struct bw_feed *feed;
    char *token;
    struct bw_place as_of;
    int64_t made_us;
};

struct bw_page_cache {
    struct kept kept[PAGES_MAX]; /* n of them, from `first` on, round */
    unsigned first, n;
    size_t bytes, bytes_max;
};

static size_t size_of(const struct bw_page *page)
{
    return sizeof *page + page->bytes->len + (page->n + 1) * sizeof(struct bw_entry);
}

static void drop_oldest(struct bw_page_cache *cache)
{
    struct kept *k = &cache->kept[cache->first];
    cache->bytes -= size_of(k->page);
    bw_page_unref(&k->page);
    bw_feed_unref(&k->feed);
    free(k->token);
    cache->first = (cache->first + 1) % PAGES_MAX;
    cache->n--;
}

int bw_page_cache_create(struct bw_page_cache **out, size_t bytes_max)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return BW_ENOMEM;
    (*out)->bytes_max = bytes_max;
    return 0;
}

void bw_page_cache_clear(struct bw_page_cache *cache)
{
    while (cache->n > 0)
        drop_oldest(cache);
}

void bw_page_cache_destroy(struct bw_page_cache **cache)
{
    struct bw_page_cache *mine = *cache;
    *cache = NULL;
    if (mine)
        bw_page_cache_clear(mine);
    free(mine);
}

/* --- Finding ------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_snapshot_for(const struct kept *k, const struct bw_job *job)
{
    return same_text(k->token, job->token) && k->as_of.epoch == job->as_of.epoch &&
           k->as_of.seq == job->as_of.seq && k->page->head >= job->after.seq;
}

static bool covers(const struct bw_page *page, const struct bw_cursor *after)
{
    return after->kind == BW_CURSOR_AT && after->epoch == page->epoch &&
           page->after <= after->seq && after->seq < page->next;
}

static bool answers(const struct kept *k, const struct bw_job *job, int64_t now_us)
{
    bool is_fresh = now_us - k->made_us < FRESH_US;
    if (k->kind != job->kind || !bw_feed_same(k->feed, job->feed))
        return false;
    if (k->kind == BW_JOB_EVENTS)
        return covers(k->page, &job->after);
    if (!is_fresh || job->filter)
        return false;
    if (k->kind == BW_JOB_ROWS)
        return is_snapshot_for(k, job);
    /* Rows that changed a little earlier, too, do no harm if they are few. */
    return covers(k->page, &job->after) && (!k->page->more || k->page->after == job->after.seq);
}

struct bw_page *bw_page_cache_find(const struct bw_page_cache *cache, const struct bw_job *job,
                                   int64_t now_us)
{
    for (unsigned i = cache->n; i > 0; i--) {
        const struct kept *k = &cache->kept[(cache->first + i - 1) % PAGES_MAX];
        if (answers(k, job, now_us))
            return bw_page_ref(k->page);
    }
    return NULL;
}

/* --- Keeping ------------------------------------------------------------------------- */

void bw_page_cache_keep(struct bw_page_cache *cache, const struct bw_job *job, int64_t now_us)
{
    size_t size = size_of(job->page);
    bool is_placed = job->kind == BW_JOB_ROWS || job->after.kind == BW_CURSOR_AT;
    if (!is_placed || !job->page->whole || job->page->reset || size > cache->bytes_max)
        return;
    char *token = job->token ? strdup(job->token) : NULL;
    if (job->token && !token)
        return;
    while (cache->n == PAGES_MAX || cache->bytes + size > cache->bytes_max)
        drop_oldest(cache);
    cache->kept[(cache->first + cache->n++) % PAGES_MAX] =
        (struct kept){.page = bw_page_ref(job->page),
                      .kind = job->kind,
                      .feed = bw_feed_ref(job->feed),
                      .token = token,
                      .as_of = job->as_of,
                      .made_us = now_us};
    cache->bytes += size;
}

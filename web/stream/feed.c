/* Feeds: names in order, in one piece of memory. */
#include "web/stream/feed.h"

#include <stdlib.h>
#include <string.h>

#include "wire/topic.h"
#include "web/stream/filter.h"

static int compare(const void *a, const void *b)
{
    const struct bw_str *x = a, *y = b;
    size_t len = x->len < y->len ? x->len : y->len;
    int order = memcmp(x->ptr, y->ptr, len);
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static int check(struct bw_str_set topics, struct bw_fault *fault)
{
    if (topics.n == 0)
        return bw_fault(fault, BW_EINVAL, "topics", "names no topic");
    if (topics.n > BW_FEED_TOPICS_MAX)
        return bw_fault(fault, BW_EINVAL, "topics", "names %zu topics; at most %d are merged",
                        topics.n, BW_FEED_TOPICS_MAX);
    for (size_t i = 0; i < topics.n; i++)
        if (!bw_topic_valid(topics.v[i]))
            return bw_fault(fault, BW_EINVAL, "topics",
                            "each must be 1 to %d characters of A-Z a-z 0-9 . _ -", BW_TOPIC_MAX);
    return 0;
}

/* The feed, then its list of names, then their text. */
struct memory {
    struct bw_feed feed;
    struct bw_str names[BW_FEED_TOPICS_MAX];
    char text[];
};

int bw_feed_create(struct bw_feed **out, struct bw_str_set topics, enum bw_encoding encoding,
                   struct bw_fault *fault)
{
    struct bw_str sorted[BW_FEED_TOPICS_MAX];
    size_t len = 0, n = 0;
    *out = NULL;
    int err = check(topics, fault);
    if (err != 0)
        return err;
    memcpy(sorted, topics.v, topics.n * sizeof *sorted);
    qsort(sorted, topics.n, sizeof *sorted, compare);
    for (size_t i = 0; i < topics.n; i++)
        len += sorted[i].len + 1;
    struct memory *m = calloc(1, sizeof *m + len);
    if (!m)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    char *to = m->text;
    for (size_t i = 0; i < topics.n; i++) {
        if (n > 0 && bw_str_eq(m->names[n - 1], sorted[i]))
            continue;
        if (n > 0)
            *to++ = ',';
        memcpy(to, sorted[i].ptr, sorted[i].len);
        m->names[n++] = (struct bw_str){to, sorted[i].len};
        to += sorted[i].len;
    }
    struct bw_feed *feed = &m->feed;
    atomic_init(&feed->refs, 1);
    feed->encoding = encoding;
    feed->topics = (struct bw_str_set){m->names, n};
    feed->name = m->text;
    feed->has_rows = bw_feed_has(feed, BW_STR(BW_TOPIC_SYSTEM));
    feed->hash = n == 1 ? bw_filter_hash(m->names[0]) : 0;
    *out = feed;
    return 0;
}

struct bw_feed *bw_feed_ref(struct bw_feed *feed)
{
    atomic_fetch_add_explicit(&feed->refs, 1, memory_order_relaxed);
    return feed;
}

void bw_feed_unref(struct bw_feed **feed)
{
    struct bw_feed *mine = *feed;
    *feed = NULL;
    if (mine && atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel) == 1)
        free(mine); /* the beginning of its memory */
}

bool bw_feed_same(const struct bw_feed *a, const struct bw_feed *b)
{
    return a == b || (a->encoding == b->encoding && strcmp(a->name, b->name) == 0);
}

bool bw_feed_has(const struct bw_feed *feed, struct bw_str topic)
{
    for (size_t i = 0; i < feed->topics.n; i++)
        if (bw_str_eq(feed->topics.v[i], topic))
            return true;
    return false;
}

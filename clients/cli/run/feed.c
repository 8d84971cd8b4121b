/* A bounded queue of chunks that drops the oldest. */
#include "feed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum { CHUNK_BYTES_MIN = 4096 }; /* so that a command that writes letter by letter fills chunks */

struct bw_feed {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct bw_chunk *head, *tail;
    size_t bytes, max_bytes;
    uint64_t lost_lines, lost_bytes; /* since the last chunk in the queue */
    bool woken, closed;
};

int bw_feed_create(struct bw_feed **out, size_t max_bytes)
{
    struct bw_feed *f = *out = calloc(1, sizeof *f);
    pthread_condattr_t monotonic;
    if (!f)
        return BW_ENOMEM;
    f->max_bytes = max_bytes;
    pthread_mutex_init(&f->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&f->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return 0;
}

void bw_feed_destroy(struct bw_feed **feed)
{
    struct bw_feed *f = *feed;
    *feed = NULL;
    if (!f)
        return;
    while (f->head) {
        struct bw_chunk *chunk = f->head;
        f->head = chunk->next;
        free(chunk);
    }
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

/* Not by memchr(): what has to be dropped is usually many short lines. */
static uint64_t count_lines(const char *data, size_t len)
{
    uint64_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += data[i] == '\n';
    return n;
}

/* With the lock. What was lost is told by the chunk that is then the oldest. */
static void drop_oldest(struct bw_feed *f)
{
    struct bw_chunk *gone = f->head;
    uint64_t lines = gone->lost_lines + count_lines(gone->data, gone->len);
    uint64_t bytes = gone->lost_bytes + gone->len;
    f->head = gone->next;
    if (f->head) {
        f->head->lost_lines += lines;
        f->head->lost_bytes += bytes;
    } else {
        f->tail = NULL;
        f->lost_lines += lines;
        f->lost_bytes += bytes;
    }
    f->bytes -= gone->cap;
    free(gone);
}

/* With the lock. */
static bool append(struct bw_feed *f, enum bw_stream stream, const char *data, size_t len)
{
    struct bw_chunk *last = f->tail;
    if (!last || last->stream != stream || last->cap - last->len < len)
        return false;
    memcpy(last->data + last->len, data, len);
    last->len += len;
    return true;
}

/* With the lock. */
static void add(struct bw_feed *f, struct bw_chunk *chunk)
{
    chunk->lost_lines = f->lost_lines;
    chunk->lost_bytes = f->lost_bytes;
    f->lost_lines = f->lost_bytes = 0;
    if (f->tail)
        f->tail->next = chunk;
    else
        f->head = chunk;
    f->tail = chunk;
    f->bytes += chunk->cap;
    while (f->bytes > f->max_bytes && f->head != chunk)
        drop_oldest(f);
}

static struct bw_chunk *make(enum bw_stream stream, const char *data, size_t len)
{
    size_t cap = len > CHUNK_BYTES_MIN ? len : CHUNK_BYTES_MIN;
    struct bw_chunk *chunk = malloc(sizeof *chunk + cap);
    if (!chunk)
        return NULL;
    *chunk =
        (struct bw_chunk){.stream = stream, .wall_us = bw_clock_wall_us(), .len = len, .cap = cap};
    memcpy(chunk->data, data, len);
    return chunk;
}

void bw_feed_push(struct bw_feed *f, enum bw_stream stream, const char *data, size_t len)
{
    pthread_mutex_lock(&f->lock);
    if (!append(f, stream, data, len)) {
        struct bw_chunk *chunk = make(stream, data, len);
        if (chunk) {
            add(f, chunk);
        } else {
            f->lost_lines += count_lines(data, len);
            f->lost_bytes += len;
        }
    }
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

void bw_feed_close(struct bw_feed *f)
{
    pthread_mutex_lock(&f->lock);
    f->closed = true;
    f->woken = true;
    pthread_cond_signal(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

void bw_feed_wake(struct bw_feed *f)
{
    pthread_mutex_lock(&f->lock);
    if (!f->woken)
        pthread_cond_signal(&f->changed);
    f->woken = true;
    pthread_mutex_unlock(&f->lock);
}

struct bw_chunk *bw_feed_take(struct bw_feed *f, int timeout_ms)
{
    struct timespec until;
    int rc = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += timeout_ms % 1000 * 1000000L;
    until.tv_sec += timeout_ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&f->lock);
    while (!f->head && !f->woken && rc == 0)
        rc = timeout_ms < 0 ? pthread_cond_wait(&f->changed, &f->lock)
                            : pthread_cond_timedwait(&f->changed, &f->lock, &until);
    struct bw_chunk *all = f->head;
    f->head = f->tail = NULL;
    f->bytes = 0;
    f->woken = false;
    pthread_mutex_unlock(&f->lock);
    return all;
}

bool bw_feed_ended(struct bw_feed *f)
{
    pthread_mutex_lock(&f->lock);
    bool ended = f->closed && !f->head;
    pthread_mutex_unlock(&f->lock);
    return ended;
}

/* The ring of log lines. A record is a bw_log_line and its text behind it; it may wrap. */
#include "log_spool.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/buf.h"

struct bw_log_spool {
    char *ring; /* mapped, so that pages are taken as they are touched */
    size_t size, begin, used;
    struct bw_log_line gone; /* dropped before the oldest record, not told yet */
    uint64_t lost;
    struct bw_buf text; /* of the line got last */
};

int bw_log_spool_create(struct bw_log_spool **out, size_t max_bytes)
{
    struct bw_log_spool *s = *out = calloc(1, sizeof *s);
    if (!s)
        return BW_ENOMEM;
    s->size = max_bytes;
    s->ring = mmap(NULL, max_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (s->ring != MAP_FAILED)
        return 0;
    free(s);
    *out = NULL;
    return BW_ENOMEM;
}

void bw_log_spool_destroy(struct bw_log_spool **spool)
{
    struct bw_log_spool *s = *spool;
    *spool = NULL;
    if (!s)
        return;
    munmap(s->ring, s->size);
    bw_buf_free(&s->text);
    free(s);
}

static void copy_in(struct bw_log_spool *s, const void *data, size_t n)
{
    size_t at = (s->begin + s->used) % s->size;
    size_t first = n < s->size - at ? n : s->size - at;
    if (n == 0)
        return;
    memcpy(s->ring + at, data, first);
    memcpy(s->ring, (const char *)data + first, n - first);
    s->used += n;
}

static void copy_out(struct bw_log_spool *s, void *out, size_t n)
{
    size_t first = n < s->size - s->begin ? n : s->size - s->begin;
    if (out && n > 0) {
        memcpy(out, s->ring + s->begin, first);
        memcpy((char *)out + first, s->ring, n - first);
    }
    s->begin = (s->begin + n) % s->size;
    s->used -= n;
}

static void count_gone(struct bw_log_spool *s, const struct bw_log_line *line)
{
    bool marker = line->kind == BW_LOG_LOST;
    s->gone.kind = BW_LOG_LOST;
    s->gone.wall_us = line->wall_us;
    s->gone.lost_lines += marker ? line->lost_lines : 1;
    s->gone.lost_bytes += marker ? line->lost_bytes : line->text.len + line->cut;
    s->lost += marker ? 0 : 1;
}

static void drop_oldest(struct bw_log_spool *s)
{
    struct bw_log_line line;
    copy_out(s, &line, sizeof line);
    copy_out(s, NULL, line.text.len);
    count_gone(s, &line);
}

void bw_log_spool_put(struct bw_log_spool *s, const struct bw_log_line *line)
{
    size_t n = sizeof *line + line->text.len;
    if (line->kind == BW_LOG_LOST)
        s->lost += line->lost_lines;
    while (s->used > 0 && s->used + n > s->size)
        drop_oldest(s);
    if (n > s->size) {
        count_gone(s, line);
        return;
    }
    copy_in(s, line, sizeof *line);
    copy_in(s, line->text.ptr, line->text.len);
}

bool bw_log_spool_get(struct bw_log_spool *s, struct bw_log_line *out)
{
    if (s->gone.lost_lines > 0 || s->gone.lost_bytes > 0) {
        *out = s->gone;
        s->gone = (struct bw_log_line){0};
        return true;
    }
    if (s->used == 0)
        return false;
    copy_out(s, out, sizeof *out);
    bw_buf_reset(&s->text);
    char *text = bw_buf_reserve(&s->text, out->text.len + 1);
    copy_out(s, text, out->text.len);
    if (!text) { /* out of memory */
        count_gone(s, out);
        return bw_log_spool_get(s, out);
    }
    out->text.ptr = text;
    return true;
}

bool bw_log_spool_empty(const struct bw_log_spool *s)
{
    return s->used == 0 && s->gone.lost_lines == 0 && s->gone.lost_bytes == 0;
}

uint64_t bw_log_spool_lost(const struct bw_log_spool *s)
{
    return s->lost;
}

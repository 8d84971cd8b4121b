/* Byte buffers. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bw_buf_free(struct bw_buf *b)
{
    free(b->data);
    *b = (struct bw_buf){0};
}

void bw_buf_reset(struct bw_buf *b)
{
    b->len = 0;
    b->failed = false;
}

/* Without room, nothing takes the short way in bw_buf_reserve any more. */
static char *fail(struct bw_buf *b)
{
    b->failed = true;
    b->cap = b->len;
    return NULL;
}

char *bw_buf_grow(struct bw_buf *b, size_t n)
{
    size_t cap = b->cap ? b->cap : 128;
    if (b->failed || n > SIZE_MAX / 4 - b->len)
        return fail(b);
    while (cap <= b->len + n)
        cap *= 2;
    char *data = realloc(b->data, cap);
    if (!data)
        return fail(b);
    b->data = data;
    b->cap = cap;
    return data + b->len;
}

void bw_buf_printf(struct bw_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n >= 0 ? bw_buf_reserve(b, (size_t)n + 1) : NULL;
    if (!p)
        return;
    va_start(ap, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

char *bw_buf_take(struct bw_buf *b, size_t *len)
{
    char *data = b->data;
    if (b->failed) {
        bw_buf_free(b);
        return NULL;
    }
    if (len)
        *len = b->len;
    *b = (struct bw_buf){0};
    return data;
}

struct bw_shared *bw_shared_dup(const void *data, size_t len)
{
    struct bw_shared *s = malloc(sizeof *s + len);
    if (!s)
        return NULL;
    atomic_init(&s->refs, 1);
    s->len = len;
    if (len)
        memcpy(s->data, data, len);
    return s;
}

struct bw_shared *bw_shared_ref(struct bw_shared *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void bw_shared_unref(struct bw_shared **s)
{
    struct bw_shared *mine = *s;
    *s = NULL;
    if (mine && atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel) == 1)
        free(mine);
}

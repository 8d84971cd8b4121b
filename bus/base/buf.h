/* A growable byte buffer, and a refcounted immutable one. */
#ifndef BW_BASE_BUF_H
#define BW_BASE_BUF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Failure to grow is sticky: encoders append without checking and ask `failed` once at the end.
 * Zero-initialised is empty and ready. */
struct bw_buf {
    char *data;
    size_t len, cap;
    bool failed;
};

void bw_buf_free(struct bw_buf *b);
/* Keeps the memory. Clears `failed`. */
void bw_buf_reset(struct bw_buf *b);
/* What bw_buf_reserve does when there is no room. */
char *bw_buf_grow(struct bw_buf *b, size_t n);
void bw_buf_printf(struct bw_buf *b, const char *fmt, ...) BW_PRINTF(2, 3);
/* Hands the memory to the caller (free()); *b is empty again. NULL if it had failed or is empty. */
char *bw_buf_take(struct bw_buf *b, size_t *len);

/* Makes room for n more bytes and returns where to write them (then add to len), or NULL. */
static inline char *bw_buf_reserve(struct bw_buf *b, size_t n)
{
    return b->cap - b->len > n ? b->data + b->len : bw_buf_grow(b, n);
}

static inline void bw_buf_put(struct bw_buf *b, const void *data, size_t n)
{
    char *p = n ? bw_buf_reserve(b, n) : NULL;
    if (p) {
        memcpy(p, data, n);
        b->len += n;
    }
}

static inline void bw_buf_puts(struct bw_buf *b, struct bw_str s)
{
    bw_buf_put(b, s.ptr, s.len);
}

static inline void bw_buf_putc(struct bw_buf *b, char c)
{
    char *p = bw_buf_reserve(b, 1);
    if (p) {
        *p = c;
        b->len++;
    }
}

static inline struct bw_str bw_buf_str(const struct bw_buf *b)
{
    return (struct bw_str){b->data, b->len};
}

/* Bytes that no one changes any more; any thread may hold a reference. */
struct bw_shared {
    atomic_uint refs;
    size_t len;
    char data[];
};

/* One reference, for the caller. NULL when out of memory. */
struct bw_shared *bw_shared_dup(const void *data, size_t len);
struct bw_shared *bw_shared_ref(struct bw_shared *s);
/* Drops the caller's reference and sets *s to NULL; the last one frees. */
void bw_shared_unref(struct bw_shared **s);

#endif

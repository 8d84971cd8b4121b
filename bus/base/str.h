/* A borrowed slice of bytes. Never owns, is never NUL-terminated; printing takes "%.*s",
 * BW_STR_ARG. */
#ifndef BW_BASE_STR_H
#define BW_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct bw_str {
    const char *ptr;
    size_t len;
};

#define BW_STR(literal) ((struct bw_str){(literal), sizeof(literal) - 1})
#define BW_STR_ARG(s)   (int)(s).len, (s).ptr

static inline struct bw_str bw_str(const char *z)
{
    return (struct bw_str){z, z ? strlen(z) : 0};
}

static inline bool bw_str_eq(struct bw_str a, struct bw_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool bw_str_is(struct bw_str a, const char *z)
{
    return bw_str_eq(a, bw_str(z));
}

#endif

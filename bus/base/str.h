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
    return a.len == b.len && (a.len == 0 || a.ptr == b.ptr || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool bw_str_is(struct bw_str a, const char *z)
{
    return bw_str_eq(a, bw_str(z));
}

/* Whether it is one of some words, which have a space between them. NULL: there are none. */
static inline bool bw_str_is_word_of(struct bw_str s, const char *words)
{
    for (const char *w = words; w && *w;) {
        size_t len = strcspn(w, " ");
        if (bw_str_eq((struct bw_str){w, len}, s))
            return true;
        w += len + (w[len] == ' ');
    }
    return false;
}

/* Without blanks at both ends. */
static inline struct bw_str bw_str_trim(struct bw_str s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
        s.ptr++;
        s.len--;
    }
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Takes what stands before the next separator, trimmed; *rest goes on behind that. */
static inline struct bw_str bw_str_take(struct bw_str *rest, char separator)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != separator)
        len++;
    struct bw_str part = {rest->ptr, len};
    size_t skip = len + (len < rest->len);
    *rest = (struct bw_str){rest->ptr + skip, rest->len - skip};
    return bw_str_trim(part);
}

#endif

/* UTF-8: checking, cutting. ASCII goes eight bytes at a time, because every string of every event
 * is checked. */
#ifndef BW_WIRE_UTF8_H
#define BW_WIRE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* The length of the well-formed character that begins at s.ptr (Unicode's table 3-7: no surrogates,
 * no overlong forms); 0 if there is none. s must not be empty. */
size_t bw_utf8_char_len(struct bw_str s);
bool bw_utf8_valid(struct bw_str s);
/* Valid, and without control characters: fit to stand in one line of a header, a log or an event
 * stream. */
bool bw_utf8_is_line(struct bw_str s);
/* The longest beginning of s of at most max bytes that does not end inside a character. */
struct bw_str bw_utf8_cut(struct bw_str s, size_t max);

#endif

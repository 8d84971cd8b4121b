/* UTF-8. */
#include "wire/utf8.h"

#include <stdint.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static bool is_ascii(char c)
{
    return (c & 0x80) == 0;
}

static bool is_tail(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

size_t bw_utf8_char_len(struct bw_str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    unsigned char lead = p[0];
    if (is_ascii(s.ptr[0]))
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return s.len >= 2 && is_tail(p[1]) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        unsigned char low = lead == 0xe0 ? 0xa0 : 0x80, high = lead == 0xed ? 0x9f : 0xbf;
        return s.len >= 3 && p[1] >= low && p[1] <= high && is_tail(p[2]) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        unsigned char low = lead == 0xf0 ? 0x90 : 0x80, high = lead == 0xf4 ? 0x8f : 0xbf;
        return s.len >= 4 && p[1] >= low && p[1] <= high && is_tail(p[2]) && is_tail(p[3]) ? 4 : 0;
    }
    return 0;
}

bool bw_utf8_valid(struct bw_str s)
{
    while (s.len > 0) {
        size_t n = 1;
        if (s.len >= 8 && !(load8(s.ptr) & EACH(0x80)))
            n = 8;
        else if (!is_ascii(*s.ptr) && (n = bw_utf8_char_len(s)) == 0)
            return false;
        s.ptr += n;
        s.len -= n;
    }
    return true;
}

/* Whether all eight bytes are printable ASCII: none below 0x20, none 0x7f, none above. A byte with
 * its high bit set or equal to 0x7f sets that bit in v or v + 1, one below 0x20 in v - 0x20; what a
 * carry or borrow adds can only make the answer "no" where a byte was bad already. */
static bool printable8(uint64_t v)
{
    return ((v | (v + EACH(0x01)) | (v - EACH(0x20))) & EACH(0x80)) == 0;
}

bool bw_utf8_is_line(struct bw_str s)
{
    while (s.len > 0) {
        unsigned char c = (unsigned char)*s.ptr;
        size_t n = 1;
        if (s.len >= 8 && printable8(load8(s.ptr)))
            n = 8;
        else if (c < 0x20 || c == 0x7f || (!is_ascii(*s.ptr) && (n = bw_utf8_char_len(s)) == 0))
            return false;
        s.ptr += n;
        s.len -= n;
    }
    return true;
}

struct bw_str bw_utf8_cut(struct bw_str s, size_t max)
{
    if (s.len <= max)
        return s;
    while (max > 0 && is_tail((unsigned char)s.ptr[max]))
        max--;
    return (struct bw_str){s.ptr, max};
}

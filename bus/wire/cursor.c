/* Cursors. */
#include "wire/cursor.h"

enum { EPOCH_DIGITS = 8 };

size_t bw_cursor_format(uint32_t epoch, uint64_t seq, char out[BW_CURSOR_LEN + 1])
{
    char digits[20];
    size_t n = 0, len = 0;
    for (int shift = 28; shift >= 0; shift -= 4)
        out[len++] = "0123456789abcdef"[epoch >> shift & 15];
    out[len++] = '.';
    do
        digits[n++] = (char)('0' + seq % 10);
    while (seq /= 10);
    while (n > 0)
        out[len++] = digits[--n];
    out[len] = 0;
    return len;
}

static bool parse_epoch(struct bw_str s, uint32_t *epoch)
{
    *epoch = 0;
    for (size_t i = 0; i < EPOCH_DIGITS; i++) {
        char c = s.ptr[i];
        if (c >= '0' && c <= '9')
            *epoch = *epoch << 4 | (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            *epoch = *epoch << 4 | (uint32_t)(c - 'a' + 10);
        else
            return false;
    }
    return true;
}

static bool parse_seq(struct bw_str s, uint64_t *seq)
{
    if (s.len == 0 || (s.ptr[0] == '0' && s.len > 1))
        return false;
    *seq = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(s.ptr[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(*seq, 10, seq) ||
            __builtin_add_overflow(*seq, digit, seq))
            return false;
    }
    return true;
}

int bw_cursor_parse(struct bw_str text, const char *field, struct bw_cursor *out,
                    struct bw_fault *fault)
{
    struct bw_cursor c = {.kind = BW_CURSOR_AT};
    if (bw_str_is(text, "oldest")) {
        c.kind = BW_CURSOR_OLDEST;
    } else if (bw_str_is(text, "latest")) {
        c.kind = BW_CURSOR_LATEST;
    } else if (text.len <= EPOCH_DIGITS || text.ptr[EPOCH_DIGITS] != '.' ||
               !parse_epoch(text, &c.epoch) ||
               !parse_seq((struct bw_str){text.ptr + EPOCH_DIGITS + 1, text.len - EPOCH_DIGITS - 1},
                          &c.seq)) {
        return bw_fault(fault, BW_EINVAL, field,
                        "must be a cursor as given by the server, \"oldest\" or \"latest\"");
    }
    *out = c;
    return 0;
}

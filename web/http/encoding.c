/* Compressing an answer's body. */
#include "web/http/encoding.h"

#include <stdlib.h>
#include <strings.h>
#include <zlib.h>

/* The fastest level: a list is hardly larger than at the default one, which takes twice the time.
 */
enum { LEVEL = 1, WINDOW_BITS = 15, GZIP_FORMAT = 16, MEMORY_LEVEL = 8 };

bool bw_gzip_is_worth(const char *content_type, size_t len)
{
    static const char *const packed[] = {"image/png", "font/woff2"};
    for (size_t i = 0; content_type && i < sizeof packed / sizeof *packed; i++)
        if (strcmp(content_type, packed[i]) == 0)
            return false;
    return content_type && len >= BW_GZIP_BYTES_MIN && len <= BW_GZIP_BYTES_MAX;
}

static bool is_word(struct bw_str s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

/* "q=0.5" in thousandths; 1000 without it, 0 if it is malformed: then the word counts as refused.
 */
static int quality(struct bw_str parameters)
{
    struct bw_str rest = parameters, p = bw_str_take(&rest, ';');
    if (p.len < 2 || (p.ptr[0] != 'q' && p.ptr[0] != 'Q') || p.ptr[1] != '=')
        return p.len == 0 && rest.len == 0 ? 1000 : 0;
    int value = 0, digits = 0;
    for (size_t i = 2; i < p.len; i++) {
        if (i == 3 && p.ptr[i] == '.')
            continue;
        if (p.ptr[i] < '0' || p.ptr[i] > '9' || digits == 4)
            return 0;
        value = value * 10 + (p.ptr[i] - '0');
        digits++;
    }
    for (; digits > 0 && digits < 4; digits++)
        value *= 10;
    return digits == 4 && value <= 1000 ? value : 0;
}

bool bw_gzip_is_accepted(struct bw_str accept_encoding)
{
    int gzip = -1, other = -1, identity = -1;
    for (struct bw_str rest = accept_encoding; rest.len > 0;) {
        struct bw_str parameters = bw_str_take(&rest, ',');
        struct bw_str coding = bw_str_take(&parameters, ';');
        int q = quality(parameters);
        if (is_word(coding, "gzip") || is_word(coding, "x-gzip"))
            gzip = q;
        else if (is_word(coding, "identity"))
            identity = q;
        else if (is_word(coding, "*"))
            other = q;
    }
    gzip = gzip < 0 ? other : gzip;
    return gzip > 0 && gzip >= identity;
}

bool bw_gzip(struct bw_str body, struct bw_buf *out)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)body.ptr, .avail_in = (uInt)body.len};
    if (body.len > BW_GZIP_BYTES_MAX ||
        deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_BITS + GZIP_FORMAT, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    char *at = bw_buf_reserve(out, body.len);
    bool good = false;
    if (at) {
        z.next_out = (Bytef *)at;
        z.avail_out = (uInt)body.len - 1; /* no gain is no reason */
        good = deflate(&z, Z_FINISH) == Z_STREAM_END;
        out->len += good ? z.total_out : 0;
    }
    deflateEnd(&z);
    return good;
}

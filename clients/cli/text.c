/* Text for a terminal. */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "wire/utf8.h"

#define REPLACEMENT BW_STR("\xef\xbf\xbd")

bool bw_text_colored(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fd) && (!no || !*no) && term && strcmp(term, "dumb") != 0;
}

unsigned bw_text_columns(int fd)
{
    struct winsize size;
    if (!isatty(fd))
        return 0;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* The character at s, which is well-formed and n bytes long. */
static wchar_t decode(struct bw_str s, size_t n)
{
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    wchar_t c = (unsigned char)s.ptr[0] & first[n];
    for (size_t i = 1; i < n; i++)
        c = (wchar_t)((unsigned)c << 6 | ((unsigned char)s.ptr[i] & 0x3fU));
    return c;
}

static struct bw_str skip(struct bw_str s, size_t n)
{
    return (struct bw_str){s.ptr + n, s.len - n};
}

struct bw_str bw_text_fit(struct bw_str s, size_t columns)
{
    struct bw_str rest = s;
    while (rest.len > 0) {
        size_t n = bw_utf8_char_len(rest);
        int width = n ? wcwidth(decode(rest, n)) : 1;
        size_t takes = width < 0 ? 1 : (size_t)width;
        if (takes > columns)
            break;
        columns -= takes;
        rest = skip(rest, n ? n : 1);
    }
    return (struct bw_str){s.ptr, s.len - rest.len};
}

size_t bw_text_width(struct bw_str s)
{
    size_t columns = 0;
    while (s.len > 0) {
        size_t n = bw_utf8_char_len(s);
        int width = n ? wcwidth(decode(s, n)) : 1;
        columns += width < 0 ? 1 : (size_t)width;
        s = skip(s, n ? n : 1);
    }
    return columns;
}

/* The length of the escape sequence that s begins with: CSI … final, OSC … BEL or ST, or two
 * characters. *color: it is CSI with digits and ;: and ends in m. */
static size_t escape_len(struct bw_str s, bool *color)
{
    size_t i = 2;
    *color = false;
    if (s.len < 2)
        return s.len;
    if (s.ptr[1] == '[') {
        *color = true;
        for (; i < s.len && (unsigned char)s.ptr[i] < 0x40; i++)
            *color = *color && strchr("0123456789;:", s.ptr[i]) && s.ptr[i];
        *color = *color && i < s.len && s.ptr[i] == 'm';
        return i < s.len ? i + 1 : i;
    }
    if (strchr("]PX^_", s.ptr[1])) {
        while (i < s.len && s.ptr[i] != '\a' && s.ptr[i] != '\033')
            i++;
        return i + (i < s.len && s.ptr[i] == '\a');
    }
    return i;
}

static bool is_reset(struct bw_str sgr)
{
    return bw_str_is(sgr, "\033[m") || bw_str_is(sgr, "\033[0m");
}

/* How much of it comes before an escape sequence. */
static size_t plain_len(struct bw_str s)
{
    const char *escape = s.len > 0 ? memchr(s.ptr, '\033', s.len) : NULL;
    return escape ? (size_t)(escape - s.ptr) : s.len;
}

void bw_text_clean(struct bw_buf *out, struct bw_str s, bool keep_colors)
{
    bool lit = false;
    while (s.len > 0) {
        size_t n = bw_utf8_char_len(s);
        bool color;
        if (s.ptr[0] == '\033') {
            n = escape_len(s, &color);
            if (color && keep_colors) {
                bw_buf_put(out, s.ptr, n);
                lit = !is_reset((struct bw_str){s.ptr, n});
            }
        } else if (n == 0) {
            n = 1;
            bw_buf_puts(out, REPLACEMENT);
        } else if ((unsigned char)s.ptr[0] < 0x20 || s.ptr[0] == 0x7f ||
                   (n == 2 && decode(s, n) < 0xa0)) {
            bw_buf_putc(out, ' ');
        } else {
            bw_buf_put(out, s.ptr, n);
        }
        s = skip(s, n);
    }
    if (lit)
        bw_buf_puts(out, BW_STR("\033[0m"));
}

void bw_text_cut(struct bw_buf *out, struct bw_str line, size_t columns)
{
    bool color, lit = false;
    while (line.len > 0) {
        size_t n = plain_len(line);
        struct bw_str text = {line.ptr, n}, fits = bw_text_fit(text, columns);
        bw_buf_puts(out, fits);
        columns -= bw_text_width(fits);
        if (fits.len < n)
            break;
        line = skip(line, n);
        n = escape_len(line, &color);
        bw_buf_put(out, line.ptr, n);
        lit = n > 0 ? !is_reset((struct bw_str){line.ptr, n}) : lit;
        line = skip(line, n);
    }
    if (lit)
        bw_buf_puts(out, BW_STR("\033[0m"));
}

void bw_text_put(struct bw_buf *out, struct bw_str s, const char *sgr, bool colored)
{
    if (colored && sgr)
        bw_buf_printf(out, "\033[%sm%.*s\033[0m", sgr, BW_STR_ARG(s));
    else
        bw_buf_puts(out, s);
}

void bw_text_span(double seconds, char out[BW_SPAN_LEN])
{
    double limit = 1e9; /* three decades: whatever is longer is not meant */
    if (!(seconds >= 0))
        seconds = 0;
    unsigned long s = (unsigned long)(seconds < limit ? seconds : limit);
    if (seconds < 9.95)
        snprintf(out, BW_SPAN_LEN, "%.1fs", seconds);
    else if (s < 60)
        snprintf(out, BW_SPAN_LEN, "%lus", s);
    else if (s < 3600)
        snprintf(out, BW_SPAN_LEN, "%lum %02lus", s / 60, s % 60);
    else if (s < 86400)
        snprintf(out, BW_SPAN_LEN, "%luh %02lum", s / 3600, s / 60 % 60);
    else
        snprintf(out, BW_SPAN_LEN, "%lud %luh", s / 86400, s / 3600 % 24);
}

void bw_text_when(int64_t wall_us, int64_t now_us, char out[BW_WHEN_LEN])
{
    time_t then = (time_t)(wall_us / 1000000), now = (time_t)(now_us / 1000000);
    struct tm a, b;
    out[0] = 0;
    if (!localtime_r(&then, &a) || !localtime_r(&now, &b))
        return;
    bool today = a.tm_year == b.tm_year && a.tm_yday == b.tm_yday;
    size_t n = strftime(out, BW_WHEN_LEN, today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &a);
    snprintf(out + n, BW_WHEN_LEN - n, ".%03d", (int)(wall_us / 1000 % 1000));
}

const char *bw_text_status_sgr(enum bw_status status)
{
    switch (status) {
    case BW_RUNNING:
        return BW_SGR_BLUE;
    case BW_COMPLETED:
        return BW_SGR_GREEN;
    case BW_FAILED:
    case BW_TIMEOUT:
        return BW_SGR_RED;
    case BW_PAUSED:
    case BW_CANCELLED:
        return BW_SGR_YELLOW;
    default:
        return BW_SGR_DIM;
    }
}

const char *bw_text_level_sgr(struct bw_str level)
{
    if (bw_str_is(level, "error"))
        return BW_SGR_RED;
    if (bw_str_is(level, "warning"))
        return BW_SGR_YELLOW;
    return bw_str_is(level, "debug") ? BW_SGR_DIM : NULL;
}

/* Diagnostics. A value that holds a space, a quote or a control character is quoted; since values
 * come from printf, a pair ends where " word=" begins the next. */
#include "base/diag.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static enum bw_diag_level max_level = BW_DIAG_INFO;
static int as_json;

void bw_diag_setup(enum bw_diag_level level, int json)
{
    max_level = level;
    as_json = json;
}

enum { PAIRS_MAX = 768 };

/* Quoting at most doubles the pairs, and time, level and id need less than the rest: so a JSON line
 * is never cut, and always JSON. */
struct line {
    char text[2 * PAIRS_MAX + 512];
    size_t len;
};

static void put(struct line *l, char c)
{
    if (l->len < sizeof l->text - 1) /* leaves room for the newline */
        l->text[l->len++] = c;
}

static void put_text(struct line *l, const char *s)
{
    while (*s)
        put(l, *s++);
}

static void put_quoted(struct line *l, const char *s, size_t n)
{
    put(l, '"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\')
            put(l, '\\');
        put(l, c < 0x20 ? ' ' : (char)c);
    }
    put(l, '"');
}

static void put_value(struct line *l, const char *s, size_t n)
{
    int plain = n > 0;
    for (size_t i = 0; i < n; i++)
        plain = plain && (unsigned char)s[i] > ' ' && s[i] != '"' && s[i] != '=' && s[i] != '\\';
    if (plain && !as_json)
        while (n--)
            put(l, *s++);
    else
        put_quoted(l, s, n);
}

/* Where the next " key=" begins in s, or its end. */
static const char *pair_end(const char *s)
{
    for (const char *p = strchr(s, ' '); p; p = strchr(p + 1, ' ')) {
        const char *k = p + 1;
        while (islower((unsigned char)*k) || *k == '_' || (k > p + 1 && isdigit((unsigned char)*k)))
            k++;
        if (k > p + 1 && *k == '=')
            return p;
    }
    return s + strlen(s);
}

static void put_pair(struct line *l, const char *key, size_t key_len, const char *val, size_t n)
{
    put_text(l, as_json ? ",\"" : " ");
    for (size_t i = 0; i < key_len; i++)
        put(l, key[i]);
    put_text(l, as_json ? "\":" : "=");
    put_value(l, val, n);
}

void bw_diag(enum bw_diag_level level, const char *id, const char *fmt, ...)
{
    if (level > max_level)
        return;
    char now[BW_TIME_LEN + 1], pairs[PAIRS_MAX];
    struct line l = {.len = 0};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(pairs, sizeof pairs, fmt, ap);
    va_end(ap);
    bw_time_format(bw_clock_wall_us(), now);
    put_text(&l, as_json ? "{\"time\":\"" : "time=");
    put_text(&l, now);
    put_text(&l, as_json ? "\",\"level\":\"" : " level=");
    put_text(&l, level_names[level]);
    put_text(&l, as_json ? "\",\"id\":\"" : " id=");
    put_text(&l, id);
    put_text(&l, as_json ? "\"" : "");
    for (const char *s = pairs; *s;) {
        const char *eq = strchr(s, '='), *end = pair_end(s);
        if (eq && eq < end)
            put_pair(&l, s, (size_t)(eq - s), eq + 1, (size_t)(end - eq - 1));
        else
            put_pair(&l, "text", 4, s, (size_t)(end - s));
        s = *end ? end + 1 : end;
    }
    put_text(&l, as_json ? "}" : "");
    l.text[l.len < sizeof l.text ? l.len : sizeof l.text - 1] = '\n';
    if (write(STDERR_FILENO, l.text, l.len + 1) < 0)
        return; /* nowhere left to say it */
}

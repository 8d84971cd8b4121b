/* Finding progress at the end of a line. Reads backwards, because almost every line ends in
 * something that is no progress, and is then done with at once. */
#include "progress.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>

enum { DIGITS_MAX = 15, MATCH_BYTES_MAX = 4096 };

static char last(struct bw_str s)
{
    return s.len > 0 ? s.ptr[s.len - 1] : 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Takes one escape sequence such as "\033[0m" from the end. */
static bool trim_escape(struct bw_str *s)
{
    size_t i = s->len;
    if (i < 3 || !isalpha((unsigned char)last(*s)))
        return false;
    for (i--; i > 1 && (is_digit(s->ptr[i - 1]) || s->ptr[i - 1] == ';'); i--)
        ;
    if (i < 2 || s->ptr[i - 1] != '[' || s->ptr[i - 2] != '\033')
        return false;
    s->len = i - 2;
    return true;
}

static void trim(struct bw_str *s)
{
    size_t before;
    do {
        before = s->len;
        while (is_space(last(*s)))
            s->len--;
        trim_escape(s);
    } while (s->len < before);
}

/* Takes a number, with decimals if they are allowed, from the end. */
static bool take_number(struct bw_str *s, bool decimals, double *out)
{
    char text[DIGITS_MAX + 1];
    size_t n = 0;
    bool dot = false;
    while (n < s->len) {
        char c = s->ptr[s->len - 1 - n];
        if (c == '.' && decimals && !dot && n > 0)
            dot = true;
        else if (!is_digit(c))
            break;
        n++;
    }
    if (n == 0 || n > DIGITS_MAX || s->ptr[s->len - n] == '.')
        return false;
    memcpy(text, s->ptr + s->len - n, n);
    text[n] = 0;
    *out = strtod(text, NULL);
    s->len -= n;
    return true;
}

/* Whether a number may begin behind these characters: not inside a word, a path, a date, a
 * time. */
static bool may_precede(struct bw_str s)
{
    char c = last(s);
    if (c == ':')
        return s.len > 1 && !is_digit(s.ptr[s.len - 2]);
    return s.len == 0 || !(isalnum((unsigned char)c) || (c && strchr("./-_+,", c)));
}

static bool take_percent(struct bw_str *s, struct bw_progress *out)
{
    s->len--; /* the % */
    if (last(*s) == ' ')
        s->len--;
    *out = (struct bw_progress){0};
    return take_number(s, true, &out->percent) && out->percent <= 100 && may_precede(*s);
}

static bool take_fraction(struct bw_str *s, struct bw_progress *out)
{
    double done, total;
    if (!take_number(s, false, &total))
        return false;
    while (is_space(last(*s)))
        s->len--;
    if (last(*s) != '/')
        return false;
    s->len--;
    while (is_space(last(*s)))
        s->len--;
    if (!take_number(s, false, &done) || !may_precede(*s) || total <= 0 || done > total)
        return false;
    *out = (struct bw_progress){.percent = done / total * 100, .done = done, .total = total};
    return true;
}

bool bw_progress_find(struct bw_str line, struct bw_progress *out, struct bw_str *before)
{
    char open = 0;
    trim(&line);
    if (last(line) == ')' || last(line) == ']') {
        open = last(line) == ')' ? '(' : '[';
        line.len--;
        trim(&line);
    }
    bool found = last(line) == '%'           ? take_percent(&line, out)
                 : is_digit(last(line)) != 0 ? take_fraction(&line, out)
                                             : false;
    if (!found)
        return false;
    trim(&line);
    if (open && last(line) == open)
        line.len--;
    trim(&line);
    *before = line;
    return true;
}

struct bw_progress_pattern {
    regex_t regex;
};

int bw_progress_pattern_create(struct bw_progress_pattern **out, const char *regex,
                               struct bw_fault *fault)
{
    struct bw_progress_pattern *p = *out = calloc(1, sizeof *p);
    char why[128];
    if (!p)
        return BW_ENOMEM;
    int rc = regcomp(&p->regex, regex, REG_EXTENDED);
    if (rc == 0 && (p->regex.re_nsub == 1 || p->regex.re_nsub == 2))
        return 0;
    if (rc == 0) {
        bw_fault(fault, BW_EINVAL, "progress",
                 "the pattern has %zu groups: it needs one in (…) for the percentage, or two for "
                 "how many of how many",
                 p->regex.re_nsub);
        regfree(&p->regex);
    } else {
        regerror(rc, &p->regex, why, sizeof why);
        bw_fault(fault, BW_EINVAL, "progress", "the pattern is no extended regular expression: %s",
                 why);
    }
    free(p);
    *out = NULL;
    return BW_EINVAL;
}

void bw_progress_pattern_destroy(struct bw_progress_pattern **pattern)
{
    if (*pattern)
        regfree(&(*pattern)->regex);
    free(*pattern);
    *pattern = NULL;
}

static bool read_group(struct bw_str line, regmatch_t group, double *out)
{
    char text[32], *end;
    size_t n = group.rm_so < 0 ? 0 : (size_t)(group.rm_eo - group.rm_so);
    if (n == 0 || n >= sizeof text)
        return false;
    memcpy(text, line.ptr + group.rm_so, n);
    text[n] = 0;
    *out = strtod(text, &end);
    return *end == 0 && *out >= 0 && *out < 1e15;
}

bool bw_progress_match(const struct bw_progress_pattern *p, struct bw_str line,
                       struct bw_progress *out)
{
    regmatch_t groups[3];
    if (line.len > MATCH_BYTES_MAX)
        line.len = MATCH_BYTES_MAX;
    groups[0] = (regmatch_t){.rm_so = 0, .rm_eo = (regoff_t)line.len};
    *out = (struct bw_progress){0};
    if (line.len == 0 || regexec(&p->regex, line.ptr, 3, groups, REG_STARTEND) != 0)
        return false;
    if (p->regex.re_nsub == 1)
        return read_group(line, groups[1], &out->percent) && out->percent <= 100;
    if (!read_group(line, groups[1], &out->done) || !read_group(line, groups[2], &out->total) ||
        out->total <= 0 || out->done > out->total)
        return false;
    out->percent = out->done / out->total * 100;
    return true;
}

void bw_pace_touch(struct bw_pace *p)
{
    p->changed = true;
}

bool bw_pace_take(struct bw_pace *p, int64_t now_us)
{
    if (!p->changed || now_us < p->next_us)
        return false;
    p->changed = false;
    p->next_us = now_us + p->interval_us;
    return true;
}

int64_t bw_pace_due_us(const struct bw_pace *p)
{
    return p->changed ? p->next_us : INT64_MAX;
}

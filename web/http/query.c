/* Percent-decoding, and the parameters of a query string. */
#include "web/http/query.h"

#include <stdio.h>
#include <stdlib.h>

#include "wire/utf8.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int bw_percent_decode(char *text, size_t *len, bool plus_is_space)
{
    size_t out = 0;
    for (size_t i = 0; i < *len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < *len ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < *len ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return BW_EINVAL;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return BW_EINVAL;
        text[out++] = c;
    }
    *len = out;
    return bw_utf8_valid((struct bw_str){text, out}) ? 0 : BW_EINVAL;
}

/* A fault on the parameter `name`, or on none where the name cannot be shown. */
static int bad_param(struct bw_str name, struct bw_fault *fault, const char *why, const char *known)
{
    char field[sizeof fault->field] = "";
    name = bw_utf8_cut(name, sizeof field - 1);
    if (bw_utf8_valid(name))
        snprintf(field, sizeof field, "%.*s", BW_STR_ARG(name));
    return bw_fault(fault, BW_EINVAL, field, "%s%s", why, known);
}

/* Decodes one name or value in place; `name` is what is known of the name so far. */
static int decode(struct bw_str *s, char *at, struct bw_str name, struct bw_fault *fault)
{
    s->ptr = at;
    if (bw_percent_decode(at, &s->len, true) == 0)
        return 0;
    return bad_param(name, fault, "not percent-encoded UTF-8", " (% takes two hex digits; no NUL)");
}

int bw_query_parse(struct bw_str text, struct bw_query *out, struct bw_fault *fault)
{
    *out = (struct bw_query){.n = 0};
    if (text.len == 0)
        return 0;
    out->memory = malloc(text.len);
    if (!out->memory)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    memcpy(out->memory, text.ptr, text.len);

    int err = 0;
    char *end = out->memory + text.len;
    for (char *at = out->memory, *next; at < end && err == 0; at = next + 1) {
        next = memchr(at, '&', (size_t)(end - at));
        next = next ? next : end;
        if (next == at)
            continue; /* "a=1&&b=2" */
        if (out->n == BW_QUERY_PARAMS_MAX) {
            err = bw_fault(fault, BW_EINVAL, "", "more than %d query parameters",
                           BW_QUERY_PARAMS_MAX);
            break;
        }
        char *eq = memchr(at, '=', (size_t)(next - at));
        char *name_end = eq ? eq : next;
        struct bw_param *p = &out->params[out->n++];
        p->name.len = (size_t)(name_end - at);
        p->value.len = eq ? (size_t)(next - eq - 1) : 0;
        err = decode(&p->name, at, (struct bw_str){at, p->name.len}, fault);
        if (err == 0)
            err = decode(&p->value, eq ? eq + 1 : name_end, p->name, fault);
    }
    if (err)
        bw_query_free(out);
    return err;
}

void bw_query_free(struct bw_query *query)
{
    free(query->memory);
    *query = (struct bw_query){.n = 0};
}

struct bw_str bw_query_get(const struct bw_query *query, const char *name)
{
    for (size_t i = 0; i < query->n; i++)
        if (bw_str_is(query->params[i].name, name))
            return query->params[i].value;
    return (struct bw_str){NULL, 0};
}

int bw_query_check(const struct bw_query *query, const char *known, struct bw_fault *fault)
{
    if (known && strcmp(known, "*") == 0)
        return 0;
    for (size_t i = 0; i < query->n; i++) {
        struct bw_str name = query->params[i].name;
        if (bw_str_is_word_of(name, known))
            continue;
        return bad_param(name, fault,
                         "unknown query parameter; known here: ", known ? known : "none");
    }
    return 0;
}

/* Query parameters with types. */
#include "web/rest/params.h"

#include <stdlib.h>

#include "base/values.h"

void bw_params_begin(struct bw_params *p, const struct bw_query *query)
{
    size_t most = 0; /* a value more than there are commas, for each parameter */
    size_t bytes = 0;
    for (size_t i = 0; i < query->n; i++) {
        most++;
        bytes += query->params[i].value.len;
        for (size_t k = 0; k < query->params[i].value.len; k++)
            most += query->params[i].value.ptr[k] == ',';
    }
    *p = (struct bw_params){.query = query};
    p->values = most ? calloc(most, sizeof *p->values) : NULL;
    p->text = most ? malloc(bytes + 1) : NULL;
    if (most && !(p->values && p->text)) {
        bw_fault(&p->fault, BW_ENOMEM, "", "out of memory");
        bw_params_free(p);
    }
}

void bw_params_free(struct bw_params *p)
{
    free(p->values);
    free(p->text);
    p->values = NULL;
    p->text = NULL;
}

static void refuse(struct bw_params *p, const char *name, const char *why)
{
    if (p->fault.err == 0)
        bw_fault(&p->fault, BW_EINVAL, name, "%s", why);
}

struct bw_str bw_params_str(struct bw_params *p, const char *name, size_t max)
{
    struct bw_str found = {NULL, 0};
    for (size_t i = 0; i < p->query->n; i++) {
        if (!bw_str_is(p->query->params[i].name, name))
            continue;
        if (found.ptr)
            refuse(p, name, "is given twice");
        found = p->query->params[i].value;
    }
    if (found.len > max)
        refuse(p, name, "is too long");
    return found;
}

uint32_t bw_params_u32(struct bw_params *p, const char *name, uint32_t low, uint32_t high,
                       uint32_t otherwise)
{
    struct bw_str text = bw_params_str(p, name, 10);
    uint64_t n = 0;
    if (!text.ptr)
        return otherwise;
    bool good = text.len > 0 && text.len <= 10;
    for (size_t i = 0; good && i < text.len; i++) {
        good = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        n = n * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    if (good && n >= low && n <= high)
        return (uint32_t)n;
    if (p->fault.err == 0)
        bw_fault(&p->fault, BW_EINVAL, name, "must be a whole number from %u to %u", low, high);
    return otherwise;
}

struct bw_cursor bw_params_cursor(struct bw_params *p, const char *name,
                                  enum bw_cursor_kind otherwise)
{
    struct bw_cursor cursor = {.kind = otherwise};
    struct bw_fault fault = {0};
    struct bw_str text = bw_params_str(p, name, BW_CURSOR_LEN);
    if (text.ptr && bw_cursor_parse(text, name, &cursor, &fault) != 0)
        refuse(p, name, fault.message);
    return cursor;
}

struct bw_str_set bw_params_set(struct bw_params *p, const char *name)
{
    struct bw_str_set set = {.v = p->values + p->n_values};
    bool given = false;
    for (size_t i = 0; i < p->query->n && p->values; i++) {
        struct bw_str rest = p->query->params[i].value, value;
        if (!bw_str_is(p->query->params[i].name, name))
            continue;
        given = true;
        while (bw_values_take(&rest, p->text + p->text_len, &value)) {
            p->values[p->n_values++] = value;
            p->text_len += value.len;
            set.n++;
        }
    }
    if (given &&
        set.n == 0) /* "owner=" of a caller that lacks the owner must not find everybody's */
        refuse(p, name, "is empty; leave it out to mean any");
    if (set.n > BW_FILTER_VALUES_MAX)
        refuse(p, name, "has more than 1000 values");
    return set;
}

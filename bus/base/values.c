/* Taking lists of values apart. */
#include "base/values.h"

static bool is_escape(struct bw_str s)
{
    return s.len > 1 && s.ptr[0] == '\\' && (s.ptr[1] == ',' || s.ptr[1] == '\\');
}

static struct bw_str behind(struct bw_str s, size_t n)
{
    return (struct bw_str){s.ptr + n, s.len - n};
}

bool bw_values_take(struct bw_str *rest, char *out, struct bw_str *value)
{
    size_t len = 0;
    struct bw_str s = *rest;
    for (; s.len > 0 && !(s.ptr[0] == ',' && len > 0); s = behind(s, 1)) {
        if (s.ptr[0] == ',')
            continue; /* nothing stands before it */
        if (is_escape(s))
            s = behind(s, 1);
        out[len++] = s.ptr[0];
    }
    *rest = behind(s, s.len > 0);
    *value = (struct bw_str){out, len};
    return len > 0;
}

/* Percent-decoding, and the parameters of a query string. */
#ifndef BW_HTTP_QUERY_H
#define BW_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum { BW_QUERY_PARAMS_MAX = 64 };

struct bw_param {
    struct bw_str name, value;
};

/* Every parameter in the order given; a name may come several times. Owns its strings. */
struct bw_query {
    struct bw_param params[BW_QUERY_PARAMS_MAX];
    size_t n;
    char *memory;
};

/* Replaces %XX (and + by a space, where `plus_is_space`) in place and returns the new length.
 * BW_EINVAL: a % without two hex digits behind it, or the result holds NUL or is not UTF-8. */
int bw_percent_decode(char *text, size_t *len, bool plus_is_space) BW_MUST_CHECK;

/* Takes "a=1&b=x%20y" apart. An empty text has no parameters. On error *fault names the parameter
 * that is wrong, and there is nothing to free. */
int bw_query_parse(struct bw_str text, struct bw_query *out, struct bw_fault *fault) BW_MUST_CHECK;
void bw_query_free(struct bw_query *query);

/* The first value given for a name, or an empty string with ptr NULL. */
struct bw_str bw_query_get(const struct bw_query *query, const char *name);

/* Refuses a parameter whose name is not in `known` (names separated by spaces; NULL for none; "*"
 * for any): a misspelt filter must not silently find everything. */
int bw_query_check(const struct bw_query *query, const char *known,
                   struct bw_fault *fault) BW_MUST_CHECK;

#endif

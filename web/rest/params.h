/* Query parameters with types. A handler takes all of its parameters and then asks once whether one
 * of them was wrong: the first fault stays. */
#ifndef BW_REST_PARAMS_H
#define BW_REST_PARAMS_H

#include "web/http/query.h"
#include "wire/rpc.h"

struct bw_params {
    const struct bw_query *query;
    struct bw_fault fault;
    struct bw_str *values; /* memory of all lists together … */
    size_t n_values;
    char *text; /* … and of their texts */
    size_t text_len;
};

void bw_params_begin(struct bw_params *p, const struct bw_query *query);
void bw_params_free(struct bw_params *p);

/* The value, or empty if it was not given. Given twice, or longer than max bytes: a fault. */
struct bw_str bw_params_str(struct bw_params *p, const char *name, size_t max);
/* A whole number from low to high; `otherwise` if it was not given. */
uint32_t bw_params_u32(struct bw_params *p, const char *name, uint32_t low, uint32_t high,
                       uint32_t otherwise);
/* `otherwise` if it was not given. */
struct bw_cursor bw_params_cursor(struct bw_params *p, const char *name,
                                  enum bw_cursor_kind otherwise);
/* Values with commas between them (base/values.h), the parameter given any number of times. An
 * empty list is any. Each name once. */
struct bw_str_set bw_params_set(struct bw_params *p, const char *name);

#endif

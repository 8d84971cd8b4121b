/* What fuzz targets share: a property that must hold, and the steps that most of them take. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "wire/json.h"
#include "wire/mp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer keeps the input of whatever aborts. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline struct bw_str fuzz_input(const uint8_t *data, size_t size)
{
    return (struct bw_str){(const char *)data, size};
}

/* Whatever our writer wrote, another reader takes. Whole numbers may exceed what jansson's integers
 * hold, so all are read as reals; NUL is legal in JSON's strings. */
static inline void fuzz_require_json(const struct bw_buf *text)
{
    json_error_t error;
    REQUIRE(!text->failed);
    json_t *v = json_loadb(text->data, text->len,
                           JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    if (!v)
        fprintf(stderr, "%s in %.*s\n", error.text, BW_STR_ARG(bw_buf_str(text)));
    REQUIRE(v);
    json_decref(v);
}

static inline void fuzz_require_same(const struct bw_buf *a, const struct bw_buf *b)
{
    REQUIRE(!a->failed && !b->failed);
    REQUIRE(bw_str_eq(bw_buf_str(a), bw_buf_str(b)));
}

/* What we packed ourselves must unpack; the object borrows from the buffer. */
static inline msgpack_object fuzz_unpack(const struct bw_buf *b, msgpack_zone *zone)
{
    msgpack_object o;
    struct bw_fault fault = {0};
    REQUIRE(!b->failed);
    if (bw_mp_unpack(bw_buf_str(b), BW_MP_DEPTH_MAX, zone, &o, &fault) != 0)
        fprintf(stderr, "%s\n", fault.message);
    REQUIRE(fault.err == 0);
    return o;
}

#endif

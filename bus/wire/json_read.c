/* Reading JSON: jansson parses, and what it found is packed. */
#include "wire/json.h"

#include <jansson.h>

#include "wire/mp.h"

/* `depth` containers are around v. */
static int pack(msgpack_packer *pk, const json_t *v, int depth, struct bw_fault *fault);

static int pack_array(msgpack_packer *pk, const json_t *v, int depth, struct bw_fault *fault)
{
    size_t n = json_array_size(v);
    int err = 0;
    msgpack_pack_array(pk, n);
    for (size_t i = 0; i < n && !err; i++)
        err = pack(pk, json_array_get(v, i), depth + 1, fault);
    return err;
}

static int pack_map(msgpack_packer *pk, json_t *v, int depth, struct bw_fault *fault)
{
    int err = 0;
    msgpack_pack_map(pk, json_object_size(v));
    for (void *it = json_object_iter(v); it && !err; it = json_object_iter_next(v, it)) {
        bw_mp_cstr(pk, json_object_iter_key(it));
        err = pack(pk, json_object_iter_value(it), depth + 1, fault);
    }
    return err;
}

static int pack(msgpack_packer *pk, const json_t *v, int depth, struct bw_fault *fault)
{
    bool is_container = json_is_object(v) || json_is_array(v);
    if (is_container && depth == BW_JSON_DEPTH_MAX)
        return bw_fault(fault, BW_EINVAL, "", "JSON nests deeper than %d levels",
                        BW_JSON_DEPTH_MAX);
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return pack_map(pk, (json_t *)v, depth, fault);
    case JSON_ARRAY:
        return pack_array(pk, v, depth, fault);
    case JSON_STRING:
        bw_mp_str(pk, (struct bw_str){json_string_value(v), json_string_length(v)});
        return 0;
    case JSON_INTEGER:
        msgpack_pack_int64(pk, json_integer_value(v));
        return 0;
    case JSON_REAL:
        bw_mp_number(pk, json_real_value(v));
        return 0;
    case JSON_TRUE:
        msgpack_pack_true(pk);
        return 0;
    case JSON_FALSE:
        msgpack_pack_false(pk);
        return 0;
    default:
        msgpack_pack_nil(pk);
        return 0;
    }
}

/* jansson refuses integers beyond int64. Read again with every number as a double, which are packed
 * as integers where they are whole: only numbers beyond 2^53 lose digits, in such a text. */
static json_t *load(struct bw_str text, json_error_t *error)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    const char *p = text.len > 0 ? text.ptr : "";
    json_t *v = json_loadb(p, text.len, flags, error);
    if (!v && json_error_code(error) == json_error_numeric_overflow)
        v = json_loadb(p, text.len, flags | JSON_DECODE_INT_AS_REAL, error);
    return v;
}

int bw_json_to_msgpack(struct bw_str text, struct bw_buf *out, struct bw_fault *fault)
{
    msgpack_packer pk;
    json_error_t error;
    size_t len = out->len;
    json_t *v = load(text, &error);
    if (!v && json_error_code(&error) == json_error_out_of_memory)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    if (!v)
        return bw_fault(fault, BW_EINVAL, "", "not JSON, line %d column %d: %s", error.line,
                        error.column, error.text);
    bw_mp_packer(&pk, out);
    int err = pack(&pk, v, 0, fault);
    if (!err && out->failed)
        err = bw_fault(fault, BW_ENOMEM, "", "out of memory");
    if (err)
        out->len = len;
    json_decref(v);
    return err;
}

/* Reading JSON: jansson parses, and what it found is packed. */
#include "wire/json.h"

#include <jansson.h>

#include "wire/mp.h"

static void pack(msgpack_packer *pk, const json_t *v);

static void pack_array(msgpack_packer *pk, const json_t *v)
{
    size_t n = json_array_size(v);
    msgpack_pack_array(pk, n);
    for (size_t i = 0; i < n; i++)
        pack(pk, json_array_get(v, i));
}

static void pack_map(msgpack_packer *pk, json_t *v)
{
    msgpack_pack_map(pk, json_object_size(v));
    for (void *it = json_object_iter(v); it; it = json_object_iter_next(v, it)) {
        bw_mp_cstr(pk, json_object_iter_key(it));
        pack(pk, json_object_iter_value(it));
    }
}

static void pack(msgpack_packer *pk, const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        pack_map(pk, (json_t *)v);
        return;
    case JSON_ARRAY:
        pack_array(pk, v);
        return;
    case JSON_STRING:
        bw_mp_str(pk, (struct bw_str){json_string_value(v), json_string_length(v)});
        return;
    case JSON_INTEGER:
        msgpack_pack_int64(pk, json_integer_value(v));
        return;
    case JSON_REAL:
        bw_mp_number(pk, json_real_value(v));
        return;
    case JSON_TRUE:
        msgpack_pack_true(pk);
        return;
    case JSON_FALSE:
        msgpack_pack_false(pk);
        return;
    default:
        msgpack_pack_nil(pk);
    }
}

/* Whether brackets nest deeper than BW_JSON_DEPTH_MAX. Asked before jansson is, which recurses 2048
 * levels deep: more than the stack of a small thread (civetweb's workers have 100 KiB) holds. */
static bool nests_too_deep(struct bw_str text)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{') && ++depth > BW_JSON_DEPTH_MAX)
            return true;
        else if (!in_string && (c == ']' || c == '}'))
            depth--;
    }
    return false;
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
    if (nests_too_deep(text))
        return bw_fault(fault, BW_EINVAL, "", "JSON nests deeper than %d levels",
                        BW_JSON_DEPTH_MAX);
    json_t *v = load(text, &error);
    if (!v && json_error_code(&error) == json_error_out_of_memory)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    if (!v)
        return bw_fault(fault, BW_EINVAL, "", "not JSON, line %d column %d: %s", error.line,
                        error.column, error.text);
    bw_mp_packer(&pk, out);
    pack(&pk, v);
    json_decref(v);
    if (!out->failed)
        return 0;
    out->len = len;
    return bw_fault(fault, BW_ENOMEM, "", "out of memory");
}

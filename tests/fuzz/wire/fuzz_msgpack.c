/* Msgpack of any kind: the input is what a stranger sends.
 *
 * Properties. What unpacks can be written as JSON by us and read by another reader, whatever its
 * keys, bytes and numbers are; strings are replaced where they are not UTF-8. */
#include "fuzz.h"

/* jansson cannot hold a NUL in a key; events cannot have one. */
static bool has_nul_key(const msgpack_object *o)
{
    if (o->type == MSGPACK_OBJECT_ARRAY)
        for (uint32_t i = 0; i < o->via.array.size; i++)
            if (has_nul_key(&o->via.array.ptr[i]))
                return true;
    if (o->type == MSGPACK_OBJECT_MAP)
        for (uint32_t i = 0; i < o->via.map.size; i++) {
            const msgpack_object_kv *kv = &o->via.map.ptr[i];
            if (kv->key.type == MSGPACK_OBJECT_STR && kv->key.via.str.size > 0 &&
                memchr(kv->key.via.str.ptr, 0, kv->key.via.str.size))
                return true;
            if (has_nul_key(&kv->val))
                return true;
        }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    msgpack_zone zone;
    msgpack_object o;
    struct bw_fault fault = {0};
    if (!msgpack_zone_init(&zone, 8192))
        return 0;
    if (bw_mp_unpack(fuzz_input(data, size), BW_MP_DEPTH_MAX, &zone, &o, &fault) != 0) {
        REQUIRE(fault.err == BW_EPROTO && fault.message[0]);
    } else if (!has_nul_key(&o)) {
        struct bw_buf text = {0};
        bw_json_object(&text, &o);
        fuzz_require_json(&text);
        bw_buf_free(&text);
    }
    msgpack_zone_destroy(&zone);
    return 0;
}

/* The bus's answers: errors, and what became of published events. */
#include "wire/rpc.h"

#include <stdio.h>

#include "wire/mp.h"
#include "wire/utf8.h"

static void put_fault(struct bw_mp_map *m, const struct bw_fault *fault)
{
    bw_mp_put_cstr(m, "code", bw_err_code(fault->err));
    bw_mp_put_cstr(m, "message", fault->message[0] ? fault->message : bw_err_text(fault->err));
    if (fault->field[0])
        bw_mp_put_cstr(m, "field", fault->field);
}

/* Reads {code, message, field}; returns the error number. */
static int get_fault(const msgpack_object *map, struct bw_fault *out)
{
    struct bw_fault wrong = {0};
    struct bw_str code = {0}, message = {0}, field = {0};
    char word[32];
    bw_mp_get_str(map, "code", sizeof word - 1, &code, &wrong);
    bw_mp_get_str(map, "message", SIZE_MAX, &message, &wrong);
    bw_mp_get_str(map, "field", SIZE_MAX, &field, &wrong);
    snprintf(word, sizeof word, "%.*s", BW_STR_ARG(code));
    field = bw_utf8_cut(field, sizeof out->field - 1);
    message = bw_utf8_cut(message, sizeof out->message - 1);
    *out = (struct bw_fault){.err = bw_err_from_code(word)};
    snprintf(out->field, sizeof out->field, "%.*s", BW_STR_ARG(field));
    snprintf(out->message, sizeof out->message, "%.*s", BW_STR_ARG(message));
    return out->err;
}

void bw_rpc_error_encode(struct bw_buf *out, const struct bw_fault *fault)
{
    struct bw_mp_map m;
    bw_mp_map_begin(&m, out);
    bw_mp_put_bool(&m, "ok", false);
    put_fault(&m, fault);
    bw_mp_map_end(&m);
}

int bw_rpc_reply_check(const msgpack_object *map, struct bw_fault *fault)
{
    struct bw_fault answered = {0};
    bool ok = false;
    if (!bw_mp_get_bool(map, "ok", &ok, &answered))
        return bw_fault(fault, BW_EPROTO, "", "the answer does not say whether it is one");
    if (ok)
        return 0;
    get_fault(map, &answered);
    return bw_fault(fault, answered.err, answered.field, "%s", answered.message);
}

void bw_rpc_publish_reply_begin(struct bw_buf *out, uint32_t epoch, uint32_t n)
{
    msgpack_packer pk;
    bw_mp_packer(&pk, out);
    msgpack_pack_map(&pk, 3);
    bw_mp_cstr(&pk, "ok");
    msgpack_pack_true(&pk);
    bw_mp_cstr(&pk, "epoch");
    msgpack_pack_uint32(&pk, epoch);
    bw_mp_cstr(&pk, "results");
    msgpack_pack_array(&pk, n);
}

void bw_rpc_publish_result_encode(struct bw_buf *out, const struct bw_publish_result *r)
{
    struct bw_mp_map m, error;
    bw_mp_map_begin(&m, out);
    bw_mp_put_str(&m, "id", r->id);
    if (r->seq)
        bw_mp_put_u64(&m, "seq", r->seq);
    if (r->duplicate)
        bw_mp_put_bool(&m, "duplicate", true);
    if (r->stale) {
        bw_mp_put_bool(&m, "applied", false);
        bw_mp_put_cstr(&m, "reason", "stale");
    }
    if (r->effect)
        bw_mp_put_cstr(&m, "effect", bw_effect_name(r->effect));
    if (r->fault.err) {
        bw_mp_key(&m, "error");
        bw_mp_map_begin(&error, out);
        put_fault(&error, &r->fault);
        bw_mp_map_end(&error);
    }
    bw_mp_map_end(&m);
}

int bw_rpc_publish_result_decode(const msgpack_object *map, struct bw_publish_result *out)
{
    struct bw_fault wrong;
    struct bw_str reason = {0}, effect = {0};
    const msgpack_object *error = bw_mp_get(map, "error");
    bw_publish_result_init(out, (struct bw_str){0});
    wrong.err = 0;
    bw_mp_get_str(map, "id", SIZE_MAX, &out->id, &wrong);
    bw_mp_get_u64(map, "seq", &out->seq, &wrong);
    bw_mp_get_bool(map, "duplicate", &out->duplicate, &wrong);
    bw_mp_get_str(map, "reason", SIZE_MAX, &reason, &wrong);
    if (bw_mp_get_str(map, "effect", SIZE_MAX, &effect, &wrong) &&
        !bw_effect_parse(effect, &out->effect))
        return BW_EPROTO;
    out->stale = bw_str_is(reason, "stale");
    if (map->type != MSGPACK_OBJECT_MAP || wrong.err)
        return BW_EPROTO;
    if (!bw_mp_is_nil(error))
        get_fault(error, &out->fault);
    return 0;
}

/* Questions to the bus, and what all answers made of them have in common. */
#include "web/rest/ask.h"

#include "wire/json.h"
#include "wire/mp.h"

/* libbellwire decoded the answer to see whether it is an error, but shows only its bytes. */
static int decode(struct bw_asked *asked, struct bw_fault *fault)
{
    struct bw_fault wrong = {0};
    struct bw_str bytes;
    uint64_t epoch = 0;
    bytes.ptr = bellwire_reply_msgpack(asked->reply, &bytes.len);
    int err = bw_mp_unpack(bytes, BW_RPC_DEPTH_MAX, &asked->zone, &asked->root, fault);
    if (!err)
        err = bw_rpc_reply_check(&asked->root, fault);
    if (err)
        return err;
    bw_mp_get_u64(&asked->root, "epoch", &epoch, &wrong);
    bw_mp_get_u64(&asked->root, "head", &asked->head, &wrong);
    asked->epoch = (uint32_t)epoch;
    return wrong.err ? bw_fault(fault, BW_EPROTO, "", "the bus's answer is malformed") : 0;
}

static int ask(const struct bw_rest *rest, const struct bw_buf *request, struct bw_asked *out,
               struct bw_fault *fault)
{
    *out = (struct bw_asked){.reply = NULL};
    if (request->failed)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    int err =
        bellwire_request(rest->bus, request->data, request->len, rest->timeout_ms, &out->reply);
    if (!out->reply)
        return bw_fault(fault, err, "", "%s", bw_err_text(err));
    msgpack_zone_init(&out->zone, MSGPACK_ZONE_CHUNK_SIZE);
    err = decode(out, fault);
    if (err)
        bw_asked_free(out);
    return err;
}

int bw_rest_ask_bytes(const struct bw_rest *rest, const struct bw_buf *request,
                      struct bw_asked *out, struct bw_fault *fault)
{
    int err = ask(rest, request, out, fault);
    bw_fresh_forget(rest->fresh);
    return err;
}

static void drop_data_prefix(struct bw_fault *fault)
{
    static const char prefix[] = "data.";
    size_t len = sizeof prefix - 1;
    if (strncmp(fault->field, prefix, len) == 0)
        memmove(fault->field, fault->field + len, strlen(fault->field + len) + 1);
}

int bw_rest_publish_one(const struct bw_rest *rest, const struct bw_buf *request, uint32_t *epoch,
                        struct bw_publish_result *result, struct bw_fault *fault)
{
    struct bw_asked asked;
    bw_publish_result_init(result, (struct bw_str){0});
    int err = bw_rest_ask_bytes(rest, request, &asked, fault);
    if (err)
        return err;
    msgpack_object_array results = bw_asked_array(&asked, "results", fault);
    if (results.size != 1 || bw_rpc_publish_result_decode(&results.ptr[0], result) != 0) {
        err = bw_fault(fault, BW_EPROTO, "", "the bus's answer holds no result");
    } else if (result->fault.err) {
        *fault = result->fault;
        err = fault->err;
        drop_data_prefix(fault);
    }
    result->id = (struct bw_str){0}; /* it was the answer's */
    *epoch = asked.epoch;
    bw_asked_free(&asked);
    return err;
}

int bw_rest_ask(const struct bw_rest *rest, const struct bw_rpc_request *request,
                struct bw_asked *out, struct bw_fault *fault)
{
    struct bw_buf bytes = {0};
    bw_rpc_request_encode(&bytes, request);
    struct bw_fresh_question asked = bw_fresh_ask(rest->fresh);
    int err = ask(rest, &bytes, out, fault);
    if (!err)
        bw_fresh_learn(rest->fresh, asked, out->epoch, out->head);
    bw_buf_free(&bytes);
    return err;
}

void bw_asked_free(struct bw_asked *asked)
{
    if (!asked->reply)
        return;
    msgpack_zone_destroy(&asked->zone);
    bellwire_reply_free(&asked->reply);
}

msgpack_object_array bw_asked_array(const struct bw_asked *asked, const char *key,
                                    struct bw_fault *fault)
{
    const msgpack_object *o = bw_mp_get(&asked->root, key);
    if (o && o->type == MSGPACK_OBJECT_ARRAY)
        return o->via.array;
    bw_fault(fault, BW_EPROTO, "", "the bus's answer holds no %s", key);
    return (msgpack_object_array){.size = 0};
}

void bw_rest_begin(struct bw_http_answer *answer, int status)
{
    bw_http_answer_json(answer, status);
    if (status == 200)
        answer->cache = BW_REST_CACHE;
    bw_buf_puts(&answer->body, BW_STR("{\"data\":"));
}

void bw_rest_end(struct bw_http_answer *answer, uint32_t epoch, uint64_t seq)
{
    char cursor[BW_CURSOR_LEN + 1];
    bw_cursor_format(epoch, seq, cursor);
    bw_buf_printf(&answer->body, ",\"cursor\":\"%s\"}", cursor);
}

void bw_rest_put_cursor(struct bw_buf *out, uint32_t epoch, uint64_t seq)
{
    char cursor[BW_CURSOR_LEN + 1];
    bw_cursor_format(epoch, seq, cursor);
    bw_buf_printf(out, seq ? "\"%s\"" : "null", cursor);
}

void bw_rest_put_text(struct bw_buf *out, struct bw_str s)
{
    if (s.len)
        bw_json_string(out, s);
    else
        bw_buf_puts(out, BW_STR("null"));
}

int bw_rest_put_row(struct bw_buf *out, const msgpack_object *row, const msgpack_object *docs,
                    struct bw_fault *fault)
{
    struct bw_task task;
    const msgpack_object *by_kind[BW_N_DOCS] = {NULL};
    if (!row || bw_task_decode(row, &task, fault) != 0)
        return bw_fault(fault, BW_EPROTO, "", "the bus's answer holds no task");
    for (int d = 0; docs && d < BW_N_DOCS; d++)
        by_kind[d] = bw_mp_get(docs, bw_doc_name((enum bw_doc)d));
    bw_task_json(out, &task, docs ? by_kind : NULL);
    return 0;
}

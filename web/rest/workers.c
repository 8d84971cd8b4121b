/* Who works, and on what. */
#include "web/rest/ask.h"
#include "web/rest/params.h"
#include "wire/json.h"
#include "wire/mp.h"

static void put_flag(struct bw_buf *b, const struct bw_asked *asked, const char *key)
{
    bool is_so = false;
    bw_mp_get_bool(&asked->root, key, &is_so, NULL);
    bw_buf_printf(b, ",\"%s\":%s", key, is_so ? "true" : "false");
}

static void put_workers(struct bw_buf *b, const struct bw_asked *asked, struct bw_fault *fault)
{
    msgpack_object_array workers = bw_asked_array(asked, "workers", fault);
    msgpack_object_array tasks = bw_asked_array(asked, "tasks", fault);
    bw_buf_puts(b, BW_STR("{\"workers\":["));
    for (uint32_t i = 0; i < workers.size; i++) {
        if (i > 0)
            bw_buf_putc(b, ',');
        bw_json_object(b, &workers.ptr[i]);
    }
    bw_buf_puts(b, BW_STR("],\"tasks\":["));
    for (uint32_t i = 0; fault->err == 0 && i < tasks.size; i++) {
        if (i > 0)
            bw_buf_putc(b, ',');
        if (bw_rest_put_row(b, &tasks.ptr[i], NULL, fault) != 0)
            return;
    }
    bw_buf_putc(b, ']');
    put_flag(b, asked, "more");
    put_flag(b, asked, "all_counted");
    bw_buf_putc(b, '}');
}

void bw_rest_get_workers(void *ctx, const struct bw_http_request *request,
                         struct bw_http_answer *answer)
{
    struct bw_params p;
    struct bw_asked asked = {.reply = NULL};
    bw_params_begin(&p, &request->query);
    struct bw_rpc_request question = {
        .op = BW_RPC_WORKERS,
        .limit = bw_params_u32(&p, "limit", 1, BW_RPC_LIMIT_MAX, 0),
    };
    if (p.fault.err == 0 && bw_rest_ask(ctx, &question, &asked, &p.fault) == 0) {
        bw_rest_begin(answer, 200);
        put_workers(&answer->body, &asked, &p.fault);
        bw_rest_end(answer, asked.epoch, asked.head);
    }
    if (p.fault.err)
        bw_http_fault(answer, &p.fault);
    bw_asked_free(&asked);
    bw_params_free(&p);
}

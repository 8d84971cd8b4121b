/* Counts and heads of the bus, and how many watch. */
#include "web/rest/ask.h"
#include "wire/json.h"
#include "wire/mp.h"

static void put_member(struct bw_buf *b, const msgpack_object *root, const char *key)
{
    const msgpack_object *o = bw_mp_get(root, key);
    bw_buf_printf(b, ",\"%s\":", key);
    if (o)
        bw_json_object(b, o);
    else
        bw_buf_puts(b, BW_STR("{}"));
}

void bw_rest_get_stats(void *ctx, const struct bw_http_request *request,
                       struct bw_http_answer *answer)
{
    const struct bw_rest *rest = ctx;
    struct bw_rpc_request question = {.op = BW_RPC_STATS};
    struct bw_asked asked = {.reply = NULL};
    struct bw_fault fault = {0};
    uint64_t oldest = 0;
    (void)request;
    if (bw_rest_ask(rest, &question, &asked, &fault) != 0) {
        bw_http_fault(answer, &fault);
        return;
    }
    bw_mp_get_u64(&asked.root, "oldest", &oldest, &fault);
    bw_rest_begin(answer, 200);
    bw_buf_printf(&answer->body, "{\"watchers\":%u,\"oldest\":", rest->watchers(rest->streams));
    bw_rest_put_cursor(&answer->body, asked.epoch, oldest);
    put_member(&answer->body, &asked.root, "tasks");
    put_member(&answer->body, &asked.root, "topics");
    put_member(&answer->body, &asked.root, "metrics");
    bw_buf_putc(&answer->body, '}');
    bw_rest_end(answer, asked.epoch, asked.head);
    bw_asked_free(&asked);
}

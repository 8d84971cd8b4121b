/* What tasks have in a field, for choosing while typing. */
#include "web/rest/ask.h"
#include "web/rest/params.h"
#include "wire/json.h"
#include "wire/mp.h"

enum { TEXT_MAX = 256 };

static void take_field(struct bw_params *p, enum bw_task_field *out)
{
    struct bw_str name = bw_params_str(p, "field", TEXT_MAX);
    if (!bw_task_field_parse(name, out) && p->fault.err == 0)
        bw_fault(&p->fault, BW_EINVAL, "field",
                 "must be type, owner, resource, queue, worker or status");
}

static void put_values(struct bw_buf *b, const struct bw_asked *asked)
{
    const msgpack_object *values = bw_mp_get(&asked->root, "values");
    bool more = false;
    bw_mp_get_bool(&asked->root, "more", &more, NULL);
    bw_buf_puts(b, BW_STR("{\"values\":"));
    if (values)
        bw_json_object(b, values);
    else
        bw_buf_puts(b, BW_STR("[]"));
    bw_buf_printf(b, ",\"more\":%s}", more ? "true" : "false");
}

void bw_rest_get_values(void *ctx, const struct bw_http_request *request,
                        struct bw_http_answer *answer)
{
    struct bw_params p;
    struct bw_asked asked = {.reply = NULL};
    bw_params_begin(&p, &request->query);
    struct bw_rpc_request question = {
        .op = BW_RPC_VALUES,
        .prefix = bw_params_str(&p, "prefix", TEXT_MAX),
        .limit = bw_params_u32(&p, "limit", 1, BW_RPC_LIMIT_MAX, 0),
    };
    take_field(&p, &question.field);
    if (p.fault.err == 0 && bw_rest_ask(ctx, &question, &asked, &p.fault) == 0) {
        bw_rest_begin(answer, 200);
        put_values(&answer->body, &asked);
        bw_rest_end(answer, asked.epoch, asked.head);
    }
    if (p.fault.err)
        bw_http_fault(answer, &p.fault);
    bw_asked_free(&asked);
    bw_params_free(&p);
}

/* Counts and heads of the bus, and how many watch. */
#include "base/metrics.h"
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

/* What this process counts of its own connections. */
static void put_transport(void *ctx, const struct bw_metric *m)
{
    static const char name[] = "bellwire_stream_transport_connections";
    struct bw_buf *b = ctx;
    if (strcmp(m->name, name) != 0)
        return;
    const char *label = strchr(m->labels, '"');
    if (b->data[b->len - 1] != '{')
        bw_buf_putc(b, ',');
    bw_json_string(b, (struct bw_str){label + 1, strlen(label) - 2});
    bw_buf_putc(b, ':');
    bw_json_uint(b, (uint64_t)bw_metric_get(m));
}

/* Of the topics that the bus has. */
static void put_subscriptions(struct bw_buf *b, const struct bw_rest *rest,
                              const msgpack_object *topics)
{
    bool first = true;
    for (uint32_t i = 0; topics && i < topics->via.map.size; i++) {
        const msgpack_object *key = &topics->via.map.ptr[i].key;
        unsigned n = rest->subscriptions(rest->streams, bw_mp_as_str(key));
        if (n == 0)
            continue;
        if (!first)
            bw_buf_putc(b, ',');
        first = false;
        bw_json_string(b, bw_mp_as_str(key));
        bw_buf_printf(b, ":%u", n);
    }
}

static void put_connections(struct bw_buf *b, const struct bw_rest *rest,
                            const msgpack_object *topics)
{
    if (topics && topics->type != MSGPACK_OBJECT_MAP)
        topics = NULL;
    bw_buf_puts(b, BW_STR(",\"connections\":{"));
    bw_metrics_each(put_transport, b);
    bw_buf_puts(b, BW_STR("},\"subscriptions\":{"));
    put_subscriptions(b, rest, topics);
    bw_buf_putc(b, '}');
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
    put_member(&answer->body, &asked.root, "recent");
    put_member(&answer->body, &asked.root, "metrics");
    put_connections(&answer->body, rest, bw_mp_get(&asked.root, "topics"));
    bw_buf_putc(&answer->body, '}');
    bw_rest_end(answer, asked.epoch, asked.head);
    bw_asked_free(&asked);
}

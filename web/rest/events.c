/* Events, read: of topics, of one task, and a task's log. The objects are the same as the event
 * frames of the WebSocket, and the cursor of an answer is where to go on, also on the WebSocket. */
#include "web/rest/ask.h"
#include "web/rest/params.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/topic.h"

enum { LEVEL_MAX = 16, TEXT_MAX = 256 };

static void put_event(struct bw_buf *b, const msgpack_object *map, uint32_t epoch,
                      struct bw_fault *fault)
{
    struct bw_event event;
    if (bw_event_decode(map, &event, fault) != 0) {
        bw_fault(fault, BW_EPROTO, "", "the bus's answer holds what is no event");
        return;
    }
    bw_buf_puts(b, BW_STR("{\"type\":\"event\","));
    bw_event_json(b, &event, epoch);
    bw_buf_putc(b, '}');
}

/* {"events":[…],"more":…},"reset":false, and where to go on. */
static void put_events(struct bw_http_answer *answer, const struct bw_asked *asked,
                       struct bw_fault *fault)
{
    msgpack_object_array events = {.size = 0};
    struct bw_buf *b = &answer->body;
    struct bw_str reset = {NULL, 0};
    uint64_t next = asked->head, earlier = 0;
    bool more = false;
    bw_mp_get_str(&asked->root, "reset", LEVEL_MAX, &reset, fault);
    bw_mp_get_bool(&asked->root, "more", &more, fault);
    bw_mp_get_u64(&asked->root, "next", &next, fault);
    if (!reset.len)
        events = bw_asked_array(asked, "events", fault);
    bw_rest_begin(answer, 200);
    bw_buf_puts(b, BW_STR("{\"events\":["));
    for (uint32_t i = 0; i < events.size && fault->err == 0; i++) {
        if (i > 0)
            bw_buf_putc(b, ',');
        put_event(b, &events.ptr[i], asked->epoch, fault);
    }
    bw_buf_printf(b, "],\"more\":%s", more ? "true" : "false");
    if (bw_mp_get_u64(&asked->root, "earlier", &earlier, fault)) {
        bw_buf_puts(b, BW_STR(",\"earlier\":"));
        bw_rest_put_cursor(b, asked->epoch, earlier);
    }
    bw_buf_printf(b, "},\"reset\":%s", reset.len ? "true" : "false");
    if (reset.len) {
        bw_buf_puts(b, BW_STR(",\"reason\":"));
        bw_json_string(b, reset);
    }
    bw_rest_end(answer, asked->epoch, reset.len ? asked->head : next);
}

/* The answer to who is at the head and has it from the bus just now. */
static void put_nothing_new(struct bw_http_answer *answer, struct bw_cursor at)
{
    bw_rest_begin(answer, 200);
    bw_buf_puts(&answer->body, BW_STR("{\"events\":[],\"more\":false},\"reset\":false"));
    bw_rest_end(answer, at.epoch, at.seq);
}

static void answer_events(const struct bw_rest *rest, const struct bw_rpc_request *question,
                          struct bw_params *p, struct bw_http_answer *answer)
{
    struct bw_asked asked = {.reply = NULL};
    if (p->fault.err == 0 && !question->backwards && bw_fresh_is(rest->fresh, question->after)) {
        put_nothing_new(answer, question->after);
        return;
    }
    if (p->fault.err == 0 && bw_rest_ask(rest, question, &asked, &p->fault) == 0)
        put_events(answer, &asked, &p->fault);
    if (p->fault.err)
        bw_http_fault(answer, &p->fault);
    bw_asked_free(&asked);
}

static struct bw_str_set take_topics(struct bw_params *p)
{
    struct bw_str_set topics = bw_params_set(p, "topic");
    for (size_t i = 0; i < topics.n; i++)
        if (!bw_topic_valid(topics.v[i]) && p->fault.err == 0)
            bw_fault(&p->fault, BW_EINVAL, "topic",
                     "must be 1 to %d characters of A-Z a-z 0-9 . _ -", BW_TOPIC_MAX);
    return topics;
}

void bw_rest_get_events(void *ctx, const struct bw_http_request *request,
                        struct bw_http_answer *answer)
{
    struct bw_params p;
    bw_params_begin(&p, &request->query);
    struct bw_rpc_request question = {
        .op = BW_RPC_EVENTS,
        .topics = take_topics(&p),
        .after = bw_params_cursor(&p, "after", BW_CURSOR_OLDEST),
        .limit = bw_params_u32(&p, "limit", 1, BW_RPC_LIMIT_MAX, 0),
        .task_ids = bw_params_set(&p, "task_id"),
        .owners = bw_params_set(&p, "owner"),
        .resources = bw_params_set(&p, "resource"),
        .event_types = bw_params_set(&p, "event_types"),
    };
    answer_events(ctx, &question, &p, answer);
    bw_params_free(&p);
}

void bw_rest_get_task_events(void *ctx, const struct bw_http_request *request,
                             struct bw_http_answer *answer)
{
    struct bw_params p;
    bw_params_begin(&p, &request->query);
    struct bw_rpc_request question = {
        .op = BW_RPC_EVENTS,
        .topics = take_topics(&p),
        .after = bw_params_cursor(&p, "after", BW_CURSOR_OLDEST),
        .limit = bw_params_u32(&p, "limit", 1, BW_RPC_LIMIT_MAX, 0),
        .task_ids = {.v = &request->args[0], .n = 1},
        .event_types = bw_params_set(&p, "event_types"),
    };
    answer_events(ctx, &question, &p, answer);
    bw_params_free(&p);
}

void bw_rest_get_logs(void *ctx, const struct bw_http_request *request,
                      struct bw_http_answer *answer)
{
    struct bw_params p;
    bw_params_begin(&p, &request->query);
    struct bw_rpc_request question = {
        .op = BW_RPC_LOGS,
        .task_id =
            request->args[0].len ? request->args[0] : bw_params_str(&p, "task_id", BW_TASK_ID_MAX),
        .after = bw_params_cursor(&p, "after", BW_CURSOR_OLDEST),
        .backwards = bw_params_str(&p, "before", BW_CURSOR_LEN).ptr != NULL,
        .before = bw_params_cursor(&p, "before", BW_CURSOR_LATEST),
        .level = bw_params_str(&p, "level", LEVEL_MAX),
        .text = bw_params_str(&p, "q", TEXT_MAX),
        .limit = bw_params_u32(&p, "limit", 1, BW_RPC_LIMIT_MAX, 0),
    };
    if (question.backwards && bw_params_str(&p, "after", BW_CURSOR_LEN).ptr && p.fault.err == 0)
        bw_fault(&p.fault, BW_EINVAL, "before", "stands beside after; give one of them");
    answer_events(ctx, &question, &p, answer);
    bw_params_free(&p);
}

/* POST /events: one event or many, in any of the forms of event_body.h, in one request to the bus.
 * Answers when they are on disk, with what became of each. */
#include <stdlib.h>

#include "web/rest/ask.h"
#include "web/rest/body.h"
#include "web/rest/event_body.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/topic.h"

/* One request under way. */
struct posting {
    const msgpack_object *items;
    uint32_t n, n_sent;
    struct bw_fault *faults; /* by item: refused here, the bus never sees it */
    struct bw_buf events;    /* of the others */
};

/* What became of all, for the status of the answer. */
struct outcome {
    uint32_t n_failed;
    int status; /* of the failures, if all have the same; else 400 */
    struct bw_fault first;
    uint64_t head; /* the highest seq given */
};

static int convert(struct posting *p, const struct bw_http_request *request,
                   const msgpack_object *root, struct bw_fault *fault)
{
    enum bw_event_form form = bw_event_form(request);
    struct bw_str topic = bw_query_get(&request->query, "topic");
    bool many = root->type == MSGPACK_OBJECT_ARRAY && form != BW_FORM_BINARY;
    p->items = many ? root->via.array.ptr : root;
    p->n = many ? root->via.array.size : 1;
    if (topic.ptr && !bw_topic_valid(topic))
        return bw_fault(fault, BW_EINVAL, "topic",
                        "must be 1 to %d characters of A-Z a-z 0-9 . _ -", BW_TOPIC_MAX);
    if (p->n == 0)
        return bw_fault(fault, BW_EINVAL, "", "the array holds no event");
    if (p->n > BW_BATCH_EVENTS_MAX)
        return bw_fault(fault, BW_ETOOBIG, "", "%u events; at most %d go in one request", p->n,
                        BW_BATCH_EVENTS_MAX);
    p->faults = calloc(p->n, sizeof *p->faults);
    if (!p->faults)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    for (uint32_t i = 0; i < p->n; i++)
        if (bw_event_body_put(&p->events, form, request, &p->items[i], topic, &p->faults[i]) == 0)
            p->n_sent++;
    return 0;
}

static int send_all(const struct bw_rest *rest, const struct posting *p, struct bw_asked *asked,
                    struct bw_fault *fault)
{
    struct bw_buf request = {0};
    bw_rpc_publish_begin(&request, p->n_sent);
    bw_buf_puts(&request, bw_buf_str(&p->events));
    request.failed |= p->events.failed;
    int err = bw_rest_ask_bytes(rest, &request, asked, fault);
    bw_buf_free(&request);
    return err;
}

static void put_result(struct bw_buf *b, const struct bw_publish_result *r, uint32_t epoch)
{
    bw_buf_puts(b, BW_STR("{\"id\":"));
    if (r->id.len)
        bw_json_string(b, r->id);
    else
        bw_buf_puts(b, BW_STR("null"));
    bw_buf_puts(b, BW_STR(",\"cursor\":"));
    bw_rest_put_cursor(b, epoch, r->seq);
    bw_buf_printf(b, ",\"duplicate\":%s,\"applied\":%s", r->duplicate ? "true" : "false",
                  r->fault.err || r->stale ? "false" : "true");
    if (r->stale)
        bw_buf_puts(b, BW_STR(",\"reason\":\"stale\""));
    if (r->fault.err) {
        bw_buf_printf(b, ",\"error\":{\"code\":\"%s\",\"message\":", bw_err_code(r->fault.err));
        bw_json_string(b, bw_str(r->fault.message));
        bw_buf_puts(b, BW_STR(",\"field\":"));
        bw_json_string(b, bw_str(r->fault.field));
        bw_buf_putc(b, '}');
    }
    bw_buf_putc(b, '}');
}

static void count(struct outcome *o, const struct bw_publish_result *r)
{
    if (r->seq > o->head)
        o->head = r->seq;
    if (!r->fault.err)
        return;
    int status = bw_http_status_of(r->fault.err);
    if (o->n_failed++ == 0) {
        o->first = r->fault;
        o->status = status;
    } else if (o->status != status) {
        o->status = 400;
    }
}

/* Appends the results, in the order of the items. BW_EPROTO: the bus did not tell of every event.
 */
static int put_results(struct bw_buf *b, const struct posting *p, const struct bw_asked *asked,
                       struct outcome *o, struct bw_fault *fault)
{
    const msgpack_object *results = asked->reply ? bw_mp_get(&asked->root, "results") : NULL;
    uint32_t told = results && results->type == MSGPACK_OBJECT_ARRAY ? results->via.array.size : 0;
    if (told != p->n_sent)
        return bw_fault(fault, BW_EPROTO, "", "the bus told of %u events instead of %u", told,
                        p->n_sent);
    const msgpack_object *next = told ? results->via.array.ptr : NULL;
    bw_buf_putc(b, '[');
    for (uint32_t i = 0; i < p->n; i++) {
        struct bw_publish_result r = {.fault = p->faults[i]};
        if (!r.fault.err && bw_rpc_publish_result_decode(next++, &r) != 0)
            return bw_fault(fault, BW_EPROTO, "", "the bus's answer holds no result");
        count(o, &r);
        if (i > 0)
            bw_buf_putc(b, ',');
        put_result(b, &r, asked->epoch);
    }
    bw_buf_putc(b, ']');
    return 0;
}

/* All good: 201. Some: 207. None: a problem, which holds the results too. */
static void put_answer(struct bw_http_answer *answer, const struct posting *p,
                       const struct bw_asked *asked, const struct outcome *o,
                       const struct bw_buf *results)
{
    struct bw_buf *b = &answer->body;
    if (o->n_failed == p->n) {
        bw_http_problem(answer, o->status, &o->first);
        b->len--; /* its closing brace */
        bw_buf_puts(b, BW_STR(",\"results\":"));
        bw_buf_puts(b, bw_buf_str(results));
        bw_buf_putc(b, '}');
        return;
    }
    bw_rest_begin(answer, o->n_failed ? 207 : 201);
    bw_buf_puts(b, BW_STR("{\"results\":"));
    bw_buf_puts(b, bw_buf_str(results));
    bw_buf_puts(b, BW_STR("},\"cursor\":"));
    bw_rest_put_cursor(b, asked->epoch, o->head);
    bw_buf_putc(b, '}');
}

void bw_rest_publish(void *ctx, const struct bw_http_request *request,
                     struct bw_http_answer *answer)
{
    struct posting p = {.items = NULL};
    struct bw_body body;
    struct bw_asked asked = {.reply = NULL};
    struct bw_buf results = {0};
    struct outcome outcome = {0};
    struct bw_fault fault = {0};
    int err = bw_body_decode(request, &body, &fault);
    if (!err)
        err = convert(&p, request, &body.root, &fault);
    if (!err && p.n_sent > 0)
        err = send_all(ctx, &p, &asked, &fault);
    if (!err)
        err = put_results(&results, &p, &asked, &outcome, &fault);
    if (err)
        bw_http_fault(answer, &fault);
    else
        put_answer(answer, &p, &asked, &outcome, &results);
    answer->body.failed |= results.failed;
    bw_asked_free(&asked);
    bw_buf_free(&results);
    bw_buf_free(&p.events);
    free(p.faults);
    bw_body_free(&body);
}

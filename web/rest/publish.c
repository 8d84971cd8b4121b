/* POST /events: one event or many, in any of the forms of event_body.h, in one request to the bus.
 * Answers when they are on disk, with what became of each. */
#include <stdlib.h>

#include "web/rest/ask.h"
#include "web/rest/body.h"
#include "web/rest/event_body.h"
#include "wire/json.h"
#include "wire/topic.h"

/* One request under way. */
struct posting {
    uint32_t n;                        /* items in the body … */
    uint32_t n_sent;                   /* … of which so many go to the bus … */
    struct bw_buf events;              /* … in this form */
    struct bw_publish_result *results; /* by item; with a fault: refused, here or by the bus */
    uint32_t epoch;
    uint64_t head; /* the highest seq given */
};

static int refuse(struct bw_fault *fault, int err, const char *field, const char *why)
{
    bw_fault(fault, err, field, "%s", why);
    return err;
}

static int convert(struct posting *p, const struct bw_http_request *request,
                   const msgpack_object *root, struct bw_fault *fault)
{
    enum bw_event_form form = bw_event_form(request);
    struct bw_str topic = bw_query_get(&request->query, "topic");
    bool many = root->type == MSGPACK_OBJECT_ARRAY && form != BW_FORM_BINARY;
    const msgpack_object *items = many ? root->via.array.ptr : root;
    p->n = many ? root->via.array.size : 1;
    if (topic.ptr && !bw_topic_valid(topic))
        return refuse(fault, BW_EINVAL, "topic",
                      "must be 1 to 128 characters of A-Z a-z 0-9 . _ -");
    if (p->n == 0)
        return refuse(fault, BW_EINVAL, "", "the array holds no event");
    if (p->n > BW_BATCH_EVENTS_MAX)
        return refuse(fault, BW_ETOOBIG, "", "at most 1000 events go in one request");
    p->results = calloc(p->n, sizeof *p->results);
    if (!p->results)
        return refuse(fault, BW_ENOMEM, "", "out of memory");
    for (uint32_t i = 0; i < p->n; i++)
        if (bw_event_body_put(&p->events, form, request, &items[i], topic, &p->results[i].fault) ==
            0)
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

/* Fills in what the bus says, in the order of what was sent. */
static int take_results(struct posting *p, const struct bw_asked *asked, struct bw_fault *fault)
{
    msgpack_object_array told = bw_asked_array(asked, "results", fault);
    uint32_t next = 0;
    p->epoch = asked->epoch;
    for (uint32_t i = 0; i < p->n; i++) {
        struct bw_publish_result *r = &p->results[i];
        if (r->fault.err)
            continue;
        if (next == told.size || bw_rpc_publish_result_decode(&told.ptr[next++], r) != 0)
            return refuse(fault, BW_EPROTO, "", "the bus did not tell what became of every event");
        if (r->seq > p->head)
            p->head = r->seq;
    }
    return 0;
}

static void put_result(struct bw_buf *b, const struct bw_publish_result *r, uint32_t epoch)
{
    bw_buf_puts(b, BW_STR("{\"id\":"));
    bw_rest_put_text(b, r->id);
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

static void put_results(struct bw_buf *b, const struct posting *p)
{
    bw_buf_puts(b, BW_STR("\"results\":["));
    for (uint32_t i = 0; i < p->n; i++) {
        if (i > 0)
            bw_buf_putc(b, ',');
        put_result(b, &p->results[i], p->epoch);
    }
    bw_buf_putc(b, ']');
}

/* The status that a request is told by of which every event was refused: theirs, if they agree. */
static int status_of_all(const struct posting *p)
{
    int status = bw_http_status_of(p->results[0].fault.err);
    for (uint32_t i = 1; i < p->n; i++)
        if (bw_http_status_of(p->results[i].fault.err) != status)
            return 400;
    return status;
}

/* All good: 201. Some: 207. None: a problem, which holds the results too. */
static void put_answer(struct bw_http_answer *answer, const struct posting *p)
{
    struct bw_buf *b = &answer->body;
    uint32_t n_failed = 0;
    for (uint32_t i = 0; i < p->n; i++)
        n_failed += p->results[i].fault.err != 0;
    if (n_failed == p->n) {
        bw_http_problem(answer, status_of_all(p), &p->results[0].fault);
        if (b->failed)
            return;
        b->len--; /* its closing brace */
        bw_buf_putc(b, ',');
        put_results(b, p);
        bw_buf_putc(b, '}');
        return;
    }
    bw_rest_begin(answer, n_failed ? 207 : 201);
    bw_buf_putc(b, '{');
    put_results(b, p);
    bw_buf_puts(b, BW_STR("},\"cursor\":"));
    bw_rest_put_cursor(b, p->epoch, p->head);
    bw_buf_putc(b, '}');
}

void bw_rest_publish(void *ctx, const struct bw_http_request *request,
                     struct bw_http_answer *answer)
{
    struct posting p = {.n = 0};
    struct bw_body body;
    struct bw_asked asked = {.reply = NULL};
    struct bw_fault fault = {0};
    int err = bw_body_decode(request, &body, &fault);
    if (!err)
        err = convert(&p, request, &body.root, &fault);
    if (!err && p.n_sent > 0) {
        err = send_all(ctx, &p, &asked, &fault);
        if (!err)
            err = take_results(&p, &asked, &fault);
    }
    if (err)
        bw_http_fault(answer, &fault);
    else
        put_answer(answer, &p);
    bw_asked_free(&asked);
    bw_buf_free(&p.events);
    free(p.results);
    bw_body_free(&body);
}

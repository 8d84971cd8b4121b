/* Tasks, read: the list, one task, and its progress alone. */
#include "web/rest/etag.h"
#include "web/rest/params.h"
#include "web/rest/tasks.h"
#include "wire/json.h"
#include "wire/mp.h"

enum { TEXT_MAX = 256, PAGE_MAX = 512 };

static void take_sort(struct bw_params *p, struct bw_task_query *out)
{
    static const struct {
        const char *text;
        enum bw_task_sort sort;
        bool ascending;
    } orders[] = {
        {"-updated_at", BW_SORT_UPDATED_AT, false},
        {"updated_at", BW_SORT_UPDATED_AT, true},
        {"-created_at", BW_SORT_CREATED_AT, false},
        {"created_at", BW_SORT_CREATED_AT, true},
    };
    struct bw_str text = bw_params_str(p, "sort", TEXT_MAX);
    if (!text.ptr)
        return;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (bw_str_is(text, orders[i].text)) {
            out->sort = orders[i].sort;
            out->ascending = orders[i].ascending;
            return;
        }
    if (p->fault.err == 0)
        bw_fault(&p->fault, BW_EINVAL, "sort",
                 "must be updated_at, created_at, or one of them with a minus for newest first");
}

static void put_page(struct bw_buf *b, const struct bw_asked *asked, struct bw_fault *fault)
{
    msgpack_object_array tasks = bw_asked_array(asked, "tasks", fault);
    struct bw_str next = {NULL, 0};
    uint64_t total = 0;
    bool exact = true;
    bw_mp_get_u64(&asked->root, "total", &total, fault);
    bw_mp_get_bool(&asked->root, "total_exact", &exact, fault);
    bw_mp_get_str(&asked->root, "next", PAGE_MAX, &next, fault);
    bw_buf_puts(b, BW_STR("{\"items\":["));
    for (uint32_t i = 0; fault->err == 0 && i < tasks.size; i++) {
        if (i > 0)
            bw_buf_putc(b, ',');
        if (bw_rest_put_row(b, &tasks.ptr[i], NULL, fault) != 0)
            return;
    }
    bw_buf_puts(b, BW_STR("],\"total\":"));
    bw_json_uint(b, total);
    bw_buf_printf(b, ",\"total_exact\":%s,\"next\":", exact ? "true" : "false");
    bw_rest_put_text(b, next);
    bw_buf_putc(b, '}');
}

void bw_rest_list_tasks(void *ctx, const struct bw_http_request *request,
                        struct bw_http_answer *answer)
{
    struct bw_params p;
    struct bw_asked asked = {.reply = NULL};
    struct bw_cursor known = bw_etag_known(request);
    if (bw_etag_holds(ctx, request, known, answer))
        return;
    bw_params_begin(&p, &request->query);
    struct bw_rpc_request question = {
        .op = BW_RPC_TASKS,
        .known = known,
        .limit = bw_params_u32(&p, "limit", 1, BW_RPC_LIMIT_MAX, 0),
        .tasks = {.id = bw_params_set(&p, "id"),
                  .type = bw_params_set(&p, "type"),
                  .owner = bw_params_set(&p, "owner"),
                  .resource = bw_params_set(&p, "resource"),
                  .queue = bw_params_set(&p, "queue"),
                  .status = bw_params_set(&p, "status"),
                  .q = bw_params_str(&p, "q", TEXT_MAX),
                  .page = bw_params_str(&p, "page", PAGE_MAX)},
    };
    take_sort(&p, &question.tasks);
    if (p.fault.err == 0 && bw_rest_ask(ctx, &question, &asked, &p.fault) == 0 &&
        !bw_etag_put(&asked, request, answer)) {
        bw_rest_begin(answer, 200);
        put_page(&answer->body, &asked, &p.fault);
        bw_rest_end(answer, asked.epoch, asked.head);
    }
    if (p.fault.err)
        bw_http_fault(answer, &p.fault);
    bw_asked_free(&asked);
    bw_params_free(&p);
}

static int ask_task(const struct bw_rest *rest, struct bw_str id, struct bw_cursor known,
                    struct bw_asked *out, struct bw_fault *fault)
{
    struct bw_rpc_request question = {.op = BW_RPC_TASK, .task_id = id, .known = known};
    int err = bw_rest_ask(rest, &question, out, fault);
    return err == BW_ENOTFOUND ? bw_fault(fault, err, "", "there is no task of this id") : err;
}

static const struct bw_cursor nothing_known = {.epoch = 0};

static void put_task(const struct bw_asked *asked, int status, struct bw_http_answer *answer,
                     struct bw_fault *fault)
{
    static const msgpack_object no_docs = {.type = MSGPACK_OBJECT_NIL};
    const msgpack_object *docs = bw_mp_get(&asked->root, "docs");
    bw_rest_begin(answer, status);
    if (bw_rest_put_row(&answer->body, bw_mp_get(&asked->root, "task"), docs ? docs : &no_docs,
                        fault) == 0)
        bw_rest_end(answer, asked->epoch, asked->head);
}

void bw_rest_answer_task(const struct bw_rest *rest, struct bw_str id, int status,
                         struct bw_http_answer *answer)
{
    struct bw_asked asked = {.reply = NULL};
    struct bw_fault fault = {0};
    if (ask_task(rest, id, nothing_known, &asked, &fault) == 0)
        put_task(&asked, status, answer, &fault);
    if (fault.err)
        bw_http_fault(answer, &fault);
    bw_asked_free(&asked);
}

int bw_rest_find_task(const struct bw_rest *rest, struct bw_str id, struct bw_fault *fault)
{
    struct bw_asked asked;
    int err = ask_task(rest, id, nothing_known, &asked, fault);
    if (!err)
        bw_asked_free(&asked);
    return err;
}

void bw_rest_get_task(void *ctx, const struct bw_http_request *request,
                      struct bw_http_answer *answer)
{
    struct bw_asked asked = {.reply = NULL};
    struct bw_fault fault = {0};
    struct bw_cursor known = bw_etag_known(request);
    if (bw_etag_holds(ctx, request, known, answer))
        return;
    if (ask_task(ctx, request->args[0], known, &asked, &fault) == 0 &&
        !bw_etag_put(&asked, request, answer))
        put_task(&asked, 200, answer, &fault);
    if (fault.err)
        bw_http_fault(answer, &fault);
    bw_asked_free(&asked);
}

static void put_text(struct bw_buf *b, const char *key, struct bw_str s)
{
    bw_buf_printf(b, "\"%s\":", key);
    bw_rest_put_text(b, s);
    bw_buf_putc(b, ',');
}

static void put_amount(struct bw_buf *b, const char *key, double v)
{
    bw_buf_printf(b, "\"%s\":", key);
    if (v >= 0)
        bw_json_double(b, v);
    else
        bw_buf_puts(b, BW_STR("null"));
    bw_buf_putc(b, ',');
}

static void put_progress(struct bw_buf *b, const struct bw_task *t)
{
    bw_buf_putc(b, '{');
    put_text(b, "id", t->id);
    put_text(b, "status", bw_str(bw_status_name(t->status)));
    put_amount(b, "progress", t->progress);
    put_text(b, "message", t->message);
    put_text(b, "step", t->step);
    put_text(b, "current", t->current);
    put_amount(b, "total_units", t->total_units);
    put_amount(b, "completed_units", t->completed_units);
    put_amount(b, "rate", t->rate);
    put_amount(b, "eta_s", t->eta_s);
    put_amount(b, "attempt", t->attempt);
    bw_buf_puts(b, BW_STR("\"updated_at\":"));
    bw_json_time(b, t->updated_at_us);
    bw_buf_putc(b, '}');
}

void bw_rest_get_progress(void *ctx, const struct bw_http_request *request,
                          struct bw_http_answer *answer)
{
    struct bw_asked asked = {.reply = NULL};
    struct bw_fault fault = {0};
    struct bw_task task;
    struct bw_cursor known = bw_etag_known(request);
    if (bw_etag_holds(ctx, request, known, answer))
        return;
    if (ask_task(ctx, request->args[0], known, &asked, &fault) == 0 &&
        !bw_etag_put(&asked, request, answer)) {
        const msgpack_object *row = bw_mp_get(&asked.root, "task");
        if (!row || bw_task_decode(row, &task, &fault) != 0) {
            bw_fault(&fault, BW_EPROTO, "", "the bus's answer holds no task");
        } else {
            bw_rest_begin(answer, 200);
            put_progress(&answer->body, &task);
            bw_rest_end(answer, asked.epoch, asked.head);
        }
    }
    if (fault.err)
        bw_http_fault(answer, &fault);
    bw_asked_free(&asked);
}

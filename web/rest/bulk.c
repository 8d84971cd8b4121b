/* A command to many tasks: those that are named, or all that match a filter.
 *
 * DESIGN. By filter it goes over the tasks in the order in which they were made, which no command
 * changes: each page names the row after which the next one begins, so tasks that move, leave the
 * filter or come to it make it neither skip nor repeat any. A page is published in one request
 * before the next one is asked for, so producers are never behind more than one page of ours. It
 * ends by itself after TASKS_MAX tasks or TIME_MAX_S, and says where; and no more than RUNS_MAX of
 * them hold a worker at once. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "web/rest/ask.h"
#include "web/rest/bulk_request.h"
#include "web/rest/commands.h"
#include "wire/event_type.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/topic.h"

enum {
    PAGE_ROWS = BW_BATCH_EVENTS_MAX,
    TASKS_MAX = 200000,
    TIME_MAX_S = 30,
    RUNS_MAX = 2,
    ERRORS_TOLD = 100,
    CODES = 32, /* more than there are BW_E… */
};

static atomic_int runs;

/* What became of the tasks so far. */
struct tally {
    uint64_t matched, accepted, done;
    uint64_t refused[CODES]; /* by -BW_E… */
    unsigned n_errors;
    size_t errors_len;
    uint64_t seq; /* the highest given */
};

/* One under way. */
struct bulk {
    const struct bw_rest *rest;
    struct bw_bulk_request asked;
    struct tally tally;
    struct bw_buf errors;          /* JSON, of the first ones */
    struct bw_buf events;          /* of the request that comes next … */
    struct bw_str sent[PAGE_ROWS]; /* … and their tasks */
    uint32_t n_sent;
    uint32_t epoch;
    char page[BW_BULK_PAGE_MAX + 1]; /* where the next page begins; empty: nowhere */
    const char *stopped;             /* why it did not come to the end; NULL: it did */
    struct bw_fault fault;
};

static void refused(struct bulk *b, struct bw_str id, const struct bw_fault *why)
{
    struct tally *t = &b->tally;
    int code = -why->err;
    t->refused[code > 0 && code < CODES ? code : -BW_EINTERNAL]++;
    if (t->n_errors >= ERRORS_TOLD)
        return;
    bw_buf_puts(&b->errors, t->n_errors++ ? BW_STR(",{\"id\":") : BW_STR("{\"id\":"));
    bw_json_string(&b->errors, id);
    bw_buf_printf(&b->errors, ",\"code\":\"%s\",\"message\":", bw_err_code(why->err));
    bw_json_string(&b->errors, bw_str(why->message));
    bw_buf_putc(&b->errors, '}');
}

static void put_delete(struct bw_buf *out, const struct bw_rest_command_event *command)
{
    struct bw_mp_map event, data;
    bw_mp_map_begin(&event, out);
    bw_mp_put_str(&event, "id", command->id);
    bw_mp_put_cstr(&event, "event_type", bw_event_kind_name(BW_TASK_DELETED));
    bw_mp_put_cstr(&event, "topic", BW_TOPIC_SYSTEM);
    bw_mp_put_cstr(&event, "source", "http");
    if (command->reason.len)
        bw_mp_put_str(&event, "message", command->reason);
    bw_mp_key(&event, "data");
    bw_mp_map_begin(&data, out);
    bw_mp_put_str(&data, "id", command->task_id);
    bw_mp_map_end(&data);
    bw_mp_map_end(&event);
}

static void add(struct bulk *b, struct bw_str task_id)
{
    char id[BW_UUID_LEN + 1];
    bw_uuid7(id);
    const struct bw_rest_command_event command = {
        .id = bw_str(id),
        .task_id = task_id,
        .action = b->asked.action_name,
        .reason = b->asked.reason,
    };
    if (b->asked.deletes)
        put_delete(&b->events, &command);
    else
        bw_rest_put_command(&b->events, &command);
    b->sent[b->n_sent++] = task_id;
}

static void take_result(struct bulk *b, struct bw_str id, const struct bw_publish_result *r)
{
    static const struct bw_fault gone = {.err = BW_ENOTFOUND,
                                         .message = "there is no task of this id"};
    if (r->fault.err || r->stale) { /* only what is gone cannot be deleted */
        refused(b, id, r->fault.err ? &r->fault : &gone);
        return;
    }
    b->tally.accepted++;
    b->tally.done += b->asked.deletes || r->effect == BW_EFFECT_DONE;
    if (r->seq > b->tally.seq)
        b->tally.seq = r->seq;
}

/* Publishes what was added. On error the bus has not told what became of it. */
static int send_added(struct bulk *b)
{
    struct bw_buf request = {0};
    struct bw_asked asked;
    if (b->n_sent == 0)
        return 0;
    bw_rpc_publish_begin(&request, b->n_sent);
    bw_buf_puts(&request, bw_buf_str(&b->events));
    request.failed |= b->events.failed;
    int err = bw_rest_ask_bytes(b->rest, &request, &asked, &b->fault);
    bw_buf_free(&request);
    if (err)
        return err;
    msgpack_object_array results = bw_asked_array(&asked, "results", &b->fault);
    b->epoch = asked.epoch;
    for (uint32_t i = 0; i < b->n_sent && !err; i++) {
        struct bw_publish_result r;
        if (i < results.size && bw_rpc_publish_result_decode(&results.ptr[i], &r) == 0)
            take_result(b, b->sent[i], &r);
        else
            err = bw_fault(&b->fault, BW_EPROTO, "", "the bus did not tell what became of each");
    }
    bw_asked_free(&asked);
    return err;
}

static void begin_batch(struct bulk *b)
{
    b->n_sent = 0;
    bw_buf_reset(&b->events);
}

static int by_ids(struct bulk *b)
{
    begin_batch(b);
    for (size_t i = 0; i < b->asked.ids.n; i++)
        add(b, b->asked.ids.v[i]);
    b->tally.matched = b->asked.ids.n;
    return send_added(b);
}

static int take_row(struct bulk *b, const msgpack_object *row)
{
    struct bw_task task;
    struct bw_fault why = {0};
    if (bw_task_decode(row, &task, &b->fault) != 0)
        return bw_fault(&b->fault, BW_EPROTO, "", "the bus's answer holds no task");
    b->tally.matched++;
    if (b->asked.deletes || bw_action_check(b->asked.action, task.status, &why) == 0)
        add(b, task.id);
    else
        refused(b, task.id, &why);
    return 0;
}

/* One page, and the place of the next. */
static int take_page(struct bulk *b)
{
    const struct bw_rpc_request question = {
        .op = BW_RPC_TASKS, .limit = PAGE_ROWS, .tasks = b->asked.filter};
    struct bw_asked asked;
    struct bw_str next = {0};
    int err = bw_rest_ask(b->rest, &question, &asked, &b->fault);
    if (err)
        return err;
    msgpack_object_array rows = bw_asked_array(&asked, "tasks", &b->fault);
    err = b->fault.err;
    begin_batch(b);
    for (uint32_t i = 0; i < rows.size && i < PAGE_ROWS && !err; i++)
        err = take_row(b, &rows.ptr[i]);
    if (!err)
        err = send_added(b);
    if (!err) {
        bw_mp_get_str(&asked.root, "next", BW_BULK_PAGE_MAX, &next, &b->fault);
        b->epoch = asked.epoch;
        if (asked.head > b->tally.seq)
            b->tally.seq = asked.head;
        memcpy(b->page, next.ptr ? next.ptr : "", next.len);
        b->page[next.len] = '\0';
        b->asked.filter.page = (struct bw_str){b->page, next.len};
    }
    bw_asked_free(&asked);
    return err;
}

/* As a page failed: what was told of it does not count, as it is asked for again. */
static void go_back(struct bulk *b, const struct tally *before)
{
    b->tally = *before;
    b->errors.len = before->errors_len;
    b->stopped = bw_err_code(b->fault.err);
    b->fault = (struct bw_fault){0};
}

static int by_filter(struct bulk *b)
{
    int64_t end_us = bw_clock_mono_us() + TIME_MAX_S * 1000000LL;
    b->asked.filter.sort = BW_SORT_CREATED_AT;
    b->asked.filter.ascending = true;
    memcpy(b->page, b->asked.filter.page.ptr ? b->asked.filter.page.ptr : "",
           b->asked.filter.page.len);
    for (bool first = true;; first = false) {
        struct tally before = b->tally;
        before.errors_len = b->errors.len;
        int err = take_page(b);
        if (err && first)
            return err;
        if (err)
            go_back(b, &before);
        else if (b->page[0] && b->tally.matched >= TASKS_MAX)
            b->stopped = "limit";
        else if (b->page[0] && bw_clock_mono_us() >= end_us)
            b->stopped = "time";
        if (b->stopped || !b->page[0])
            return 0;
    }
}

static void put_answer(struct bulk *b, struct bw_http_answer *answer)
{
    const struct tally *t = &b->tally;
    struct bw_buf *out = &answer->body;
    bool several = false;
    bw_rest_begin(answer, 202);
    bw_buf_puts(out, BW_STR("{\"action\":"));
    bw_json_string(out, b->asked.action_name);
    bw_buf_puts(out, BW_STR(",\"matched\":"));
    bw_json_uint(out, t->matched);
    bw_buf_puts(out, BW_STR(",\"accepted\":"));
    bw_json_uint(out, t->accepted);
    bw_buf_puts(out, BW_STR(",\"done\":"));
    bw_json_uint(out, t->done);
    bw_buf_puts(out, BW_STR(",\"refused\":{"));
    for (int code = 1; code < CODES; code++) {
        if (t->refused[code] == 0)
            continue;
        bw_buf_printf(out, "%s\"%s\":", several ? "," : "", bw_err_code(-code));
        bw_json_uint(out, t->refused[code]);
        several = true;
    }
    bw_buf_puts(out, BW_STR("},\"errors\":["));
    bw_buf_puts(out, bw_buf_str(&b->errors));
    bw_buf_printf(out, "],\"more\":%s,\"stopped\":", b->stopped ? "true" : "false");
    bw_rest_put_text(out, bw_str(b->stopped));
    bw_buf_puts(out, BW_STR(",\"next\":"));
    bw_rest_put_text(out, bw_str(b->stopped ? b->page : NULL));
    bw_buf_puts(out, BW_STR("},\"cursor\":"));
    bw_rest_put_cursor(out, b->epoch, t->seq);
    bw_buf_putc(out, '}');
    out->failed |= b->errors.failed;
}

static int run(struct bulk *b)
{
    if (b->asked.ids.n)
        return by_ids(b);
    int err = atomic_fetch_add(&runs, 1) < RUNS_MAX
                  ? by_filter(b)
                  : bw_fault(&b->fault, BW_EBUSY, "",
                             "%d commands by filter are under way; try again when they are over",
                             RUNS_MAX);
    atomic_fetch_sub(&runs, 1);
    return err;
}

void bw_rest_bulk(void *ctx, const struct bw_http_request *request, struct bw_http_answer *answer)
{
    struct bw_fault no_memory;
    struct bulk *b = calloc(1, sizeof *b); /* too large for a worker's stack */
    if (!b) {
        bw_fault(&no_memory, BW_ENOMEM, "", "out of memory");
        bw_http_fault(answer, &no_memory);
        return;
    }
    b->rest = ctx;
    int err = bw_bulk_request_read(request, &b->asked, &b->fault);
    if (!err)
        err = run(b);
    if (err)
        bw_http_fault(answer, &b->fault);
    else
        put_answer(b, answer);
    bw_bulk_request_free(&b->asked);
    bw_buf_free(&b->errors);
    bw_buf_free(&b->events);
    free(b);
}

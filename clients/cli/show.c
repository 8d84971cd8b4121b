/* `bellwire show`: everything known of one task, and the end of its log. */
#include <stdio.h>
#include <unistd.h>

#include "answer.h"
#include "bar.h"
#include "base/clock.h"
#include "follow.h"
#include "log_tail.h"
#include "text.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/task.h"

enum { LABEL_COLUMNS = 11, BAR_COLUMNS = 30 };

static struct show_options {
    uint32_t lines;
    bool json, follow;
} options = {.lines = 10};

static const struct bw_opt opts[] = {
    {'n', "lines", BW_OPT_COUNT, offsetof(struct show_options, lines), "N",
     "how many lines of the log's end to show", 0, 1000},
    {'f', "follow", BW_OPT_FLAG, offsetof(struct show_options, follow), NULL,
     "show its progress and its log as they go on, until it ends; with -n 0 without the log", 0, 0},
    {0, "json", BW_OPT_FLAG, offsetof(struct show_options, json), NULL,
     "print one JSON object: the task, with `logs`", 0, 0},
    {0},
};

struct page {
    struct bw_buf *out;
    bool colored;
    int64_t now_us;
    bool began_logs;
};

static void put_label(struct page *p, const char *label)
{
    char padded[LABEL_COLUMNS + 1];
    snprintf(padded, sizeof padded, "%-*s", LABEL_COLUMNS, label);
    bw_text_put(p->out, bw_str(padded), BW_SGR_DIM, p->colored);
}

static void put_text(struct page *p, const char *label, struct bw_str text, const char *sgr)
{
    struct bw_buf clean = {0};
    if (text.len == 0)
        return;
    bw_text_clean(&clean, text, false);
    put_label(p, label);
    bw_text_put(p->out, bw_buf_str(&clean), sgr, p->colored);
    bw_buf_putc(p->out, '\n');
    bw_buf_free(&clean);
}

static void put_time(struct page *p, const char *label, int64_t at_us)
{
    char when[BW_WHEN_LEN], span[BW_SPAN_LEN];
    if (at_us == 0)
        return;
    bw_text_when(at_us, p->now_us, when);
    bw_text_span((double)(p->now_us - at_us) / 1e6, span);
    put_label(p, label);
    bw_buf_printf(p->out, "%s  (%s ago)\n", when, span);
}

static void put_progress(struct page *p, const struct bw_task *t)
{
    put_label(p, "Progress");
    bw_bar_put(p->out, t->progress, BAR_COLUMNS, bw_text_status_sgr(t->status), p->colored);
    bw_buf_printf(p->out, " %g%%  ", t->progress);
    bw_bar_put_figures(p->out, t, p->now_us);
    bw_buf_putc(p->out, '\n');
}

static void put_status(struct page *p, const struct bw_task *t)
{
    put_label(p, "Status");
    bw_text_put(p->out, bw_str(bw_status_name(t->status)), bw_text_status_sgr(t->status),
                p->colored);
    bw_buf_putc(p->out, ' ');
    bw_bar_put_times(p->out, t, p->now_us);
    if (t->command != BW_NO_ACTION)
        bw_buf_printf(p->out, ", asked to %s", bw_action_name(t->command));
    bw_buf_putc(p->out, '\n');
}

/* Our JSON may stand inside HTML; people need not see that. */
static void plain_json(struct bw_buf *json)
{
    static const struct {
        const char *escaped;
        char plain;
    } signs[] = {{"\\u003c", '<'}, {"\\u003e", '>'}, {"\\u0026", '&'}, {"\\u0027", '\''}};
    size_t to = 0;
    for (size_t from = 0; from < json->len;) {
        size_t taken = 1;
        json->data[to] = json->data[from];
        for (size_t i = 0; i < sizeof signs / sizeof signs[0] && json->len - from >= 6; i++)
            if (memcmp(json->data + from, signs[i].escaped, 6) == 0) {
                json->data[to] = signs[i].plain;
                taken = 6;
            }
        if (json->data[from] == '\\' && taken == 1 && from + 1 < json->len) {
            json->data[++to] = json->data[from + 1]; /* an escape of another kind, whole */
            taken = 2;
        }
        from += taken;
        to++;
    }
    json->len = to;
}

static void put_doc(struct page *p, const char *label, const msgpack_object *doc)
{
    struct bw_buf json = {0};
    if (bw_mp_is_nil(doc))
        return;
    bw_json_object(&json, doc);
    plain_json(&json);
    put_text(p, label, bw_buf_str(&json), NULL);
    bw_buf_free(&json);
}

/* Every line of a text on its own, indented. */
static void put_lines(struct page *p, const char *label, struct bw_str text)
{
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t n = end ? (size_t)(end - text.ptr) : text.len;
        put_label(p, label);
        bw_text_clean(p->out, (struct bw_str){text.ptr, n}, p->colored);
        bw_buf_putc(p->out, '\n');
        n += end != NULL;
        text = (struct bw_str){text.ptr + n, text.len - n};
        label = "";
    }
}

static void put_error(struct page *p, const struct bw_task *t, const msgpack_object *trace)
{
    if (t->error_type.len == 0 && t->error_message.len == 0)
        return;
    put_text(p, "Error", t->error_message.len > 0 ? t->error_message : t->error_type, BW_SGR_RED);
    if (t->error_message.len > 0)
        put_text(p, "", t->error_type, BW_SGR_DIM);
    if (!bw_mp_is_nil(trace) && trace->type == MSGPACK_OBJECT_STR)
        put_lines(p, "Trace", bw_mp_as_str(trace));
}

static void put_task(struct page *p, const struct bw_task *t,
                     const msgpack_object *const docs[BW_N_DOCS])
{
    put_text(p, "Task", t->id, BW_SGR_BOLD);
    put_text(p, "Title", t->title, BW_SGR_BOLD);
    put_status(p, t);
    put_progress(p, t);
    put_text(p, "Message", t->message, NULL);
    put_text(p, "Step", t->step, NULL);
    put_text(p, "Current", t->current, NULL);
    put_error(p, t, docs[BW_DOC_TRACE]);
    put_text(p, "Type", t->type, NULL);
    put_text(p, "Owner", t->owner, NULL);
    put_text(p, "Resource", t->resource, NULL);
    put_text(p, "Queue", t->queue, NULL);
    put_text(p, "Worker", t->worker, NULL);
    put_doc(p, "Params", docs[BW_DOC_PARAMS]);
    put_doc(p, "Result", docs[BW_DOC_RESULT]);
    put_doc(p, "Metadata", docs[BW_DOC_METADATA]);
    put_time(p, "Created", t->created_at_us);
    put_time(p, "Started", t->started_at_us);
    put_time(p, "Updated", t->updated_at_us);
    put_time(p, "Finished", t->finished_at_us);
}

static void put_log_line(void *ctx, const struct bw_event *event)
{
    struct page *p = ctx;
    if (!p->began_logs)
        bw_buf_putc(p->out, '\n');
    p->began_logs = true;
    bw_log_line_put(p->out, event, p->now_us, p->colored);
}

static void put_log_json(void *ctx, const struct bw_event *event)
{
    struct page *p = ctx;
    bw_buf_puts(p->out, p->began_logs ? BW_STR(",\n  {\"timestamp\":") : BW_STR("{\"timestamp\":"));
    p->began_logs = true;
    bw_json_time(p->out, event->timestamp_us);
    bw_buf_puts(p->out, BW_STR(",\"level\":"));
    bw_json_string(p->out, bw_log_level(event));
    bw_buf_puts(p->out, BW_STR(",\"message\":"));
    bw_json_string(p->out, event->message);
    bw_buf_putc(p->out, '}');
}

static int put_logs(const struct bw_cli *cli, struct bellwire *bus, const char *id, struct page *p)
{
    if (options.lines == 0)
        return 0;
    return bw_log_tail(cli, bus, id, options.lines, options.json ? put_log_json : put_log_line, p,
                       NULL);
}

static int put_all(const struct bw_cli *cli, struct bellwire *bus, const char *id, struct page *p,
                   const struct bw_answer *answer)
{
    const msgpack_object *row = bw_mp_get(&answer->root, "task");
    const msgpack_object *told = bw_mp_get(&answer->root, "docs"), *docs[BW_N_DOCS] = {0};
    struct bw_task task;
    if (!row || bw_task_decode(row, &task, NULL) != 0)
        return bw_cli_request_failed(cli, BW_EPROTO, NULL);
    for (int d = 0; d < BW_N_DOCS; d++)
        docs[d] = told ? bw_mp_get(told, bw_doc_name((enum bw_doc)d)) : NULL;
    if (!options.json) {
        put_task(p, &task, docs);
        return put_logs(cli, bus, id, p);
    }
    bw_task_json(p->out, &task, docs);
    p->out->len--; /* the closing brace: one more member follows */
    bw_buf_puts(p->out, BW_STR(",\n \"logs\":["));
    int status = put_logs(cli, bus, id, p);
    bw_buf_puts(p->out, BW_STR("]}\n"));
    return status;
}

static int show_task(const struct bw_cli *cli, struct bellwire *bus, const char *id)
{
    struct bw_buf out = {0};
    struct page p = {
        .out = &out, .colored = bw_text_colored(STDOUT_FILENO), .now_us = bw_clock_wall_us()};
    struct bellwire_reply *reply;
    struct bw_answer answer;
    int err = bellwire_task(bus, id, &reply);
    if (err == BELLWIRE_ENOTFOUND) {
        bellwire_reply_free(&reply);
        return bw_cli_error(cli, "there is no task \"%s\"; `bellwire ls --q %s` looks for a part",
                            id, id);
    }
    int status = bw_answer_open(&answer, cli, err, reply);
    if (status)
        return status;
    status = put_all(cli, bus, id, &p, &answer);
    if (!status && out.failed)
        status = bw_cli_error(cli, "out of memory");
    if (!status)
        fwrite(out.data, 1, out.len, stdout);
    bw_buf_free(&out);
    bw_answer_close(&answer);
    return status;
}

static int show(const struct bw_cli *cli, int argc, char **argv)
{
    struct bellwire *bus;
    if (argc != 1)
        return bw_cli_usage(cli, "say which task: bellwire show ID");
    if (options.follow && options.json)
        return bw_cli_usage(cli,
                            "--follow is for people; `bellwire tail --json --task %s` follows "
                            "it as JSON",
                            argv[0]);
    if (options.follow)
        return bw_follow_task(cli, argv[0], options.lines);
    int status = bw_cli_connect(cli, NULL, &bus);
    if (status)
        return status;
    status = show_task(cli, bus, argv[0]);
    bellwire_close(&bus);
    return status;
}

const struct bw_command bw_show_command = {
    .name = "show",
    .operands = "ID",
    .summary = "show one task and the end of its log",
    .about = "Shows everything that is known of a task, and the last lines of its log.\n\n"
             "With --follow it goes on: on a terminal a bar is drawn in place below the log, else "
             "every change is a line. It ends with the task, and the exit status tells how that "
             "ended: 0 completed, 3 failed, 4 cancelled, 5 timeout. While the bus is away it "
             "waits.",
    .examples = "bellwire show import-7\n"
                "bellwire show --follow import-7 && echo 'it is done'\n"
                "bellwire show -n 0 --json import-7 | jq .result",
    .opts = opts,
    .values = &options,
    .usage_exit = BW_EXIT_USAGE,
    .run = show,
};

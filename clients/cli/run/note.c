/* Composing events. */
#include "note.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clients/cli/text.h"
#include "wire/event_type.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/task.h"
#include "wire/utf8.h"

enum {
    TITLE_BYTES = 200,
    MESSAGE_BYTES = 300,
    ARGUMENT_BYTES = 1024,
    ARGUMENTS_MAX = 64,
};

#define REPLACEMENT BW_STR("\xef\xbf\xbd")

/* Appends s; bytes that are no UTF-8, and NUL, which would end the string, are replaced. */
static void put_valid(struct bw_buf *out, struct bw_str s)
{
    if (bw_utf8_valid(s) && (s.len == 0 || !memchr(s.ptr, 0, s.len))) {
        bw_buf_puts(out, s);
        return;
    }
    while (s.len > 0) {
        size_t n = s.ptr[0] ? bw_utf8_char_len(s) : 0;
        if (n > 0)
            bw_buf_put(out, s.ptr, n);
        else
            bw_buf_puts(out, REPLACEMENT);
        n += n == 0;
        s = (struct bw_str){s.ptr + n, s.len - n};
    }
}

/* A member that is one line of text; left out if NULL. */
static void put_line(struct bw_mp_map *data, const char *key, const char *text)
{
    struct bw_buf clean = {0};
    if (!text)
        return;
    bw_text_clean(&clean, bw_str(text), false);
    bw_mp_put_str(data, key, bw_buf_str(&clean));
    bw_buf_free(&clean);
}

static void begin(struct bw_note *n, enum bw_note_kind kind, enum bw_event_kind type,
                  int64_t wall_us)
{
    n->kind = kind;
    n->event_type = bw_event_kind_name(type);
    n->wall_us = wall_us;
    bw_uuid7(n->id);
    bw_buf_reset(&n->message);
    bw_buf_reset(&n->data);
}

static void begin_data(struct bw_note *n, struct bw_mp_map *data, const struct bw_run_task *task)
{
    bw_mp_map_begin(data, &n->data);
    put_line(data, "id", task->id);
    if (task->attempt > 0)
        bw_mp_put_u64(data, "attempt", task->attempt);
}

static void end(struct bw_note *n, struct bw_mp_map *data)
{
    bw_mp_map_end(data);
    bw_buf_putc(&n->message, 0);
}

static void put_word(struct bw_buf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    bool quote = !*word || word[strspn(word, plain)];
    if (quote)
        bw_buf_putc(out, '\'');
    bw_text_clean(out, bw_str(word), false);
    if (quote)
        bw_buf_putc(out, '\'');
}

/* The command as it would be typed, more or less. */
static void put_title(struct bw_mp_map *data, const struct bw_run_task *task)
{
    struct bw_buf words = {0};
    if (task->title) {
        put_line(data, "title", task->title);
        return;
    }
    for (char *const *word = task->argv; *word && words.len < TITLE_BYTES; word++) {
        if (words.len > 0)
            bw_buf_putc(&words, ' ');
        put_word(&words, *word);
    }
    struct bw_str title = bw_utf8_cut(bw_buf_str(&words), TITLE_BYTES);
    bw_mp_put_str(data, "title", title);
    bw_buf_free(&words);
}

static void put_params(struct bw_mp_map *data, const struct bw_run_task *task)
{
    struct bw_mp_map params;
    struct bw_buf word = {0};
    char folder[1024];
    uint32_t n = 0;
    bw_mp_key(data, "params");
    bw_mp_map_begin(&params, data->buf);
    while (n < ARGUMENTS_MAX && task->argv[n])
        n++;
    bw_mp_key(&params, "command");
    msgpack_pack_array(&params.pk, n);
    for (uint32_t i = 0; i < n; i++) {
        bw_buf_reset(&word);
        put_valid(&word, bw_str(task->argv[i]));
        bw_mp_str(&params.pk, bw_utf8_cut(bw_buf_str(&word), ARGUMENT_BYTES));
    }
    bw_buf_free(&word);
    if (getcwd(folder, sizeof folder))
        put_line(&params, "folder", folder);
    bw_mp_map_end(&params);
}

void bw_note_created(struct bw_note *n, const struct bw_run_task *task, int64_t now_us)
{
    struct bw_mp_map data;
    begin(n, BW_NOTE_CREATED, BW_TASK_CREATED, now_us);
    begin_data(n, &data, task);
    bw_mp_put_cstr(&data, "status", "running");
    put_title(&data, task);
    put_line(&data, "type", task->type);
    put_line(&data, "owner", task->owner);
    put_line(&data, "resource", task->resource);
    put_line(&data, "queue", task->queue);
    put_line(&data, "worker", task->worker);
    put_params(&data, task);
    end(n, &data);
}

void bw_note_progress(struct bw_note *n, const struct bw_run_task *task,
                      const struct bw_progress *progress, struct bw_str message, int64_t now_us)
{
    struct bw_mp_map data;
    begin(n, BW_NOTE_PROGRESS, BW_TASK_UPDATED, now_us);
    begin_data(n, &data, task);
    if (progress->total > 0) {
        bw_mp_put_number(&data, "completed_units", progress->done);
        bw_mp_put_number(&data, "total_units", progress->total);
    } else {
        bw_mp_put_number(&data, "progress", progress->percent);
    }
    bw_text_clean(&n->message, message, false);
    n->message.len = bw_utf8_cut(bw_buf_str(&n->message), MESSAGE_BYTES).len;
    end(n, &data);
}

void bw_note_state(struct bw_note *n, const struct bw_run_task *task, const struct bw_order *order,
                   int64_t now_us)
{
    bool paused = order->action == BW_PAUSE;
    struct bw_mp_map data;
    begin(n, BW_NOTE_STATE, BW_TASK_STATUS_CHANGED, now_us);
    begin_data(n, &data, task);
    bw_mp_put_cstr(&data, "status", bw_status_name(paused ? BW_PAUSED : BW_RUNNING));
    bw_buf_puts(&n->message, paused ? BW_STR("paused") : BW_STR("continued"));
    bw_order_put_why(order, &n->message);
    end(n, &data);
}

void bw_note_log(struct bw_note *n, const struct bw_run_task *task, const struct bw_log_line *line)
{
    static const char *const levels[] = {
        [BW_LOG_STDOUT] = "info", [BW_LOG_STDERR] = "warning", [BW_LOG_LOST] = "warning"};
    static const char *const streams[] = {
        [BW_LOG_STDOUT] = "stdout", [BW_LOG_STDERR] = "stderr", [BW_LOG_LOST] = "bellwire"};
    struct bw_mp_map data;
    begin(n, BW_NOTE_LOG, BW_TASK_LOG, line->wall_us);
    bw_mp_map_begin(&data, &n->data);
    put_line(&data, "id", task->id);
    bw_mp_put_cstr(&data, "level", levels[line->kind]);
    bw_mp_put_cstr(&data, "stream", streams[line->kind]);
    if (line->kind == BW_LOG_LOST) {
        bw_mp_put_u64(&data, "lost_lines", line->lost_lines);
        bw_buf_printf(&n->message,
                      "[bellwire: %llu lines (%llu bytes) are missing here: they came faster than "
                      "the bus could take them]",
                      (unsigned long long)line->lost_lines, (unsigned long long)line->lost_bytes);
    } else {
        size_t whole = line->text.len - (line->cut > 0 && line->text.len > 0);
        put_valid(&n->message, bw_utf8_cut(line->text, whole)); /* not inside a character */
    }
    if (line->cut > 0)
        bw_buf_printf(&n->message, " …[%llu bytes more]", (unsigned long long)line->cut);
    end(n, &data);
}

static void put_error(struct bw_mp_map *data, const struct bw_run_end *e, const char *what,
                      struct bw_str trace)
{
    struct bw_mp_map error;
    bw_mp_key(data, "error");
    bw_mp_map_begin(&error, data->buf);
    bw_mp_put_cstr(&error, "type", e->exec_errno ? "exec" : e->signal ? "signal" : "exit_status");
    bw_mp_put_cstr(&error, "message", what);
    if (trace.len > 0)
        bw_mp_put_str(&error, "trace", trace);
    bw_mp_map_end(&error);
}

static void put_order(struct bw_mp_map *result, const struct bw_order *order)
{
    struct bw_mp_map obeyed;
    bw_mp_key(result, "obeyed");
    bw_mp_map_begin(&obeyed, result->buf);
    bw_mp_put_cstr(&obeyed, "action", bw_action_name(order->action));
    bw_mp_put_cstr(&obeyed, "command_id", order->id);
    if (*order->by)
        bw_mp_put_cstr(&obeyed, "by", order->by);
    if (*order->reason)
        bw_mp_put_cstr(&obeyed, "reason", order->reason);
    bw_mp_map_end(&obeyed);
}

static void put_result(struct bw_mp_map *data, const struct bw_run_end *e)
{
    struct bw_mp_map result;
    bw_mp_key(data, "result");
    bw_mp_map_begin(&result, data->buf);
    bw_mp_put_u64(&result, "exit_status", (uint64_t)e->exit_status);
    if (e->signal) {
        bw_mp_put_u64(&result, "signal", (uint64_t)e->signal);
        put_line(&result, "signal_name", sigabbrev_np(e->signal));
    }
    bw_mp_put_number(&result, "seconds", e->seconds);
    if (e->order.action != BW_NO_ACTION)
        put_order(&result, &e->order);
    bw_mp_map_end(&result);
}

/* "exit status 3", "killed by SIGTERM (15)" */
static void describe(const struct bw_run_end *e, char *out, size_t size)
{
    const char *name = e->signal ? sigabbrev_np(e->signal) : NULL;
    if (e->exec_errno)
        snprintf(out, size, "cannot be executed: %s", strerror(e->exec_errno));
    else if (name)
        snprintf(out, size, "killed by SIG%s (%d)", name, e->signal);
    else if (e->signal)
        snprintf(out, size, "killed by signal %d", e->signal);
    else
        snprintf(out, size, "exit status %d", e->exit_status);
}

/* "cancelled by alice: wrong file; killed by SIGTERM (15) after 12s" */
static void put_end_message(struct bw_note *n, const struct bw_run_end *e, const char *what)
{
    static const char *const done[BW_N_ACTIONS] = {
        [BW_STOP] = "stopped", [BW_CANCEL] = "cancelled", [BW_RETRY] = "ended for another attempt"};
    char span[BW_SPAN_LEN];
    bw_text_span(e->seconds, span);
    if (done[e->order.action]) {
        bw_buf_printf(&n->message, "%s", done[e->order.action]);
        bw_order_put_why(&e->order, &n->message);
        bw_buf_puts(&n->message, BW_STR("; "));
    }
    if (e->exit_status == 0)
        bw_buf_printf(&n->message, "done in %s", span);
    else
        bw_buf_printf(&n->message, "%s after %s", what, span);
}

/* What asked for the end has its way, unless the command still came to a good one. */
static enum bw_event_kind kind_of_end(const struct bw_run_end *e)
{
    enum bw_action action = e->order.action;
    if (action == BW_CANCEL || action == BW_RETRY || (action == BW_STOP && e->exit_status != 0))
        return BW_TASK_STATUS_CHANGED;
    return e->exit_status == 0 ? BW_TASK_COMPLETED : BW_TASK_FAILED;
}

void bw_note_ended(struct bw_note *n, const struct bw_run_task *task, const struct bw_run_end *e,
                   struct bw_str trace)
{
    char what[160];
    struct bw_mp_map data;
    enum bw_event_kind kind = kind_of_end(e);
    begin(n, BW_NOTE_ENDED, kind, e->wall_us);
    begin_data(n, &data, task);
    describe(e, what, sizeof what);
    put_end_message(n, e, what);
    put_result(&data, e);
    if (kind == BW_TASK_STATUS_CHANGED)
        bw_mp_put_cstr(&data, "status", bw_status_name(BW_CANCELLED));
    if (kind == BW_TASK_FAILED)
        put_error(&data, e, what, trace);
    end(n, &data);
}

bool bw_note_failed(const struct bw_note *n)
{
    return n->message.failed || n->data.failed;
}

void bw_note_event(const struct bw_note *n, struct bellwire_event *out)
{
    *out = (struct bellwire_event){
        .event_type = n->event_type,
        .id = n->id,
        .message = n->message.data,
        .data_msgpack = n->data.data,
        .data_msgpack_len = n->data.len,
        .timestamp_us = n->wall_us,
    };
}

void bw_note_json(const struct bw_note *n, struct bw_buf *out)
{
    msgpack_zone zone;
    msgpack_object data;
    msgpack_zone_init(&zone, 1024);
    if (bw_mp_unpack(bw_buf_str(&n->data), BW_MP_DEPTH_MAX, &zone, &data, NULL) == 0) {
        bw_buf_printf(out, "{\"id\":\"%s\",\"event_type\":\"%s\",\"timestamp\":", n->id,
                      n->event_type);
        bw_json_time(out, n->wall_us);
        bw_buf_puts(out, BW_STR(",\"message\":"));
        bw_json_string(out, bw_str(n->message.data));
        bw_buf_puts(out, BW_STR(",\"data\":"));
        bw_json_object(out, &data);
        bw_buf_puts(out, BW_STR("}\n"));
    }
    msgpack_zone_destroy(&zone);
}

void bw_note_free(struct bw_note *n)
{
    bw_buf_free(&n->message);
    bw_buf_free(&n->data);
}

/* Following one task: its bar in place on a terminal, a line for every change elsewhere; its log
 * above. */
#include "follow.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "bar.h"
#include "base/clock.h"
#include "live.h"
#include "log_tail.h"
#include "text.h"
#include "watch.h"
#include "wire/mp.h"
#include "wire/topic.h"

enum { PAUSE_MS = 100, TICK_MS = 1000, BAR_MAX = 40, BAR_MIN = 8, PERCENT = 5 };

struct follow {
    const struct bw_cli *cli;
    const char *id;
    struct bw_watch *watch;
    bool live, colored, has_log, log_missing;
    char cursor[BW_CURSOR_LEN + 1]; /* of the log */
    struct bw_buf above;            /* log lines that are to be printed */
    struct bw_answer answer;        /* the bus's last one */
    struct bw_task task;            /* borrows from it */
    struct bw_buf said;             /* elsewhere: the last line */
};

/* A thread of libbellwire. */
static bool concerns(void *ctx, const struct bellwire_received *event)
{
    const struct follow *f = ctx;
    return strcmp(event->task_id, f->id) == 0;
}

/* --- asking ---------------------------------------------------------------------------------- */

/* The answer is f's own from now on, or closed. */
static int take_answer(struct follow *f, struct bw_answer *answer)
{
    const msgpack_object *row = bw_mp_get(&answer->root, "task");
    struct bw_task task;
    if (!row || bw_task_decode(row, &task, NULL) != 0) {
        bw_answer_close(answer);
        return bw_cli_request_failed(f->cli, BW_EPROTO, NULL);
    }
    if (f->answer.reply)
        bw_answer_close(&f->answer);
    f->answer = *answer;
    f->task = task;
    return 0;
}

/* must_answer: it is an error that the bus does not. */
static int ask_task(struct follow *f, bool must_answer)
{
    struct bellwire_reply *reply;
    struct bw_answer answer;
    int err = bellwire_task(bw_watch_bus(f->watch), f->id, &reply);
    if (!must_answer && (err == BELLWIRE_EUNAVAILABLE || err == BELLWIRE_ETIMEDOUT)) {
        bellwire_reply_free(&reply);
        bw_watch_again(f->watch);
        return 0;
    }
    if (err == BELLWIRE_ENOTFOUND) {
        bellwire_reply_free(&reply);
        return bw_cli_error(f->cli, "there is no task \"%s\"%s", f->id,
                            must_answer ? "" : " any more");
    }
    int status = bw_answer_open(&answer, f->cli, err, reply);
    return status ? status : take_answer(f, &answer);
}

static void on_log_line(void *ctx, const struct bw_event *event)
{
    struct follow *f = ctx;
    bw_log_line_put(&f->above, event, bw_clock_wall_us(), f->colored);
}

/* --- on a terminal --------------------------------------------------------------------------- */

/* Appends text, already clean, as a line that fits. */
static void put_line(struct bw_buf *out, struct bw_str text, const char *sgr, bool colored)
{
    size_t columns = bw_live_columns();
    bool cut = bw_text_width(text) > columns;
    struct bw_buf fits = {0};
    bw_buf_puts(&fits, cut ? bw_text_fit(text, columns - 1) : text);
    if (cut)
        bw_buf_puts(&fits, BW_STR("…"));
    bw_text_put(out, bw_buf_str(&fits), sgr, colored);
    bw_buf_putc(out, '\n');
    bw_buf_free(&fits);
}

static void put_title(struct follow *f, struct bw_buf *out)
{
    struct bw_buf text = {0};
    bw_text_clean(&text, f->task.title.len > 0 ? f->task.title : f->task.id, false);
    put_line(out, bw_buf_str(&text), BW_SGR_BOLD, f->colored);
    bw_buf_free(&text);
}

/* As much of it as fits, up to a comma. */
static struct bw_str fit_figures(struct bw_str figures, size_t columns)
{
    struct bw_str fits = bw_text_fit(figures, columns);
    if (fits.len < figures.len)
        while (fits.len > 0 && fits.ptr[fits.len] != ',')
            fits.len--;
    return fits;
}

/* "running ██████▌······  42%  12 of 30, 3.1/s, 6s left, for 4s" */
static void put_bar(struct follow *f, struct bw_buf *out)
{
    const char *sgr = bw_text_status_sgr(f->task.status);
    struct bw_str status = bw_str(bw_status_name(f->task.status));
    int64_t now_us = bw_clock_wall_us();
    struct bw_buf figures = {0};
    size_t columns = bw_live_columns(), used, bar = columns / 3;
    bar = bar < BAR_MIN ? BAR_MIN : bar > BAR_MAX ? BAR_MAX : bar;
    used = status.len + 1 + bar + PERCENT + 2;
    bw_bar_put_figures(&figures, &f->task, now_us);
    if (figures.len > 0)
        bw_buf_puts(&figures, BW_STR(", "));
    bw_bar_put_times(&figures, &f->task, now_us);
    bw_text_put(out, status, sgr, f->colored);
    bw_buf_putc(out, ' ');
    bw_bar_put(out, f->task.progress, bar, sgr, f->colored);
    bw_buf_putc(out, ' ');
    bw_bar_put_percent(out, f->task.progress);
    bw_buf_puts(out, BW_STR("  "));
    bw_buf_puts(out, fit_figures(bw_buf_str(&figures), columns > used ? columns - used : 0));
    bw_buf_putc(out, '\n');
    bw_buf_free(&figures);
}

/* What it says, or what stands in its way. */
static void put_message(struct follow *f, struct bw_buf *out)
{
    const struct bw_task *t = &f->task;
    bool failed = t->error_message.len > 0;
    double away_s = bw_watch_away_s(f->watch);
    struct bw_buf text = {0};
    char span[BW_SPAN_LEN];
    if (away_s >= 0 && !bw_status_is_final(t->status)) {
        bw_text_span(away_s, span);
        bw_buf_printf(&text, "the bus is away for %s; waiting for %s", span, f->cli->bus);
        put_line(out, bw_buf_str(&text), BW_SGR_YELLOW, f->colored);
    } else if (t->command != BW_NO_ACTION) {
        bw_buf_printf(&text, "asked to %s; no answer yet", bw_action_name(t->command));
        put_line(out, bw_buf_str(&text), BW_SGR_YELLOW, f->colored);
    } else {
        bw_text_clean(&text, failed ? t->error_message : t->message, false);
        put_line(out, bw_buf_str(&text), failed ? BW_SGR_RED : BW_SGR_DIM, f->colored);
    }
    bw_buf_free(&text);
}

static void draw(struct follow *f)
{
    struct bw_buf lines = {0};
    if (f->has_log)
        bw_buf_putc(&lines, '\n');
    put_title(f, &lines);
    put_bar(f, &lines);
    put_message(f, &lines);
    bw_live_draw(bw_buf_str(&f->above), bw_buf_str(&lines));
    bw_buf_reset(&f->above);
    bw_buf_free(&lines);
}

/* --- elsewhere ------------------------------------------------------------------------------- */

/* A line, if it is news. */
static void say(struct follow *f)
{
    struct bw_buf line = {0};
    char when[BW_WHEN_LEN];
    bw_bar_put_change(&line, &f->task);
    fwrite(f->above.data, 1, f->above.len, stdout);
    bw_buf_reset(&f->above);
    if (!bw_str_eq(bw_buf_str(&line), bw_buf_str(&f->said))) {
        bw_text_when(f->task.updated_at_us, bw_clock_wall_us(), when);
        printf("%s %.*s\n", when, BW_STR_ARG(bw_buf_str(&line)));
    }
    fflush(stdout);
    bw_buf_free(&f->said);
    f->said = line;
}

/* --- the course of it ------------------------------------------------------------------------ */

static void show(struct follow *f)
{
    if (f->live)
        draw(f);
    else
        say(f);
}

static int begin(struct follow *f, uint32_t log_lines)
{
    static const char *const all[] = {BW_TOPIC_SYSTEM, BW_TOPIC_LOGS, NULL};
    static const char *const only_tasks[] = {BW_TOPIC_SYSTEM, NULL};
    struct bellwire *bus = bw_watch_bus(f->watch);
    int status = ask_task(f, true);
    f->has_log = log_lines > 0;
    if (!status && f->has_log)
        status = bw_log_tail(f->cli, bus, f->id, log_lines, on_log_line, f, f->cursor);
    if (!status)
        status = bw_watch_follow(f->watch, f->has_log ? all : only_tasks);
    bw_watch_again(f->watch); /* it may have changed since it was asked for */
    return status;
}

/* The log after the task, so that it is whole when the task is seen to have ended. */
static int look(struct follow *f)
{
    int status = ask_task(f, false);
    if (status || !f->has_log)
        return status;
    status = bw_log_rest(f->cli, bw_watch_bus(f->watch), f->id, on_log_line, f, f->cursor);
    f->log_missing = status < 0;
    if (f->log_missing)
        bw_watch_again(f->watch);
    return f->log_missing ? 0 : status;
}

static int exit_status(enum bw_status status)
{
    switch (status) {
    case BW_COMPLETED:
        return BW_EXIT_OK;
    case BW_FAILED:
        return BW_EXIT_TASK_FAILED;
    case BW_CANCELLED:
        return BW_EXIT_TASK_CANCELLED;
    default:
        return BW_EXIT_TASK_TIMEOUT;
    }
}

static int follow(struct follow *f, uint32_t log_lines)
{
    int status = begin(f, log_lines);
    if (status)
        return status;
    if (f->live)
        bw_live_open(bw_watch_wake_fd(f->watch));
    show(f);
    while (!status && (!bw_status_is_final(f->task.status) || f->log_missing)) {
        if (bw_watch_wait(f->watch))
            status = look(f);
        if (!status)
            show(f);
    }
    bw_live_close();
    return status ? status : exit_status(f->task.status);
}

int bw_follow_task(const struct bw_cli *cli, const char *id, uint32_t log_lines)
{
    struct follow f = {.cli = cli,
                       .id = id,
                       .live = isatty(STDOUT_FILENO),
                       .colored = bw_text_colored(STDOUT_FILENO)};
    const struct bw_watch_plan plan = {
        .cli = cli, .concerns = concerns, .ctx = &f, .pause_ms = PAUSE_MS, .tick_ms = TICK_MS};
    int status = bw_watch_open(&f.watch, &plan);
    if (status)
        return status;
    status = follow(&f, log_lines);
    bw_watch_close(&f.watch);
    if (f.answer.reply)
        bw_answer_close(&f.answer);
    bw_buf_free(&f.above);
    bw_buf_free(&f.said);
    return status;
}

/* Tasks as they change: a table in place on a terminal, a line for every change elsewhere. */
#include "ls_watch.h"

#include <stdio.h>
#include <unistd.h>

#include "answer.h"
#include "bar.h"
#include "base/clock.h"
#include "live.h"
#include "task_table.h"
#include "text.h"
#include "watch.h"
#include "wire/mp.h"
#include "wire/topic.h"

enum { PAUSE_MS = 250, TICK_MS = 1000, ROWS_MAX = 1000, AROUND = 2 /* title and footer */ };

struct ls_watch {
    const struct bw_cli *cli;
    const struct bellwire_task_filter *filter;
    struct bw_watch *watch;
    bool live, colored;
    uint64_t seen_seq;   /* elsewhere: what changed up to here was told */
    struct bw_buf lines; /* what is drawn */
};

/* A thread of libbellwire. Whether the filter lets it through, the bus says when it is asked. */
static bool concerns(void *ctx, const struct bellwire_received *event)
{
    (void)ctx;
    return *event->task_id;
}

/* --- on a terminal --------------------------------------------------------------------------- */

static void put_footer(struct ls_watch *w, uint32_t rows, uint64_t total, bool exact)
{
    struct bw_buf text = {0};
    char span[BW_SPAN_LEN];
    double away_s = bw_watch_away_s(w->watch);
    if (away_s >= 0) {
        bw_text_span(away_s, span);
        bw_buf_printf(&text, "the bus is away for %s; waiting for %s", span, w->cli->bus);
    } else if (total == 0) {
        bw_buf_puts(&text, BW_STR("no task matches"));
    } else if (total > rows) {
        bw_buf_printf(&text, "%u of %s%llu tasks", rows, exact ? "" : "more than ",
                      (unsigned long long)total);
    }
    bw_text_put(&w->lines, bw_buf_str(&text), away_s >= 0 ? BW_SGR_YELLOW : BW_SGR_DIM, w->colored);
    bw_buf_putc(&w->lines, '\n');
    bw_buf_free(&text);
}

static int draw(struct ls_watch *w, const struct bw_answer *answer)
{
    msgpack_object_array rows = bw_answer_list(answer, "tasks");
    struct bw_table *table;
    struct bw_task task;
    uint64_t total = 0;
    uint32_t shown = 0, room = bw_live_rows();
    bool exact = true;
    int err = bw_task_table_create(&table, true);
    room = room > AROUND ? room - AROUND : 1;
    for (uint32_t i = 0; !err && i < rows.size && shown < room; i++)
        if (bw_task_decode(&rows.ptr[i], &task, NULL) == 0) {
            bw_task_table_add(table, &task, true, bw_clock_wall_us());
            shown++;
        }
    bw_buf_reset(&w->lines);
    if (!err)
        err = bw_table_print(table, bw_live_columns(), w->colored, &w->lines);
    bw_table_destroy(&table);
    if (err)
        return bw_cli_error(w->cli, "out of memory");
    bw_mp_get_u64(&answer->root, "total", &total, NULL);
    bw_mp_get_bool(&answer->root, "total_exact", &exact, NULL);
    put_footer(w, shown, total, exact);
    bw_live_draw((struct bw_str){0}, bw_buf_str(&w->lines));
    return 0;
}

/* The table as it was, with what is the matter below it. */
static void draw_away(struct ls_watch *w)
{
    size_t end = w->lines.len > 0 ? w->lines.len - 1 : 0;
    while (end > 0 && w->lines.data[end - 1] != '\n')
        end--;
    w->lines.len = end; /* without the footer */
    put_footer(w, 0, 0, true);
    bw_live_draw((struct bw_str){0}, bw_buf_str(&w->lines));
}

/* --- elsewhere ------------------------------------------------------------------------------- */

static void put_change(struct bw_buf *out, const struct bw_task *t)
{
    char when[BW_WHEN_LEN];
    bw_text_when(t->updated_at_us, bw_clock_wall_us(), when);
    bw_buf_printf(out, "%s ", when);
    bw_text_clean(out, t->id, false);
    bw_buf_putc(out, ' ');
    bw_bar_put_change(out, t);
    bw_buf_putc(out, '\n');
}

/* The newest come first in most orders, and are told last. */
static int say(struct ls_watch *w, const struct bw_answer *answer)
{
    msgpack_object_array rows = bw_answer_list(answer, "tasks");
    struct bw_task task;
    uint64_t newest = w->seen_seq;
    bw_buf_reset(&w->lines);
    if (answer->head < w->seen_seq)
        w->seen_seq = newest = 0; /* another journal */
    for (uint32_t i = rows.size; i > 0; i--) {
        if (bw_task_decode(&rows.ptr[i - 1], &task, NULL) != 0 || task.seq <= w->seen_seq)
            continue;
        put_change(&w->lines, &task);
        newest = task.seq > newest ? task.seq : newest;
    }
    w->seen_seq = newest;
    if (w->lines.failed)
        return bw_cli_error(w->cli, "out of memory");
    fwrite(w->lines.data, 1, w->lines.len, stdout);
    return fflush(stdout) == 0 ? 0 : BW_EXIT_FAILED; /* nobody reads it any more */
}

/* --- the course of it ------------------------------------------------------------------------ */

/* must_answer: it is an error that the bus does not. */
static int look(struct ls_watch *w, bool must_answer)
{
    struct bellwire_task_filter filter = *w->filter;
    struct bellwire_reply *reply;
    struct bw_answer answer;
    filter.limit = filter.limit < ROWS_MAX ? filter.limit : ROWS_MAX;
    int err = bellwire_tasks(bw_watch_bus(w->watch), &filter, &reply);
    if (!must_answer && (err == BELLWIRE_EUNAVAILABLE || err == BELLWIRE_ETIMEDOUT)) {
        bellwire_reply_free(&reply);
        bw_watch_again(w->watch);
        return 0;
    }
    int status = bw_answer_open(&answer, w->cli, err, reply);
    if (status)
        return status;
    if (w->live && must_answer)
        bw_live_open(bw_watch_wake_fd(w->watch));
    status = w->live ? draw(w, &answer) : say(w, &answer);
    bw_answer_close(&answer);
    return status;
}

static int watch(struct ls_watch *w)
{
    static const char *const topics[] = {BW_TOPIC_SYSTEM, NULL};
    int status = look(w, true);
    if (!status)
        status = bw_watch_follow(w->watch, topics);
    bw_watch_again(w->watch); /* it may have changed since it was asked for */
    while (!status) {
        bool changed = bw_watch_wait(w->watch);
        bool away = bw_watch_away_s(w->watch) >= 0;
        if (changed || (w->live && !away)) /* its ages have changed at least */
            status = look(w, false);
        else if (w->live)
            draw_away(w);
    }
    bw_live_close();
    return status;
}

int bw_ls_watch(const struct bw_cli *cli, const struct bellwire_task_filter *filter)
{
    struct ls_watch w = {.cli = cli,
                         .filter = filter,
                         .live = isatty(STDOUT_FILENO),
                         .colored = bw_text_colored(STDOUT_FILENO)};
    const struct bw_watch_plan plan = {
        .cli = cli, .concerns = concerns, .ctx = &w, .pause_ms = PAUSE_MS, .tick_ms = TICK_MS};
    int status = bw_watch_open(&w.watch, &plan);
    if (status)
        return status;
    status = watch(&w);
    bw_watch_close(&w.watch);
    bw_buf_free(&w.lines);
    return status;
}

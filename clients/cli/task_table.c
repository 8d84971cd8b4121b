/* The columns of `bellwire ls`. */
#include "task_table.h"

#include <stdio.h>

#include "bar.h"
#include "text.h"

enum { BAR_COLUMNS = 12 };

static const struct bw_column columns[] = {
    {.title = "ID"},
    {.title = "STATUS"},
    {.title = "DONE", .right = true},
    {.title = "LEFT", .right = true},
    {.title = "UPDATED", .right = true},
    {.title = "OWNER"},
    {.title = "TITLE", .gives_way = true},
    {.title = "MESSAGE", .gives_way = true},
    {.title = NULL},
};

/* Drawn in place, lines are cut: better the id than the progress. */
static const struct bw_column columns_with_bars[] = {
    {.title = "ID", .gives_way = true},
    {.title = "STATUS"},
    {.title = "PROGRESS"},
    {.title = "LEFT", .right = true},
    {.title = "UPDATED", .right = true},
    {.title = "TITLE", .gives_way = true},
    {.title = "MESSAGE", .gives_way = true},
    {.title = NULL},
};

int bw_task_table_create(struct bw_table **out, bool bars)
{
    return bw_table_create(out, bars ? columns_with_bars : columns);
}

static void add_progress(struct bw_table *table, const struct bw_task *t, bool bars)
{
    struct bw_buf cell = {0};
    if (bars) {
        bw_bar_put(&cell, t->progress, BAR_COLUMNS, NULL, false);
        bw_buf_putc(&cell, ' ');
        bw_bar_put_percent(&cell, t->progress);
    } else {
        bw_buf_printf(&cell, "%.0f%%", t->progress);
    }
    bw_table_cell(table, bw_buf_str(&cell), bars ? bw_text_status_sgr(t->status) : NULL);
    bw_buf_free(&cell);
}

/* What was asked and is not answered yet stands for the status. */
static void add_status(struct bw_table *table, const struct bw_task *t)
{
    char asked[24];
    if (t->command != BW_NO_ACTION) {
        snprintf(asked, sizeof asked, "%s?", bw_action_name(t->command));
        bw_table_cell(table, bw_str(asked), BW_SGR_YELLOW);
    } else {
        bw_table_cell(table, bw_str(bw_status_name(t->status)), bw_text_status_sgr(t->status));
    }
}

void bw_task_table_add(struct bw_table *table, const struct bw_task *t, bool bars, int64_t now_us)
{
    char left[BW_SPAN_LEN] = "", age[BW_SPAN_LEN] = "now";
    double age_s = (double)(now_us - t->updated_at_us) / 1e6;
    bool failed = t->error_message.len > 0;
    if (t->eta_s >= 0 && t->status == BW_RUNNING)
        bw_text_span(t->eta_s, left);
    if (age_s >= 1)
        bw_text_span(age_s, age);
    bw_table_cell(table, t->id, NULL);
    add_status(table, t);
    add_progress(table, t, bars);
    bw_table_cell(table, bw_str(left), NULL);
    bw_table_cell(table, bw_str(age), BW_SGR_DIM);
    if (!bars)
        bw_table_cell(table, t->owner, NULL);
    bw_table_cell(table, t->title, BW_SGR_BOLD);
    bw_table_cell(table, failed ? t->error_message : t->message, failed ? BW_SGR_RED : BW_SGR_DIM);
}

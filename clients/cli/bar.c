/* Bars and figures. */
#include "bar.h"

#include "text.h"

void bw_bar_put(struct bw_buf *out, double percent, size_t columns, const char *sgr, bool colored)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    struct bw_buf part = {0};
    size_t filled = percent > 0 ? (size_t)(percent / 100 * (double)columns * 8) : 0;
    if (filled > columns * 8)
        filled = columns * 8;
    for (size_t i = 0; i < filled / 8; i++)
        bw_buf_puts(&part, BW_STR("█"));
    bw_buf_puts(&part, bw_str(eighths[filled % 8]));
    bw_text_put(out, bw_buf_str(&part), sgr, colored);
    bw_buf_reset(&part);
    for (size_t i = (filled + 7) / 8; i < columns; i++)
        bw_buf_puts(&part, BW_STR("·"));
    bw_text_put(out, bw_buf_str(&part), BW_SGR_DIM, colored);
    bw_buf_free(&part);
}

/* What was left when it last reported goes down as time does. */
static double left_s(const struct bw_task *t, int64_t now_us)
{
    double since_s = (double)(now_us - t->updated_at_us) / 1e6;
    double left = since_s > 0 ? t->eta_s - since_s : t->eta_s;
    return left > 0 ? left : 0;
}

void bw_bar_put_percent(struct bw_buf *out, double percent)
{
    bw_buf_printf(out, "%3d%%", percent > 0 ? (int)percent : 0);
}

void bw_bar_put_figures(struct bw_buf *out, const struct bw_task *t, int64_t now_us)
{
    char span[BW_SPAN_LEN];
    bool runs = t->status == BW_RUNNING;
    size_t begin = out->len;
    if (t->total_units > 0 && t->completed_units >= 0)
        bw_buf_printf(out, "%.12g of %.12g", t->completed_units, t->total_units);
    if (runs && t->rate >= 0)
        bw_buf_printf(out, "%s%.3g%s/s", out->len > begin ? ", " : "", t->rate,
                      t->total_units > 0 ? "" : "%");
    if (runs && t->eta_s >= 0) {
        bw_text_span(left_s(t, now_us), span);
        bw_buf_printf(out, "%s%s left", out->len > begin ? ", " : "", span);
    }
}

void bw_bar_put_times(struct bw_buf *out, const struct bw_task *t, int64_t now_us)
{
    char span[BW_SPAN_LEN];
    bool ended = t->finished_at_us > 0;
    size_t begin = out->len;
    if (t->started_at_us > 0) {
        bw_text_span((double)((ended ? t->finished_at_us : now_us) - t->started_at_us) / 1e6, span);
        bw_buf_printf(out, "%s %s", ended ? "after" : "for", span);
    }
    if (t->attempt > 1)
        bw_buf_printf(out, "%sattempt %u", out->len > begin ? ", " : "", t->attempt);
}

void bw_bar_put_change(struct bw_buf *out, const struct bw_task *t)
{
    struct bw_str message = t->error_message.len > 0 ? t->error_message : t->message;
    bw_buf_printf(out, "%s %.4g%%  ", bw_status_name(t->status), t->progress);
    size_t begin = out->len;
    bw_bar_put_figures(out, t, t->updated_at_us);
    if (t->command != BW_NO_ACTION)
        bw_buf_printf(out, "%sasked to %s", out->len > begin ? ", " : "",
                      bw_action_name(t->command));
    if (out->len == begin)
        out->len -= 2;
    if (message.len > 0)
        bw_buf_puts(out, BW_STR(": "));
    bw_text_clean(out, message, false);
}

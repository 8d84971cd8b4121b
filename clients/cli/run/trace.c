/* The last lines of a command. */
#include "trace.h"

#include "clients/cli/text.h"
#include "wire/utf8.h"

static bool is_blank(struct bw_str s)
{
    size_t i = 0;
    while (i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '\t'))
        i++;
    return i == s.len;
}

void bw_trace_add(struct bw_trace *t, struct bw_str line)
{
    if (is_blank(line))
        return;
    struct bw_trace_line *l = &t->lines[t->n++ % BW_TRACE_LINES];
    struct bw_str kept = bw_utf8_cut(line, BW_TRACE_LINE_BYTES);
    l->len = (uint16_t)kept.len;
    memcpy(l->text, kept.ptr, kept.len);
}

struct bw_str bw_trace_text(struct bw_trace *t)
{
    bw_buf_reset(&t->text);
    for (uint64_t i = t->n > BW_TRACE_LINES ? t->n - BW_TRACE_LINES : 0; i < t->n; i++) {
        const struct bw_trace_line *l = &t->lines[i % BW_TRACE_LINES];
        if (t->text.len > 0)
            bw_buf_putc(&t->text, '\n');
        bw_text_clean(&t->text, (struct bw_str){l->text, l->len}, false);
    }
    return bw_buf_str(&t->text);
}

void bw_trace_free(struct bw_trace *t)
{
    bw_buf_free(&t->text);
}

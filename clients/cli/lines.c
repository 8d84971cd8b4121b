/* Cutting bytes into lines. A line that is whole within a chunk is told in place; only the ends of
 * chunks are copied. */
#include "lines.h"

static void tell(struct bw_lines *l, struct bw_str text, uint64_t cut, bool replaced)
{
    struct bw_line line = {.text = text, .cut = cut, .replaced = replaced};
    if (text.len > l->max) {
        line.text.len = l->max;
        line.cut += text.len - l->max;
    }
    l->on_line(l->ctx, &line);
}

/* Adds to the line that is under way. */
static void keep(struct bw_lines *l, struct bw_str part)
{
    size_t room = l->max - l->rest.len, n = part.len < room ? part.len : room;
    bw_buf_put(&l->rest, part.ptr, n);
    if (l->rest.failed) { /* out of memory: as if the bound had been reached */
        l->rest.failed = false;
        n = 0;
    }
    l->cut += part.len - n;
}

static void end_line(struct bw_lines *l, struct bw_str last_part, bool replaced)
{
    if (l->rest.len == 0 && l->cut == 0) {
        tell(l, last_part, 0, replaced);
        return;
    }
    keep(l, last_part);
    tell(l, bw_buf_str(&l->rest), l->cut, replaced);
    bw_buf_reset(&l->rest);
    l->cut = 0;
}

/* A part without newlines, at whose end the line may (`ends`) end. */
static void feed_part(struct bw_lines *l, struct bw_str part, bool ends)
{
    while (part.len > 0) {
        const char *cr = l->returns ? memchr(part.ptr, '\r', part.len) : NULL;
        size_t n = cr ? (size_t)(cr - part.ptr) : part.len;
        struct bw_str text = {part.ptr, n};
        if (n > 0 && l->pending_return) {
            l->pending_return = false;
            end_line(l, (struct bw_str){0}, true);
        }
        part = (struct bw_str){part.ptr + n + (cr != NULL), part.len - n - (cr != NULL)};
        if (!cr && ends) {
            end_line(l, text, false);
            return;
        }
        keep(l, text);
        if (cr)
            l->pending_return = true;
    }
    if (ends) {
        l->pending_return = false;
        end_line(l, (struct bw_str){0}, false);
    }
}

void bw_lines_feed(struct bw_lines *l, struct bw_str bytes)
{
    while (bytes.len > 0) {
        const char *newline = memchr(bytes.ptr, '\n', bytes.len);
        size_t n = newline ? (size_t)(newline - bytes.ptr) : bytes.len;
        feed_part(l, (struct bw_str){bytes.ptr, n}, newline != NULL);
        n += newline != NULL;
        bytes = (struct bw_str){bytes.ptr + n, bytes.len - n};
    }
}

void bw_lines_end(struct bw_lines *l)
{
    if (l->rest.len > 0 || l->cut > 0 || l->pending_return)
        end_line(l, (struct bw_str){0}, false);
    l->pending_return = false;
}

void bw_lines_free(struct bw_lines *l)
{
    bw_buf_free(&l->rest);
}

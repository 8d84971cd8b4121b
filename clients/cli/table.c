/* A table for a terminal. */
#include "table.h"

#include <stdlib.h>

#include "text.h"

enum { GAP = 2, NARROWEST = 8 };

struct cell {
    size_t begin, len; /* in texts */
    const char *sgr;
};

struct bw_table {
    const struct bw_column *columns;
    size_t n_columns;
    struct bw_buf texts, cells;
};

int bw_table_create(struct bw_table **out, const struct bw_column *columns)
{
    struct bw_table *t = *out = calloc(1, sizeof *t);
    if (!t)
        return BW_ENOMEM;
    t->columns = columns;
    while (columns[t->n_columns].title)
        t->n_columns++;
    return 0;
}

void bw_table_destroy(struct bw_table **table)
{
    if (*table) {
        bw_buf_free(&(*table)->texts);
        bw_buf_free(&(*table)->cells);
    }
    free(*table);
    *table = NULL;
}

void bw_table_cell(struct bw_table *t, struct bw_str text, const char *sgr)
{
    struct cell c = {.begin = t->texts.len, .sgr = sgr};
    bw_text_clean(&t->texts, text, false);
    c.len = t->texts.len - c.begin;
    bw_buf_put(&t->cells, &c, sizeof c);
}

static size_t n_cells(const struct bw_table *t)
{
    return t->cells.len / sizeof(struct cell);
}

static struct cell get(const struct bw_table *t, size_t i)
{
    struct cell c;
    memcpy(&c, t->cells.data + i * sizeof c, sizeof c);
    return c;
}

static struct bw_str text_of(const struct bw_table *t, struct cell c)
{
    return (struct bw_str){t->texts.data + c.begin, c.len};
}

static void measure(const struct bw_table *t, size_t limit, size_t *widths)
{
    size_t all = GAP * (t->n_columns - 1);
    for (size_t i = 0; i < t->n_columns; i++)
        widths[i] = strlen(t->columns[i].title);
    for (size_t i = 0; i < n_cells(t); i++) {
        size_t w = bw_text_width(text_of(t, get(t, i)));
        if (w > widths[i % t->n_columns])
            widths[i % t->n_columns] = w;
    }
    for (size_t i = 0; i < t->n_columns; i++)
        all += widths[i];
    for (size_t i = t->n_columns; i-- > 0 && limit && all > limit;) { /* the last gives way first */
        if (!t->columns[i].gives_way)
            continue;
        size_t over = all - limit, least = widths[i] < NARROWEST ? widths[i] : NARROWEST;
        size_t now = widths[i] > over + least ? widths[i] - over : least;
        all -= widths[i] - now;
        widths[i] = now;
    }
}

static void pad(struct bw_buf *out, size_t n)
{
    while (n-- > 0)
        bw_buf_putc(out, ' ');
}

static void put_cell(struct bw_buf *out, struct bw_str s, const char *sgr, size_t width, bool right,
                     bool last, bool colored)
{
    size_t w = bw_text_width(s);
    bool cut = w > width;
    if (cut) {
        s = bw_text_fit(s, width - 1);
        w = bw_text_width(s) + 1;
    }
    if (right)
        pad(out, width - w);
    bw_text_put(out, s, sgr, colored);
    if (cut)
        bw_buf_puts(out, BW_STR("…"));
    if (!last)
        pad(out, GAP + (right ? 0 : width - w));
}

int bw_table_print(const struct bw_table *t, size_t limit, bool colored, struct bw_buf *out)
{
    size_t *widths = calloc(t->n_columns, sizeof *widths);
    if (!widths || t->texts.failed || t->cells.failed) {
        free(widths);
        return BW_ENOMEM;
    }
    measure(t, limit, widths);
    for (size_t row = 0; row <= n_cells(t) / t->n_columns; row++) {
        for (size_t i = 0; i < t->n_columns; i++) {
            const struct bw_column *column = &t->columns[i];
            struct bw_str s = bw_str(column->title);
            const char *sgr = BW_SGR_DIM;
            if (row > 0) {
                struct cell c = get(t, (row - 1) * t->n_columns + i);
                s = text_of(t, c);
                sgr = c.sgr;
            }
            put_cell(out, s, sgr, widths[i], column->right, i + 1 == t->n_columns, colored);
        }
        bw_buf_putc(out, '\n');
    }
    free(widths);
    return out->failed ? BW_ENOMEM : 0;
}

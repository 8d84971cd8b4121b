/* Which tasks may have a text in their id or title. */
#include "journal/task_text.h"

#include <stdlib.h>

#include "journal/db.h"
#include "wire/utf8.h"

enum {
    GROUP = 3,        /* characters */
    GROUPS_MAX = 24,  /* looked at; what a longer text has beyond is looked into in the rows */
    GROUPS_USED = 4,  /* of the rarest */
    SAMPLE = 128,     /* keys that show how dense a group lies */
    WORTH_READING = 8 /* a further group is read if it is at most so many times the rarest */
};

struct group {
    struct bw_str text; /* in the text asked for */
    int64_t tasks;      /* that have it, by estimate */
};

static size_t split(struct bw_str rest, struct group groups[GROUPS_MAX])
{
    size_t n = 0;
    while (rest.len > 0 && n < GROUPS_MAX) {
        size_t first = 0, len = 0;
        int chars = 0;
        for (; chars < GROUP && len < rest.len; chars++) {
            size_t bytes = bw_utf8_char_len((struct bw_str){rest.ptr + len, rest.len - len});
            len += bytes ? bytes : 1;
            first = first ? first : len;
        }
        if (chars < GROUP)
            break;
        groups[n++].text = (struct bw_str){rest.ptr, len};
        rest.ptr += first;
        rest.len -= first;
    }
    return n;
}

/* As a string of the text index's language. */
static void put_quoted(struct bw_buf *out, struct bw_str text)
{
    bw_buf_putc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            bw_buf_putc(out, '"');
        bw_buf_putc(out, text.ptr[i]);
    }
    bw_buf_putc(out, '"');
}

static int read_keys(struct bw_task_statements *st, const struct bw_buf *match, int64_t max,
                     int64_t *keys, int64_t *n)
{
    sqlite3_stmt *rows;
    *n = 0;
    int err = match->failed ? BW_ENOMEM : bw_task_select_text(st, bw_buf_str(match), max, &rows);
    while (!err && (err = bw_db_row(rows)) == 1) {
        keys[(*n)++] = sqlite3_column_int64(rows, 0);
        err = 0;
    }
    return err;
}

static int estimate(struct bw_task_statements *st, struct group *group, int64_t n_keys)
{
    struct bw_buf match = {0};
    int64_t sample[SAMPLE], n;
    put_quoted(&match, group->text);
    int err = read_keys(st, &match, SAMPLE, sample, &n);
    bw_buf_free(&match);
    if (err)
        return err;
    group->tasks = n < SAMPLE ? n : (int64_t)((double)n_keys * SAMPLE / (double)sample[n - 1]);
    return 0;
}

static int compare(const void *a, const void *b)
{
    int64_t x = ((const struct group *)a)->tasks, y = ((const struct group *)b)->tasks;
    return (x > y) - (x < y);
}

static void put_rarest(struct bw_buf *match, const struct group *groups, size_t n)
{
    for (size_t i = 0; i < n && i < GROUPS_USED; i++) {
        if (groups[i].tasks > groups[0].tasks * WORTH_READING)
            break;
        if (i > 0)
            bw_buf_puts(match, BW_STR(" AND "));
        put_quoted(match, groups[i].text);
    }
}

int bw_task_text_find(struct bw_task_text *t, struct bw_task_statements *st, struct bw_str text,
                      int64_t max, int64_t n_keys)
{
    struct group groups[GROUPS_MAX];
    struct bw_buf match = {0};
    size_t n = split(text, groups);
    int err = 0;
    *t = (struct bw_task_text){0};
    for (size_t i = 0; i < n && !err; i++)
        err = estimate(st, &groups[i], n_keys);
    if (err || n == 0)
        return err;
    qsort(groups, n, sizeof groups[0], compare);
    if (groups[0].tasks > 2 * max) /* hopeless, even if the estimate is far off */
        return 0;
    put_rarest(&match, groups, n);
    t->keys = malloc((size_t)(max + 1) * sizeof *t->keys);
    err = t->keys ? read_keys(st, &match, max + 1, t->keys, &t->n) : BW_ENOMEM;
    t->found = !err && t->n <= max;
    bw_buf_free(&match);
    return err;
}

void bw_task_text_free(struct bw_task_text *t)
{
    free(t->keys);
    *t = (struct bw_task_text){0};
}

/* A table for a terminal: columns as wide as what stands in them, some of them giving way. */
#ifndef BW_CLI_TABLE_H
#define BW_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct bw_column {
    const char *title; /* NULL ends a list of columns */
    bool right;        /* aligned to the right */
    bool gives_way;    /* is cut where the table is wider than the terminal */
};

struct bw_table;

/* columns: borrowed. */
int bw_table_create(struct bw_table **out, const struct bw_column *columns) BW_MUST_CHECK;
void bw_table_destroy(struct bw_table **table);

/* The next cell, row by row. The text is cleaned and copied; sgr (borrowed, may be NULL) colours
 * it. */
void bw_table_cell(struct bw_table *table, struct bw_str text, const char *sgr);
/* Appends the table. width: of the terminal, 0 for no limit. BW_ENOMEM if a cell was lost. */
int bw_table_print(const struct bw_table *table, size_t width, bool colored,
                   struct bw_buf *out) BW_MUST_CHECK;

#endif

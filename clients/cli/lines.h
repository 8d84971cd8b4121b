/* Cuts a stream of bytes into lines, wherever its chunks begin and end. Pure. */
#ifndef BW_CLI_LINES_H
#define BW_CLI_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct bw_line {
    struct bw_str text; /* without its end; at most max bytes */
    uint64_t cut;       /* bytes beyond max, which are gone */
    bool replaced;      /* ended by a carriage return: what follows is written over it */
};

typedef void bw_line_fn(void *ctx, const struct bw_line *line);

/* Zero-initialised but for max, on_line and ctx it is ready. */
struct bw_lines {
    size_t max; /* most bytes of a line that are kept */
    /* A carriage return alone, as progress bars use it, ends a line too ("replaced"). Several of
     * them, or one before a newline, are one end. Without this they belong to the line. */
    bool returns;
    bw_line_fn *on_line; /* the line is borrowed for the call */
    void *ctx;

    struct bw_buf rest; /* the beginning of a line whose end has not come */
    uint64_t cut;
    bool pending_return; /* rest ended with one; whether it replaces is told by what follows */
};

void bw_lines_feed(struct bw_lines *lines, struct bw_str bytes);
/* The last line, if it has no end. */
void bw_lines_end(struct bw_lines *lines);
void bw_lines_free(struct bw_lines *lines);

#endif

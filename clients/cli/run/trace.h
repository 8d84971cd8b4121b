/* The last lines of a command: what a failure is explained with. Pure. */
#ifndef BW_RUN_TRACE_H
#define BW_RUN_TRACE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { BW_TRACE_LINES = 20, BW_TRACE_LINE_BYTES = 400 };

/* Zero-initialised is ready. */
struct bw_trace {
    uint64_t n; /* lines ever added */
    struct bw_trace_line {
        uint16_t len;
        char text[BW_TRACE_LINE_BYTES];
    } lines[BW_TRACE_LINES];
    struct bw_buf text;
};

/* Blank lines are left out; long ones are cut. */
void bw_trace_add(struct bw_trace *trace, struct bw_str line);
/* The lines, without escape sequences; valid until the next call. */
struct bw_str bw_trace_text(struct bw_trace *trace);
void bw_trace_free(struct bw_trace *trace);

#endif

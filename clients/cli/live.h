/* A few lines at the bottom of a terminal that are drawn again and again in place; what is printed
 * above them scrolls away as usual.
 *
 * DESIGN. The cursor always rests below the lines, hidden. So whatever ends the program, the
 * terminal is tidy once cursor and echo are as they were, which the handlers of the ending signals
 * see to, in whatever the program is stuck; Ctrl-Z and fg are taken care of in the same way. There
 * is one terminal, so the state is static. */
#ifndef BW_CLI_LIVE_H
#define BW_CLI_LIVE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

enum { BW_LIVE_LINES_MAX = 500 };

/* The terminal at stdout, and from now on until bw_live_close(). wake: an eventfd that is written
 * when the lines should be drawn again: another size, or back from Ctrl-Z. */
void bw_live_open(int wake);
/* Room for lines: longer ones are cut; there must not be more. */
unsigned bw_live_columns(void);
unsigned bw_live_rows(void);
/* above: whole lines to print once before, or empty. lines: whole lines to draw in place of those
 * drawn before. */
void bw_live_draw(struct bw_str above, struct bw_str lines);
/* Leaves the lines where they are. Harmless if it was never opened. */
void bw_live_close(void);

#endif

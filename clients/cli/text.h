/* Text for a terminal: how wide it is, colours, what may be printed, times in few characters. */
#ifndef BW_CLI_TEXT_H
#define BW_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "wire/task.h"

/* SGR parameters. */
#define BW_SGR_DIM    "2"
#define BW_SGR_BOLD   "1"
#define BW_SGR_RED    "31"
#define BW_SGR_GREEN  "32"
#define BW_SGR_YELLOW "33"
#define BW_SGR_BLUE   "34"
#define BW_SGR_CYAN   "36"

/* Whether to colour what goes to a descriptor: a terminal that can, and no NO_COLOR. */
bool bw_text_colored(int fd);
/* Columns of the terminal at a descriptor; 0: it is none. */
unsigned bw_text_columns(int fd);

/* Columns that valid UTF-8 without control characters takes; wide (CJK) characters take two. */
size_t bw_text_width(struct bw_str s);
/* The longest beginning that takes at most `columns`. */
struct bw_str bw_text_fit(struct bw_str s, size_t columns);

/* Appends s with everything taken out that could do something to a terminal, since it comes from
 * strangers: control characters become spaces, escape sequences vanish (with keep_colors: all but
 * those that only set colours, which are ended if they are still on), invalid UTF-8 becomes U+FFFD.
 */
void bw_text_clean(struct bw_buf *out, struct bw_str s, bool keep_colors);
/* Appends what of a line, already clean but for colours, takes at most `columns`; colours end with
 * it. */
void bw_text_cut(struct bw_buf *out, struct bw_str line, size_t columns);
/* Appends s, already clean, between the SGR codes and their end; plain if sgr is NULL or !colored.
 */
void bw_text_put(struct bw_buf *out, struct bw_str s, const char *sgr, bool colored);

enum { BW_SPAN_LEN = 24, BW_WHEN_LEN = 32 };
/* "0.4s", "12s", "3m 05s", "2h 13m", "4d 2h". */
void bw_text_span(double seconds, char out[BW_SPAN_LEN]);
/* The local time as "14:03:59.123", with the date before it if it is not today's. */
void bw_text_when(int64_t wall_us, int64_t now_us, char out[BW_WHEN_LEN]);

/* The colour of a status, of a log level. */
const char *bw_text_status_sgr(enum bw_status status);
const char *bw_text_level_sgr(struct bw_str level);

#endif

/* The end of a task's log. */
#ifndef BW_CLI_LOG_TAIL_H
#define BW_CLI_LOG_TAIL_H

#include "base/buf.h"
#include "cli.h"
#include "wire/cursor.h"
#include "wire/event.h"

/* event: borrowed for the call. */
typedef void bw_log_visit_fn(void *ctx, const struct bw_event *event);

/* Calls visit for each of the last n lines (at most 1000), oldest first. cursor (may be NULL):
 * where to go on. Non-zero: the exit status, and why was said. */
int bw_log_tail(const struct bw_cli *cli, struct bellwire *bus, const char *task_id, uint32_t n,
                bw_log_visit_fn *visit, void *ctx, char cursor[BW_CURSOR_LEN + 1]) BW_MUST_CHECK;
/* The same for all lines after the cursor, which is moved. Where the journal is another one, or
 * does not keep them any more, it goes on with the oldest. Negative: the bus is away; nothing was
 * said.
 */
int bw_log_rest(const struct bw_cli *cli, struct bellwire *bus, const char *task_id,
                bw_log_visit_fn *visit, void *ctx, char cursor[BW_CURSOR_LEN + 1]) BW_MUST_CHECK;

/* Appends a line: "14:03:59.123 warning what it says". */
void bw_log_line_put(struct bw_buf *out, const struct bw_event *event, int64_t now_us,
                     bool colored);
struct bw_str bw_log_level(const struct bw_event *event);

#endif

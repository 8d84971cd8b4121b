/* Finding the tasks that were asked something and have not answered. Writer thread only; what is in
 * the table is written with the rows (store.c). */
#ifndef BW_JOURNAL_OPEN_COMMANDS_H
#define BW_JOURNAL_OPEN_COMMANDS_H

#include <msgpack.h>
#include <sqlite3.h>

#include "base/err.h"
#include "wire/task.h"

struct bw_open_commands {
    sqlite3_stmt *find; /* NULL: not open */
    msgpack_zone zone;
};

int bw_open_commands_open(struct bw_open_commands *c, sqlite3 *db,
                          struct bw_fault *fault) BW_MUST_CHECK;
void bw_open_commands_close(struct bw_open_commands *c);

/* As the operation `unanswered` of journal.h. */
int bw_open_commands_each(struct bw_open_commands *c, int64_t asked_before_us, uint32_t limit,
                          void (*visit)(void *ctx, const struct bw_task *row),
                          void *ctx) BW_MUST_CHECK;

#endif

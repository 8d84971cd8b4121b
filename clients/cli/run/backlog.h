/* What earlier runs had to leave behind, delivered beside the present one. */
#ifndef BW_RUN_BACKLOG_H
#define BW_RUN_BACKLOG_H

#include <stdbool.h>

#include "base/err.h"
#include "bellwire.h"

struct bw_backlog;

/* url: of the bus. done: called on the backlog's thread when it has ended. */
int bw_backlog_create(struct bw_backlog **out, const char *url, void (*done)(void *ctx),
                      void *ctx) BW_MUST_CHECK;
/* Begins to deliver, on a thread of its own, unless it has begun. The bus should be there. */
void bw_backlog_start(struct bw_backlog *backlog, struct bellwire *bus);
/* Nothing is being delivered. */
bool bw_backlog_done(const struct bw_backlog *backlog);
/* Ends the delivery; what was not delivered stays where it is. Then close the bus, then destroy. */
void bw_backlog_cancel(struct bw_backlog *backlog);
void bw_backlog_destroy(struct bw_backlog **backlog);

#endif

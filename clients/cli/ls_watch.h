/* `bellwire ls --watch`. */
#ifndef BW_CLI_LS_WATCH_H
#define BW_CLI_LS_WATCH_H

#include "cli.h"

/* Shows the tasks that the filter finds, as they change, until a signal ends it. Returns only if it
 * cannot. The filter's limit is the most rows there are; a terminal may have less. */
int bw_ls_watch(const struct bw_cli *cli, const struct bellwire_task_filter *filter);

#endif

/* What of a process group still runs. */
#ifndef BW_RUN_GROUP_H
#define BW_RUN_GROUP_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether the group has a process that has not ended. Zombies have, which kill() does not tell;
 * so this looks through /proc. Where that cannot be read: false. */
bool bw_group_runs(pid_t group);

#endif

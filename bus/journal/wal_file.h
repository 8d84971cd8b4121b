/* A VFS that writes the WAL in large pieces: SQLite writes a page's header and the page by
 * themselves, some 290 calls for a commit of 1000 events (docs/decisions/0106).
 *
 * DESIGN. Only the WAL is wrapped; every other file is the system's own. What SQLite writes to
 * successive places collects in memory until it asks for a sync, reads, or writes elsewhere. Nobody
 * can miss it: with synchronous=FULL SQLite syncs before it tells other connections of a commit,
 * and what fails then is the sync, so the commit. */
#ifndef BW_JOURNAL_WAL_FILE_H
#define BW_JOURNAL_WAL_FILE_H

#include "base/err.h"

#define BW_WAL_VFS "bellwire-wal"

/* Makes the VFS known under this name, above the one that is the default now. Any thread, any
 * number of times. */
int bw_wal_vfs_register(void) BW_MUST_CHECK;

#endif

/* The data folder, and the lock that keeps a second bus out of it. */
#ifndef BW_DATA_DIR_H
#define BW_DATA_DIR_H

#include <stddef.h>

#include "base/err.h"

/* Makes the folder if need be and locks it; *lock_fd is to be closed to give it back (the end of
 * the process does so too). BW_EEXIST: locked by another process. */
int bw_data_dir_lock(const char *dir, int *lock_fd, struct bw_fault *fault) BW_MUST_CHECK;

/* The path of the journal's database file. */
int bw_data_dir_journal(const char *dir, char *out, size_t size,
                        struct bw_fault *fault) BW_MUST_CHECK;

#endif

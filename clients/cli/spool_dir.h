/* Where what could not be delivered waits on disk: one folder per bus, one file of events per run,
 * a JSON object a line, so that `bellwire emit - <FILE` would do as well. */
#ifndef BW_CLI_SPOOL_DIR_H
#define BW_CLI_SPOOL_DIR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "pour.h"

enum {
    BW_SPOOL_PATH_MAX = 4096,
    BW_SPOOL_DIR_BYTES_MAX = 256 << 20, /* of log lines; what a task's state is, is always kept */
};

/* The folder for a bus, under $XDG_STATE_HOME/bellwire/spool; not made. BW_EINVAL: no home. */
int bw_spool_dir(const char *bus, char out[BW_SPOOL_PATH_MAX]) BW_MUST_CHECK;
/* Bytes of the files in it. */
uint64_t bw_spool_dir_bytes(const char *dir);

/* Begins a file, makes the folder if need be. Nobody sees it before it is published. errno says
 * why if BW_EIO. */
struct bw_spool_file {
    FILE *stream;
    char temporary[BW_SPOOL_PATH_MAX], path[BW_SPOOL_PATH_MAX];
};
int bw_spool_file_create(struct bw_spool_file *file, const char *dir) BW_MUST_CHECK;
/* Puts it where it is found, or (!keep, or when it cannot be written) takes it away. */
int bw_spool_file_close(struct bw_spool_file *file, bool keep) BW_MUST_CHECK;

/* Delivers every file of the folder, oldest first, and removes those whose events all have their
 * result. Files that another program is delivering are left to it. Adds to *counts and *files.
 * Errors are those of bw_pour_fd(). */
int bw_spool_deliver(const char *dir, struct bw_pour *pour, struct bw_pour_counts *counts,
                     uint32_t *files) BW_MUST_CHECK;

#endif

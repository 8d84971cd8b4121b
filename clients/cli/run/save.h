/* Saving what could not be delivered, in the spool folder. */
#ifndef BW_RUN_SAVE_H
#define BW_RUN_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/cli/spool_dir.h"
#include "note.h"

struct bw_save {
    struct bw_spool_file file;
    struct bw_buf line;
    bool logs;      /* false: the folder is full, log lines are left out */
    uint64_t saved; /* notes */
};

/* Why nothing can be saved goes to why. bus: its URL. */
int bw_save_begin(struct bw_save *save, const char *bus, char *why, size_t why_size) BW_MUST_CHECK;
/* ctx: the struct bw_save. */
void bw_save_note(void *ctx, const struct bw_note *note);
int bw_save_end(struct bw_save *save, char *why, size_t why_size) BW_MUST_CHECK;

#endif

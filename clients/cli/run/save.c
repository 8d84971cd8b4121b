/* Saving. */
#include "save.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int bw_save_begin(struct bw_save *s, const char *bus, char *why, size_t why_size)
{
    char dir[BW_SPOOL_PATH_MAX];
    *s = (struct bw_save){0};
    if (bw_spool_dir(bus, dir) != 0) {
        snprintf(why, why_size, "neither XDG_STATE_HOME nor HOME is usable");
        return BW_EIO;
    }
    s->logs = bw_spool_dir_bytes(dir) < BW_SPOOL_DIR_BYTES_MAX;
    if (bw_spool_file_create(&s->file, dir) != 0) {
        snprintf(why, why_size, "%.160s: %s", dir, strerror(errno));
        return BW_EIO;
    }
    return 0;
}

void bw_save_note(void *ctx, const struct bw_note *note)
{
    struct bw_save *s = ctx;
    if (note->kind == BW_NOTE_LOG && !s->logs)
        return;
    bw_buf_reset(&s->line);
    bw_note_json(note, &s->line);
    if (!s->line.failed && fwrite(s->line.data, 1, s->line.len, s->file.stream) == s->line.len)
        s->saved++;
}

int bw_save_end(struct bw_save *s, char *why, size_t why_size)
{
    int err = bw_spool_file_close(&s->file, true);
    if (err)
        snprintf(why, why_size, "%.160s: %s", s->file.path, strerror(errno));
    bw_buf_free(&s->line);
    return err;
}

/* What `bellwire run` says of its command, as events. Pure. */
#ifndef BW_RUN_NOTE_H
#define BW_RUN_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/uuid.h"
#include "bellwire.h"
#include "log_spool.h"
#include "order.h"
#include "progress.h"

enum bw_note_kind { BW_NOTE_CREATED, BW_NOTE_PROGRESS, BW_NOTE_STATE, BW_NOTE_LOG, BW_NOTE_ENDED };

/* An event that owns what it is made of. Zero-initialised is ready; may be filled again. */
struct bw_note {
    enum bw_note_kind kind;
    const char *event_type;
    char id[BW_UUID_LEN + 1]; /* made when the note is filled; stays the same however often sent */
    int64_t wall_us;
    struct bw_buf message; /* NUL-terminated, valid UTF-8 */
    struct bw_buf data;    /* a msgpack map */
};

/* The task; strings are borrowed, NULL where not given. */
struct bw_run_task {
    const char *id, *type, *title, *owner, *resource, *queue, *worker;
    char *const *argv;
    uint32_t attempt; /* 0: not said */
};

/* How the command ended. */
struct bw_run_end {
    int64_t wall_us;
    double seconds;
    int exit_status;       /* as the shell has it: 128 and the signal's number, 126, 127 */
    int signal;            /* 0: none */
    int exec_errno;        /* 0: it could be executed */
    struct bw_order order; /* what it was ended for; none if it ended by itself */
};

void bw_note_created(struct bw_note *note, const struct bw_run_task *task, int64_t now_us);
/* message: what the line said beside the numbers. */
void bw_note_progress(struct bw_note *note, const struct bw_run_task *task,
                      const struct bw_progress *progress, struct bw_str message, int64_t now_us);
/* Paused, or running again: what was obeyed. */
void bw_note_state(struct bw_note *note, const struct bw_run_task *task,
                   const struct bw_order *order, int64_t now_us);
/* Escape sequences stay; what is no UTF-8 is replaced; what was cut or lost is said. */
void bw_note_log(struct bw_note *note, const struct bw_run_task *task,
                 const struct bw_log_line *line);
/* trace: the last lines. What was cancelled is cancelled, however it ended; what was stopped may
 * have completed. */
void bw_note_ended(struct bw_note *note, const struct bw_run_task *task,
                   const struct bw_run_end *end, struct bw_str trace);

/* Out of memory while it was filled: it must not be sent. */
bool bw_note_failed(const struct bw_note *note);
/* *out borrows from the note. */
void bw_note_event(const struct bw_note *note, struct bellwire_event *out);
/* Appends the event as a line of JSON, with its newline. */
void bw_note_json(const struct bw_note *note, struct bw_buf *out);
void bw_note_free(struct bw_note *note);

#endif

/* Unanswered: says of each command that nobody answered that it was not, so that no page waits for
 * ever.
 *
 * DESIGN. The journal knows what is open and since when, also after a restart; so nothing is kept
 * here. Now and then the writer has this look, and what it finds goes through the writer's mailbox
 * like anybody's events: an answer that is there already comes first, and then the journal takes
 * ours for stale. One batch at a time; what does not fit into it is found by the next look. */
#ifndef BW_UNANSWERED_H
#define BW_UNANSWERED_H

#include <stdint.h>

#include "base/err.h"
#include "job.h"
#include "journal/journal.h"

struct bw_unanswered;

struct bw_unanswered_sink {
    void *ctx;
    /* As bw_writer_post(). */
    int (*post)(void *ctx, struct bw_batch *batch);
};

/* answer_s: the time there is to answer; 0: 30. */
int bw_unanswered_create(uint32_t answer_s, struct bw_unanswered_sink sink,
                         struct bw_unanswered **out) BW_MUST_CHECK;
/* After the writer has stopped. Sets *unanswered to NULL. */
void bw_unanswered_destroy(struct bw_unanswered **unanswered);

/* The writer's thread. */
void bw_unanswered_look(struct bw_unanswered *unanswered, struct bw_journal *journal);

#endif

/* Notes on their way to the bus, kept until they are acked, so that what is not can be saved.
 * One thread uses it; results come on a thread of libbellwire. */
#ifndef BW_RUN_OUTBOX_H
#define BW_RUN_OUTBOX_H

#include "bellwire.h"
#include "note.h"

enum bw_fate { BW_FATE_NONE, BW_FATE_STORED, BW_FATE_STALE, BW_FATE_REFUSED };

struct bw_outbox;

/* wake: called on a thread of libbellwire after a note had its fate. */
int bw_outbox_create(struct bw_outbox **out, void (*wake)(void *ctx), void *ctx) BW_MUST_CHECK;
/* After bellwire_close(). */
void bw_outbox_destroy(struct bw_outbox **outbox);

/* A note to fill and then send, or NULL: full. Log lines leave room for the others. */
struct bw_note *bw_outbox_reserve(struct bw_outbox *outbox, bool for_log);
/* Queues the note reserved last. */
void bw_outbox_send(struct bw_outbox *outbox);
/* Publishes what is queued, as far as libbellwire takes it. */
void bw_outbox_publish(struct bw_outbox *outbox, struct bellwire *bus);
/* What became of a note. */
struct bw_settled {
    enum bw_fate fate;
    const char *why;    /* of a refusal, else "" */
    const char *cursor; /* of what is stored, else "" */
};
/* Tells the notes that have their fate, oldest first, and forgets them. */
void bw_outbox_settle(struct bw_outbox *outbox,
                      void (*settled)(void *ctx, const struct bw_note *note,
                                      const struct bw_settled *how),
                      void *ctx);
bool bw_outbox_empty(const struct bw_outbox *outbox);
/* The notes without a fate, oldest first. */
void bw_outbox_each(const struct bw_outbox *outbox,
                    void (*visit)(void *ctx, const struct bw_note *note), void *ctx);

#endif

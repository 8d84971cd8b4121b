/* What ingest hands to the stages behind it: a batch of drafts for the writer, a question for the
 * readers. Both belong to the stage they were handed to until it calls done(), exactly once, on any
 * thread. */
#ifndef BW_JOB_H
#define BW_JOB_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mailbox.h"
#include "base/uuid.h"
#include "journal/journal.h"
#include "wire/rpc.h"

struct bw_batch;

struct bw_batch_item {
    struct bw_draft draft; /* first: the journal knows only this. An item whose result has a fault
                              already is not meant for the journal. */
    struct bw_batch *batch;
    char made_id[BW_UUID_LEN + 1]; /* event.id when the producer gave none */
};

/* The events of one message, in its order. */
struct bw_batch {
    struct bw_mail mail; /* first; weight: bytes of the message */
    struct bw_batch_item *items;
    size_t n_items;
    size_t n_waiting; /* items whose fate is still to be told; at least 1 when handed over */
    /* Every item of this batch, and of those linked behind it (mail.next), has its result: who
     * finishes many with one commit tells it once. */
    void (*done)(struct bw_batch *first);
};

/* One reading verb; answer and fault are empty when it is handed over. */
struct bw_question {
    struct bw_mail mail; /* first */
    struct bw_rpc_request request;
    struct bw_buf answer; /* the whole answer, when fault.err is 0 */
    struct bw_fault fault;
    void (*done)(struct bw_question *question);
};

#endif

/* Which events of a batch had been acked before, and which are there twice. Writer thread only. */
#ifndef BW_JOURNAL_SEEN_H
#define BW_JOURNAL_SEEN_H

#include <stddef.h>
#include <stdint.h>
#include <sqlite3.h>

#include "journal/ids.h"
#include "journal/journal.h"
#include "journal/stage.h"

struct bw_seen {
    struct bw_id *ids;    /* of the batch's drafts */
    uint64_t *seq_before; /* 0: was not seen before this batch */
    uint32_t *slots;      /* open addressing: index + 1 of the first draft with an id; 0: free */
    size_t n, cap, mask;
    sqlite3_stmt *find;
};

int bw_seen_open(struct bw_seen *s, sqlite3 *db) BW_MUST_CHECK;
void bw_seen_close(struct bw_seen *s);

/* Takes a new batch and looks all its ids up in the database. Inside the transaction. */
int bw_seen_begin(struct bw_seen *s, struct bw_stage *stage, struct bw_draft *const *drafts,
                  size_t n) BW_MUST_CHECK;
/* Draft i comes, in order. The index of the first draft with its id: i itself, or an earlier one.
 */
size_t bw_seen_first(struct bw_seen *s, size_t i);

#endif

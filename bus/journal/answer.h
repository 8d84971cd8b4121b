/* Writing the answer of a reading verb (the key lists at the end of wire/rpc.h). */
#ifndef BW_JOURNAL_ANSWER_H
#define BW_JOURNAL_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "journal/append.h"
#include "wire/mp.h"

struct bw_answer {
    struct bw_mp_map map;
    size_t start;    /* where the answer begins in the buffer */
    size_t array_at; /* the array's length, written when it is known */
    uint32_t n;      /* items in the array so far */
};

/* {ok, epoch, head, oldest … */
void bw_answer_begin(struct bw_answer *a, struct bw_buf *out, const struct bw_journal_state *state);
void bw_answer_array(struct bw_answer *a, const char *key);
/* An encoded event or row, as it was stored. */
void bw_answer_item(struct bw_answer *a, struct bw_str bytes);
/* Whether one more item of this size would make the answer too large; the first never does. */
bool bw_answer_is_full(const struct bw_answer *a, size_t item_bytes);
void bw_answer_array_end(struct bw_answer *a);
void bw_answer_end(struct bw_answer *a);

#endif

/* Whether an answer that a client still has is the answer it would get now, told without asking.
 *
 * DESIGN. Tasks change only with an event, so an answer holds as long as the journal's head stays.
 * Every answer of the bus says where the head is; for some milliseconds from the moment it was
 * asked that is believed. So thousands of pages that poll while nothing happens cost one question
 * in that time, not one each. What was written through this process is never missed: a write ends
 * belief, also in answers under way. What others wrote is seen that many milliseconds late at most,
 * and only by clients that hold the answer from before. */
#ifndef BW_REST_FRESH_H
#define BW_REST_FRESH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/cursor.h"

enum { BW_FRESH_MS = 10 };

/* Any thread may call anything. */
struct bw_fresh {
    pthread_mutex_t lock;
    uint32_t epoch; /* 0: nothing is known */
    uint64_t head;
    int64_t until_us;
    uint64_t writes;
};

/* A question under way. */
struct bw_fresh_question {
    int64_t asked_us;
    uint64_t writes;
};

void bw_fresh_open(struct bw_fresh *f);
void bw_fresh_close(struct bw_fresh *f);
/* Before a question is sent, and with the head that its answer named. */
struct bw_fresh_question bw_fresh_ask(struct bw_fresh *f);
void bw_fresh_learn(struct bw_fresh *f, struct bw_fresh_question asked, uint32_t epoch,
                    uint64_t head);
/* Something was written, or perhaps was; before its author is told. */
void bw_fresh_forget(struct bw_fresh *f);
/* Whether this is the head still. */
bool bw_fresh_is(struct bw_fresh *f, struct bw_cursor known);

#endif

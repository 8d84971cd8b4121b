/* A command for the task, as `bellwire run` keeps it. Pure. */
#ifndef BW_RUN_ORDER_H
#define BW_RUN_ORDER_H

#include <stdbool.h>

#include "wire/task.h"
#include "base/buf.h"
#include "bellwire.h"
#include "wire/event.h"

enum { BW_ORDER_TEXT_LEN = 257 };

/* Zero-initialised is none. */
struct bw_order {
    enum bw_action action;
    char id[BW_EVENT_ID_MAX + 1]; /* of its event */
    uint32_t epoch;               /* where that is in the journal */
    uint64_t seq;
    char by[BW_ORDER_TEXT_LEN], reason[BW_ORDER_TEXT_LEN]; /* one line; "" if not told */
};

/* False: it is no command, or one that nobody knows. */
bool bw_order_decode(const struct bellwire_received *event, struct bw_order *out);
/* Appends who asked for it, and why: " by alice: wrong file". */
void bw_order_put_why(const struct bw_order *order, struct bw_buf *out);

#endif

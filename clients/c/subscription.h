/* A subscription: subscribe.c has its life and its thread, follow.c what the thread does. */
#ifndef BW_CLIENT_SUBSCRIPTION_H
#define BW_CLIENT_SUBSCRIPTION_H

#include "base/thread.h"
#include "bellwire.h"
#include "client.h"
#include "event_view.h"
#include "inbox.h"
#include "wire/cursor.h"

struct bw_followed; /* a topic */

struct bellwire_subscription {
    struct bellwire *handle;
    struct bellwire_subscribe_options options; /* `topics` and `after` are not kept in it */
    char **topics;                             /* NULL-terminated; NULL: every topic */
    struct bw_cursor after;                    /* where to begin */
    struct bw_inbox inbox;
    struct bw_call call;
    struct bw_thread thread;

    /* The thread's own. */
    bool begun; /* the place to begin is settled: epoch and base are known */
    uint32_t epoch;
    uint64_t base;    /* every topic was seen up to here at least */
    uint64_t reached; /* the highest seq of all that was delivered or skipped */
    struct bw_followed *followed;
    struct bw_view view;
    unsigned failures; /* of requests, in a row */
};

/* The thread's. Errors end the subscription: BW_ECLOSED. */

/* After connecting: asks where the journal is, and fetches what is missing up to there. */
int bw_follow_synchronise(struct bellwire_subscription *s) BW_MUST_CHECK;
/* Takes in what arrived. */
int bw_follow_message(struct bellwire_subscription *s, struct bw_str message) BW_MUST_CHECK;
void bw_follow_free(struct bellwire_subscription *s);

#endif

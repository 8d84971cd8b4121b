/* What the two sides of publishing share: publish.c, where callers put events into the queue, and
 * sender.c, whose thread gets them acked.
 *
 * Order. A lane has a queue and at most one request under way, and sends its oldest batch, again
 * and again if need be, before anything newer: so a lane's events are stored in the order in which
 * they were published, also across retries. Events about one task always take the same lane, and so
 * do those of one topic that are about none. With one lane, which is the default, the order of
 * everything is kept. */
#ifndef BW_CLIENT_PUBLISHER_H
#define BW_CLIENT_PUBLISHER_H

#include <msgpack.h>
#include <pthread.h>

#include "base/thread.h"
#include "bellwire.h"
#include "link.h"
#include "queue.h"

struct bw_lane {
    struct bw_publisher *publisher;
    struct bw_queue queue;
    bool busy; /* the queue's head is under way */

    /* What came of it. */
    bool finished;
    int err;
    nng_msg *answer; /* unless err */

    nng_ctx ctx;
    nng_aio *aio;
    bool receiving; /* the request is out; nng's threads' own */
};

struct bw_publisher {
    struct bw_link *link;
    struct bellwire_options options; /* complete: nothing is left to a default */
    struct bw_thread thread;
    msgpack_zone zone;       /* the thread's own */
    pthread_mutex_t lock;    /* guards what follows, and the lanes but for what nng uses */
    pthread_cond_t work;     /* for the thread */
    pthread_cond_t progress; /* for callers: events have left the queue */
    struct bw_pool pool;
    struct bw_lane *lanes;
    unsigned n_lanes;
    bool closing;
    bool attention; /* something happened that the thread has not looked at yet */
    bool up;        /* as on_state was told */
};

/* Borrows the link and the options' source. */
int bw_publisher_start(struct bw_publisher *p, struct bw_link *link,
                       const struct bellwire_options *options) BW_MUST_CHECK;
/* What has no result yet gets BW_ECLOSED; joins the thread. */
void bw_publisher_stop(struct bw_publisher *p);

/* With the lock held: the thread looks at everything again. */
void bw_publisher_attend(struct bw_publisher *p);

/* With the lock held: whether anybody still wants this event to be sent. A caller of
 * bellwire_publish() may have left; what it had lent to the event is freed then. For
 * bw_batch_filter(). */
bool bw_publisher_wants(void *unused, uint32_t i, const struct bw_entry *entry,
                        struct bw_str event);

#endif

/* What the two sides of publishing share: publish.c, where callers put events into the queue, and
 * sender.c, whose thread gets them acked.
 *
 * Order. The thread always sends the oldest batch that is not under way, and nothing newer while
 * that one has to wait. With one slot, therefore, events are stored in the order in which they were
 * published, also across retries. With more slots the bus sees several requests at once and may
 * store them in any order. */
#ifndef BW_CLIENT_PUBLISHER_H
#define BW_CLIENT_PUBLISHER_H

#include <msgpack.h>
#include <pthread.h>

#include "base/thread.h"
#include "bellwire.h"
#include "link.h"
#include "queue.h"

struct bw_slot;

struct bw_publisher {
    struct bw_link *link;
    struct bellwire_options options; /* complete: nothing is left to a default */
    struct bw_thread thread;
    pthread_mutex_t lock;    /* guards what follows */
    pthread_cond_t work;     /* for the thread */
    pthread_cond_t progress; /* for callers: events have left the queue */
    struct bw_queue queue;
    bool closing;
    bool attention; /* something happened that the thread has not looked at yet */
    bool hungry;    /* the thread would send the next event at once */

    /* The thread's own. */
    bool up; /* as on_state was told */
    struct bw_slot *slots;
    unsigned n_slots, n_busy;
    msgpack_zone zone;
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

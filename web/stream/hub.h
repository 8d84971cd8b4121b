/* The hub: which feeds have a ring, where the bridge is, and whom to wake.
 *
 * DESIGN. Three kinds of threads meet here. The replay thread alone opens and reclaims channels.
 * The bridge's thread goes through the table for every event; it publishes which channel it is
 * writing to and looks again, and the replay thread frees a channel only after it was taken out of
 * the table and the bridge is not writing to it: the rings' own scheme, one storey up. Stream
 * threads never look feeds up: they get a channel from the replay thread and hand it back when
 * their last subscriber left. While nobody watches the table is empty, and an event costs nothing.
 *
 * `passed` is stored before the bridge goes through the table. So whoever makes a channel visible
 * first and reads `passed` then knows: every later event of its topics will be in the ring. */
#ifndef BW_STREAM_HUB_H
#define BW_STREAM_HUB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "web/stream/bell.h"
#include "web/stream/feed.h"
#include "web/stream/ring.h"

/* A feed that somebody watches. */
struct bw_channel {
    struct bw_feed *feed;
    struct bw_ring *ring;
    _Atomic uint64_t since; /* events of the feed up to here may be missing from the ring */

    _Atomic int64_t newest_us; /* when the bus received the newest in the ring; by the wall clock */

    /* The bridge lost its place: everybody must begin anew. Odd while that is being done: from
     * before the new place is known until the ring is cut. Nothing is sent from the ring meanwhile,
     * for who knows the new place may have joined what is still the old ring. */
    _Atomic unsigned resets;
    _Atomic(const char *) reset_reason; /* a literal */

    /* The replay thread's: */
    unsigned users; /* threads with subscribers */
    int64_t idle_since_us;
};

struct bw_hub;

struct bw_hub_options {
    size_t ring_bytes;
    unsigned max_topics;
    unsigned n_readers;    /* stream threads */
    struct bw_bell *bells; /* one per stream thread; borrowed */
};

int bw_hub_create(struct bw_hub **out, const struct bw_hub_options *options) BW_MUST_CHECK;
/* When all threads are joined. */
void bw_hub_destroy(struct bw_hub **hub);

/* --- Any thread ---------------------------------------------------------------------- */
/* Where the bridge is, or at the start is going to be soon. False before the bus has been heard for
 * the first time. Read after a channel is visible: every event of its topics beyond this place will
 * be in its ring. */
bool bw_hub_now(const struct bw_hub *hub, struct bw_place *out);
/* Every event of any topic up to here is in the rings of whoever watches its topic, or never came
 * to be. Read before a ring's head. */
uint64_t bw_hub_settled(const struct bw_hub *hub);
/* How often the bridge lost its place: what was read from the journal before may be of another life
 * of it. */
unsigned bw_hub_resets(const struct bw_hub *hub);
/* When the bridge last heard from the bus, by bw_clock_mono_us(); 0: never. */
int64_t bw_hub_heard_us(const struct bw_hub *hub);

/* --- The replay thread --------------------------------------------------------------- */
/* Where the journal is, and with it the seq after which the bridge begins. Before it does. */
void bw_hub_begin(struct bw_hub *hub, struct bw_place now);
/* Takes a share in the feed's channel, making it if there is none. BW_EBUSY: max_topics. */
int bw_hub_open(struct bw_hub *hub, struct bw_feed *feed, struct bw_channel **out) BW_MUST_CHECK;
void bw_hub_leave(struct bw_hub *hub, struct bw_channel *channel);
/* Frees channels that nobody has used since `before_us`. */
void bw_hub_reclaim(struct bw_hub *hub, int64_t before_us);

/* --- The bridge's thread ------------------------------------------------------------- */
/* An event of this seq has come. Before it is shown to the channels. */
void bw_hub_pass(struct bw_hub *hub, struct bw_place place);
/* Calls `each` for the channels that have the topic ("": for all), which stay during the call. */
void bw_hub_each(struct bw_hub *hub, struct bw_str topic,
                 void (*each)(void *arg, struct bw_channel *channel), void *arg);
/* Every event up to here has been shown. */
void bw_hub_settle(struct bw_hub *hub, uint64_t seq);
/* Events up to here are missing from the channel's ring: who is behind must read the journal. */
void bw_channel_cut(struct bw_channel *channel, uint64_t seq);
/* Events may be missing before `place`: everybody on the topic ("": on all) begins anew. */
void bw_hub_reset(struct bw_hub *hub, struct bw_str topic, struct bw_place place,
                  const char *reason);
/* The bus was heard; wakes the stream threads if told so. */
void bw_hub_heard(struct bw_hub *hub, bool news);

#endif

/* What transports have in common that say everything in frames: one for each topic of the feed. */
#include "web/stream/transport.h"

#include "web/stream/engine.h"
#include "web/stream/frame.h"
#include "web/stream/sub.h"

void bw_say_subscribed(struct bw_sub *sub, bool recovered, struct bw_place place, bool to_resume)
{
    const struct bw_feed *feed = sub->view->feed;
    for (size_t i = 0; i < feed->topics.n; i++)
        bw_frame_subscribed(&sub->conn->engine->scratch, feed->encoding, feed->topics.v[i],
                            recovered, place, to_resume);
    bw_conn_say_scratch(sub->conn);
}

bool bw_say_reset(struct bw_sub *sub, const char *reason, struct bw_place place)
{
    const struct bw_feed *feed = sub->view->feed;
    size_t last = feed->topics.n - 1;
    for (size_t i = 0; i <= last; i++)
        bw_frame_reset(&sub->conn->engine->scratch, feed->encoding, feed->topics.v[i], reason,
                       i == last && !feed->has_rows ? &place : NULL);
    bw_conn_say_scratch(sub->conn);
    return true;
}

void bw_say_fault(struct bw_conn *conn, const struct bw_feed *feed, const struct bw_fault *fault,
                  bool passing)
{
    (void)passing;
    struct bw_str topic = bw_feed_is_merged(feed) ? bw_str("") : feed->topics.v[0];
    bw_frame_error(&conn->engine->scratch, feed->encoding, topic, fault);
    bw_conn_say_scratch(conn);
}

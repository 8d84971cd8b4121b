/* A subscription: a feed that a connection watches, from the message that asked for it to its end.
 *
 * DESIGN. It is live (it has a slot in the view, and the ring feeds it), or it is on its way there
 * and has a job (catchup.h). A connection has few, in a list. */
#ifndef BW_STREAM_SUB_H
#define BW_STREAM_SUB_H

#include <stdbool.h>
#include <stdint.h>

#include "web/stream/conn.h"
#include "web/stream/job.h"
#include "web/stream/view.h"
#include "web/stream/wants.h"

enum bw_sub_state {
    BW_SUB_OPENING, /* the view's channel is not there yet */
    BW_SUB_WAITING, /* for the connection's turn to catch up */
    BW_SUB_ASKING,  /* its job is away for a page */
    BW_SUB_PAGING,  /* its page is being sent */
    BW_SUB_LIVE,
    BW_SUB_ENDED, /* freed when its job comes home */
};

struct bw_sub {
    struct bw_conn *conn;
    struct bw_sub *next; /* of the connection */
    struct bw_view *view;
    struct bw_filter *filter;
    struct bw_job *job; /* away while ASKING, at hand otherwise; NULL when LIVE */
    uint32_t slot;      /* LIVE: in the view */
    uint32_t epoch;     /* LIVE: of its place */
    size_t n_counted;   /* topics of the feed under which it is counted */

    /* While it follows; see follow.h. */
    struct bw_wants wants;
    struct bw_sub *next_met;         /* of those that want frames of the piece at hand … */
    uint64_t wanted_from, wanted_to; /* … these; 0: none */

    uint8_t state; /* enum bw_sub_state */
    bool conflate;
    bool snapshot;  /* begins with one */
    bool had_after; /* the client gave a cursor */
    bool announced; /* "subscribed" was said */
    bool told_away; /* that the bus is away was said */
    bool restart;   /* the channel was reset while the job was away */
};

/* What a client asks for. */
struct bw_wish {
    struct bw_feed *feed;
    struct bw_filter *filter; /* NULL: everything */
    struct bw_cursor after;   /* see bw_sub_place() */
    bool has_after, snapshot, conflate;
};
/* Where a subscription begins: at the given cursor, or now, which is a place from this moment on,
 * though the ring may be opened later. `given` says whether there is one. */
struct bw_cursor bw_sub_place(const struct bw_conn *conn, bool given, struct bw_cursor after);
void bw_sub_subscribe(struct bw_conn *conn, const struct bw_wish *wish);
void bw_sub_unsubscribe(struct bw_conn *conn, struct bw_str topic);
/* Ends one with the fault that its view's lease brought. */
void bw_sub_refuse(struct bw_sub *sub);
/* Ends one, or all, without a word. */
void bw_sub_end(struct bw_sub *sub);
void bw_sub_end_all(struct bw_conn *conn);
/* Frees one that ended, when its job has come home. */
void bw_sub_destroy(struct bw_sub *sub);

/* What subscriptions to a topic are counted by, in the engine's by_topic. Any thread. */
uint64_t bw_sub_topic_key(struct bw_str topic);

/* The connection can send again, or cannot. */
void bw_sub_resume_all(struct bw_conn *conn);
void bw_sub_pause_all(struct bw_conn *conn);

#endif

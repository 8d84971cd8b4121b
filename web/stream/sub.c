/* Subscriptions: beginning, replacing, ending. */
#include "web/stream/sub.h"

#include <limits.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/tally.h"
#include "web/stream/catchup.h"
#include "web/stream/engine.h"
#include "web/stream/frame.h"

/* A subscription that does not even begin. */
static void refuse(struct bw_conn *conn, const struct bw_feed *feed, int err, const char *message)
{
    struct bw_fault fault;
    bw_fault(&fault, err, "", "%s", message);
    conn->transport->fault(conn, feed, &fault, false);
}

/* --- Counting by topic --------------------------------------------------------------- */

uint64_t bw_sub_topic_key(struct bw_str topic)
{
    uint64_t hash = bw_hash(topic);
    return hash ? hash : 1;
}

/* Without memory for one more topic the count stays too low, also when it ends. */
static void count_in(struct bw_sub *sub)
{
    const struct bw_feed *feed = sub->view->feed;
    struct bw_tally *tally = sub->conn->engine->by_topic;
    for (; sub->n_counted < feed->topics.n; sub->n_counted++)
        if (bw_tally_add(tally, bw_sub_topic_key(feed->topics.v[sub->n_counted]), UINT_MAX) != 0)
            return;
}

static void count_out(struct bw_sub *sub)
{
    while (sub->n_counted > 0)
        bw_tally_remove(sub->conn->engine->by_topic,
                        bw_sub_topic_key(sub->view->feed->topics.v[--sub->n_counted]));
}

/* --- Ending -------------------------------------------------------------------------- */

void bw_sub_destroy(struct bw_sub *sub)
{
    bw_filter_unref(&sub->filter);
    bw_job_destroy(&sub->job);
    free(sub);
}

void bw_sub_end(struct bw_sub *sub)
{
    struct bw_conn *conn = sub->conn;
    bool job_is_away = sub->state == BW_SUB_ASKING;
    struct bw_sub **at = &conn->subs;
    while (*at != sub)
        at = &(*at)->next;
    *at = sub->next;
    conn->n_subs--;
    if (sub->state == BW_SUB_LIVE)
        bw_view_leave(sub);
    count_out(sub);
    sub->view->users--;
    sub->state = BW_SUB_ENDED;
    if (conn->turn == sub)
        bw_catchup_end_turn(conn);
    if (!job_is_away)
        bw_sub_destroy(sub);
}

void bw_sub_end_all(struct bw_conn *conn)
{
    while (conn->subs)
        bw_sub_end(conn->subs);
}

void bw_sub_refuse(struct bw_sub *sub)
{
    sub->conn->transport->fault(sub->conn, sub->view->feed, &sub->view->lease->fault, false);
    bw_sub_end(sub);
}

/* --- Beginning ----------------------------------------------------------------------- */

static struct bw_sub *find(const struct bw_conn *conn, struct bw_str topic)
{
    for (struct bw_sub *sub = conn->subs; sub; sub = sub->next)
        if (bw_feed_has(sub->view->feed, topic))
            return sub;
    return NULL;
}

struct bw_cursor bw_sub_place(const struct bw_conn *conn, bool given, struct bw_cursor after)
{
    struct bw_place now;
    if (given && after.kind != BW_CURSOR_LATEST)
        return after;
    if (!bw_hub_now(conn->engine->hub, &now)) /* the bus was never heard: it is found out later */
        return (struct bw_cursor){.kind = BW_CURSOR_LATEST};
    return (struct bw_cursor){BW_CURSOR_AT, now.epoch, now.seq};
}

static struct bw_sub *create(struct bw_conn *conn, const struct bw_wish *wish)
{
    struct bw_sub *sub = calloc(1, sizeof *sub);
    if (!sub)
        return NULL;
    sub->conn = conn;
    sub->filter = bw_filter_ref(wish->filter);
    sub->had_after = wish->has_after;
    sub->snapshot = wish->snapshot;
    sub->conflate = wish->conflate;
    sub->view = bw_view_get(conn->engine, wish->feed);
    if (!sub->view || !bw_catchup_prepare(sub)) {
        bw_sub_destroy(sub);
        return NULL;
    }
    sub->job->after = wish->after;
    sub->view->users++;
    count_in(sub);
    sub->next = conn->subs;
    conn->subs = sub;
    conn->n_subs++;
    return sub;
}

/* How far a subscription that is on its way has got: the page before, and what was sent of the one
 * at hand. */
static struct bw_cursor way_of(const struct bw_sub *sub)
{
    const struct bw_job *job = sub->job;
    if (sub->state != BW_SUB_PAGING || job->page_at == 0)
        return job->after;
    uint64_t last = bw_frames_entry(&job->page->frames, job->page_at - 1)->seq;
    if (job->after.kind == BW_CURSOR_AT && job->after.seq > last)
        return job->after; /* a shared page, which begins earlier: nothing of it was sent yet */
    return (struct bw_cursor){BW_CURSOR_AT, job->page->epoch, last};
}

/* Subscribing again changes the filter and, unless the client says where to begin, keeps the place:
 * up to it the old filter was asked, beyond it the new one is. A snapshot that is not complete
 * begins anew: its rows are others now. */
static void replace(struct bw_sub *old, struct bw_wish *wish)
{
    if (wish->has_after || wish->snapshot) {
        /* the client says where */
    } else if (old->state == BW_SUB_LIVE) {
        struct bw_place place = bw_view_place(old);
        wish->has_after = true;
        wish->after = (struct bw_cursor){BW_CURSOR_AT, place.epoch, place.seq};
    } else if (old->job->kind == BW_JOB_ROWS ||
               (old->state == BW_SUB_OPENING && old->snapshot && !old->had_after)) {
        wish->snapshot = true;
    } else {
        wish->after = way_of(old);
        wish->has_after = wish->after.kind != BW_CURSOR_LATEST;
    }
    bw_sub_end(old);
}

void bw_sub_subscribe(struct bw_conn *conn, const struct bw_wish *asked)
{
    struct bw_wish wish = *asked;
    struct bw_sub *sub = find(conn, wish.feed->topics.v[0]);
    if (sub)
        replace(sub, &wish);
    sub = NULL;
    if (conn->n_subs >= conn->engine->options.max_subscriptions)
        refuse(conn, wish.feed, BW_EBUSY,
               "this connection has as many subscriptions as are allowed");
    else if (!(sub = create(conn, &wish)))
        refuse(conn, wish.feed, BW_ENOMEM, "out of memory");
    if (sub && sub->view->channel)
        bw_catchup_begin(sub);
}

void bw_sub_unsubscribe(struct bw_conn *conn, struct bw_str topic)
{
    struct bw_sub *sub = find(conn, topic);
    enum bw_encoding encoding = conn->transport->encoding;
    struct bw_fault fault = {0};
    if (sub) {
        bw_sub_end(sub);
        bw_frame_unsubscribed(&conn->engine->scratch, encoding, topic);
    } else {
        bw_fault(&fault, BW_ENOTFOUND, "", "there is no subscription to this topic");
        bw_frame_error(&conn->engine->scratch, encoding, topic, &fault);
    }
    bw_conn_say_scratch(conn);
}

/* --- Room in the socket -------------------------------------------------------------- */

void bw_sub_resume_all(struct bw_conn *conn)
{
    for (struct bw_sub *sub = conn->subs; sub; sub = sub->next)
        if (sub->state == BW_SUB_LIVE)
            bw_view_set_ready(sub, true);
    if (conn->turn && conn->turn->state == BW_SUB_PAGING)
        bw_catchup_send_page(conn->turn);
}

void bw_sub_pause_all(struct bw_conn *conn)
{
    for (struct bw_sub *sub = conn->subs; sub; sub = sub->next)
        if (sub->state == BW_SUB_LIVE)
            bw_view_set_ready(sub, false);
}

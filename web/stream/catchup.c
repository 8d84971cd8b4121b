/* Catching up: asking, sending pages, joining the ring. */
#include "web/stream/catchup.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "web/stream/engine.h"
#include "web/stream/send.h"
#include "web/stream/sub.h"

enum { RETRY_US = 300 * 1000 };

bool bw_catchup_prepare(struct bw_sub *sub)
{
    if (sub->job)
        return true;
    sub->job = bw_job_create(sub->conn->engine->inbox, sub->view->feed);
    if (!sub->job)
        return false;
    sub->job->sub = sub;
    sub->job->filter = bw_filter_ref(sub->filter);
    return true;
}

/* to_resume: nothing is owed to the client before place. */
static void announce(struct bw_sub *sub, bool recovered, struct bw_place place, bool to_resume)
{
    if (sub->announced)
        return;
    sub->announced = true;
    sub->conn->transport->subscribed(sub, recovered, place, to_resume);
}

/* --- Asking -------------------------------------------------------------------------- */

/* Asks for a page, now or when it is its turn. */
static void ask(struct bw_sub *sub, enum bw_job_kind kind)
{
    struct bw_conn *conn = sub->conn;
    sub->job->kind = kind;
    if (conn->turn && conn->turn != sub) {
        sub->state = BW_SUB_WAITING;
        return;
    }
    conn->turn = sub;
    sub->state = BW_SUB_ASKING;
    if (bw_mailbox_post(conn->engine->replay, &sub->job->letter.mail) != 0)
        sub->state = BW_SUB_WAITING; /* the server is stopping: the job stays at hand */
}

static void ask_later(struct bw_sub *sub)
{
    bw_page_unref(&sub->job->page);
    sub->job->not_before_us = bw_clock_mono_us() + RETRY_US;
    ask(sub, sub->job->kind);
}

/* Of the table as it was at place or later. */
static void ask_for_rows(struct bw_sub *sub, struct bw_place place)
{
    struct bw_job *job = sub->job;
    job->after = (struct bw_cursor){BW_CURSOR_AT, place.epoch, place.seq};
    free(job->token);
    job->token = NULL;
    job->as_of = (struct bw_place){0};
    ask(sub, BW_JOB_ROWS);
}

void bw_catchup_end_turn(struct bw_conn *conn)
{
    conn->turn = NULL;
    for (struct bw_sub *sub = conn->subs; sub; sub = sub->next) {
        if (sub->state == BW_SUB_WAITING) {
            ask(sub, sub->job->kind);
            return;
        }
    }
}

/* --- Joining ------------------------------------------------------------------------- */

static bool join(struct bw_sub *sub, struct bw_place place)
{
    if (!bw_view_join(sub->view, sub, place.seq))
        return false;
    sub->state = BW_SUB_LIVE;
    sub->epoch = place.epoch;
    bw_job_destroy(&sub->job);
    if (sub->conn->turn == sub)
        bw_catchup_end_turn(sub->conn);
    return true;
}

/* From the ring after place, or else what the ring no longer has from the bus. */
static void go_on_after(struct bw_sub *sub, struct bw_place place)
{
    if (join(sub, place))
        return;
    sub->job->after = (struct bw_cursor){BW_CURSOR_AT, place.epoch, place.seq};
    ask(sub, sub->conflate ? BW_JOB_CHANGED : BW_JOB_EVENTS);
}

/* Nothing known before holds: it goes on from place, with a snapshot where there is one. */
static void start_over(struct bw_sub *sub, const char *reason, struct bw_place place)
{
    sub->restart = false;
    sub->state = BW_SUB_WAITING;
    bw_page_unref(&sub->job->page);
    announce(sub, false, place, false);
    if (!sub->conn->transport->reset(sub, reason, place))
        return;
    if (sub->view->feed->has_rows)
        ask_for_rows(sub, place);
    else
        go_on_after(sub, place);
}

void bw_catchup_begin(struct bw_sub *sub)
{
    const struct bw_cursor after = sub->job->after;
    struct bw_place now;
    bool known = bw_hub_now(sub->conn->engine->hub, &now);
    if (sub->conn->state != BW_CONN_OPEN)
        return;
    if (sub->snapshot && !sub->had_after) {
        ask_for_rows(sub, now);
    } else if (known && after.kind == BW_CURSOR_LATEST) {
        announce(sub, true, now, true);
        go_on_after(sub, now);
    } else if (known && after.kind == BW_CURSOR_AT && after.epoch == now.epoch &&
               after.seq <= now.seq && join(sub, (struct bw_place){after.epoch, after.seq})) {
        announce(sub, true, (struct bw_place){after.epoch, after.seq}, true);
    } else {
        ask(sub, sub->conflate && after.kind == BW_CURSOR_AT ? BW_JOB_CHANGED : BW_JOB_EVENTS);
    }
}

/* --- Pages --------------------------------------------------------------------------- */

static void page_is_sent(struct bw_sub *sub)
{
    struct bw_job *job = sub->job;
    struct bw_page *page = job->page;
    struct bw_place place = {page->epoch, page->next};
    job->page = NULL;
    if (job->kind == BW_JOB_ROWS && page->more) {
        job->as_of = place;
        free(job->token);
        job->token = strdup(page->token);
        if (job->token)
            ask(sub, BW_JOB_ROWS);
        else
            bw_conn_kill(sub->conn);
    } else {
        if (job->kind != BW_JOB_ROWS && !page->more && job->complete_to > place.seq)
            place.seq = job->complete_to;
        go_on_after(sub, place);
    }
    bw_page_unref(&page);
}

void bw_catchup_send_page(struct bw_sub *sub)
{
    struct bw_job *job = sub->job;
    const struct bw_page *page = job->page;
    bool asks = page->whole && job->kind == BW_JOB_EVENTS;
    struct bw_source source = {
        .frames = &page->frames, .owner = page->bytes, .filter = asks ? sub->filter : NULL};
    while (job->page_at < page->n && bw_conn_can_send(sub->conn))
        job->page_at = bw_conn_send(sub->conn, &source, job->page_at, page->n);
    if (job->page_at == page->n && sub->conn->state == BW_CONN_OPEN)
        page_is_sent(sub);
}

/* Where the client stood when it asked for this page. */
static struct bw_place place_before(const struct bw_job *job)
{
    const struct bw_page *page = job->page;
    struct bw_place place = {page->epoch, page->next};
    if (job->kind != BW_JOB_ROWS && job->after.kind == BW_CURSOR_AT)
        place.seq = job->after.seq;
    else if (job->kind != BW_JOB_ROWS && job->after.kind == BW_CURSOR_OLDEST)
        place.seq = page->oldest > 0 ? page->oldest - 1 : 0;
    return place;
}

static void page_came(struct bw_sub *sub)
{
    struct bw_job *job = sub->job;
    const struct bw_page *page = job->page;
    struct bw_place now;
    sub->told_away = false;
    if (bw_hub_now(sub->conn->engine->hub, &now) && now.epoch != page->epoch) {
        ask_later(sub); /* the journal was replaced, and the bridge does not know yet */
    } else if (page->reset) {
        start_over(sub, page->reset, (struct bw_place){page->epoch, page->head});
    } else {
        announce(sub, true, place_before(job), job->kind != BW_JOB_ROWS);
        sub->state = BW_SUB_PAGING;
        job->page_at = 0;
        if (job->kind == BW_JOB_EVENTS && job->after.kind == BW_CURSOR_AT)
            job->page_at = bw_frames_find_seq(&page->frames, 0, page->n, job->after.seq);
        bw_catchup_send_page(sub);
    }
}

static bool is_passing(int err)
{
    return err == BW_EUNAVAILABLE || err == BW_ETIMEDOUT || err == BW_EBUSY || err == BW_EAGAIN ||
           err == BW_EIO || err == BW_ENOMEM;
}

static void job_failed(struct bw_sub *sub)
{
    const struct bw_fault *fault = &sub->job->fault;
    bool passing = is_passing(fault->err);
    sub->state = BW_SUB_WAITING;
    if (fault->err == BW_ECLOSED)
        return; /* the server is stopping */
    if (!sub->told_away)
        sub->conn->transport->fault(sub->conn, sub->view->feed, fault, passing);
    sub->told_away = true;
    if (passing)
        ask_later(sub);
    else
        bw_sub_end(sub);
}

void bw_catchup_job_home(struct bw_job *job)
{
    struct bw_sub *sub = job->sub;
    struct bw_place now;
    if (sub->state == BW_SUB_ENDED) {
        bw_sub_destroy(sub);
        return;
    }
    if (sub->conn->state != BW_CONN_OPEN) {
        sub->state = BW_SUB_WAITING; /* the job is at hand; all ends soon */
    } else if (sub->restart && bw_hub_now(sub->conn->engine->hub, &now)) {
        start_over(sub, atomic_load(&sub->view->channel->reset_reason), now);
    } else if (job->fault.err != 0) {
        job_failed(sub);
    } else {
        page_came(sub);
    }
}

/* --- What happens to those that are under way or live -------------------------------- */

void bw_catchup_fell_behind(struct bw_sub *sub, uint64_t seq)
{
    struct bw_place now;
    bw_hub_now(sub->conn->engine->hub, &now);
    sub->state = BW_SUB_WAITING;
    if (!bw_catchup_prepare(sub)) {
        bw_conn_kill(sub->conn);
        return;
    }
    sub->job->after = (struct bw_cursor){BW_CURSOR_AT, now.epoch, seq};
    ask(sub, sub->conflate ? BW_JOB_CHANGED : BW_JOB_EVENTS);
}

void bw_catchup_channel_reset(struct bw_sub *sub)
{
    struct bw_place now;
    if (sub->conn->state != BW_CONN_OPEN || !bw_hub_now(sub->conn->engine->hub, &now))
        return;
    if (sub->state == BW_SUB_ASKING) {
        sub->restart = true;
        return;
    }
    if (sub->state == BW_SUB_LIVE)
        bw_view_leave(sub);
    sub->state = BW_SUB_WAITING;
    if (bw_catchup_prepare(sub))
        start_over(sub, atomic_load(&sub->view->channel->reset_reason), now);
    else
        bw_conn_kill(sub->conn);
}

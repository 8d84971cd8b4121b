/* Views: delivering what is new in a ring to everybody on this thread who wants it. */
#include "web/stream/view.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "web/stream/catchup.h"
#include "web/stream/conn.h"
#include "web/stream/engine.h"
#include "web/stream/send.h"
#include "web/stream/sub.h"

enum {
    NEWS_FRAMES = 256,  /* so many go to everybody in one round; more are sent turn by turn */
    SLOTS_PER_LOOK = 8, /* at the clock, which costs a hundredth of a send() */
};

BW_COUNTER(deliveries, "bellwire_stream_deliveries_total",
           "Frames sent from rings, counted once per connection (filtered ones not counted).");
BW_COUNTER(sends, "bellwire_stream_sends_total", "send() calls that delivered them.");
BW_COUNTER(fallen_behind, "bellwire_stream_behind_total",
           "Times a subscription had fallen behind its ring.");

BW_HISTOGRAM(delivery, "bellwire_stream_delivery_seconds",
             "From the bus receiving the newest event of a round to every socket that had room "
             "having it; one per round, thread and topic.");

/* --- Life ---------------------------------------------------------------------------- */

static void adopt_channel(struct bw_view *view, struct bw_channel *channel)
{
    view->channel = channel;
    view->resets = atomic_load(&channel->resets);
    view->followers.next = view->seen = bw_ring_head(channel->ring);
}

static bool take_lease(struct bw_view *view)
{
    struct bw_engine *engine = view->engine;
    view->lease = bw_job_create(engine->inbox, view->feed);
    if (!view->lease)
        return false;
    view->lease->view = view;
    view->lease->kind = BW_JOB_OPEN;
    return bw_mailbox_post(engine->replay, &view->lease->letter.mail) == 0;
}

static void free_view(struct bw_view *view)
{
    bw_job_destroy(&view->lease);
    bw_feed_unref(&view->feed);
    bw_wants_index_free(&view->followers.index);
    free(view->slots);
    free(view);
}

static struct bw_view *create(struct bw_engine *engine, struct bw_feed *feed)
{
    struct bw_view *view = calloc(1, sizeof *view);
    if (!view)
        return NULL;
    view->engine = engine;
    view->feed = bw_feed_ref(feed);
    view->held = BW_RING_NO_HOLD;
    if (!take_lease(view)) {
        free_view(view);
        return NULL;
    }
    view->next = engine->views;
    engine->views = view;
    return view;
}

struct bw_view *bw_view_get(struct bw_engine *engine, struct bw_feed *feed)
{
    for (struct bw_view *view = engine->views; view; view = view->next)
        if (bw_feed_same(view->feed, feed))
            return view;
    return create(engine, feed);
}

/* Calls each for every subscription to the view, live or not. */
static void for_all_subs(struct bw_view *view, void (*each)(struct bw_sub *))
{
    struct bw_engine *engine = view->engine;
    for (uint32_t c = 0; c < engine->n_conns; c++) {
        for (struct bw_sub *sub = engine->conns[c]->subs, *next; sub; sub = next) {
            next = sub->next;
            if (sub->view == view)
                each(sub);
        }
    }
}

static void destroy(struct bw_view *view)
{
    struct bw_engine *engine = view->engine;
    struct bw_view **at = &engine->views;
    while (*at != view)
        at = &(*at)->next;
    *at = view->next;
    if (view->channel)
        bw_ring_release(view->channel->ring, engine->number);
    if (view->channel) {
        view->lease->kind = BW_JOB_LEAVE;
        if (bw_mailbox_post(engine->replay, &view->lease->letter.mail) == 0)
            view->lease = NULL;
    }
    free_view(view);
}

void bw_view_opened(struct bw_job *lease)
{
    struct bw_view *view = lease->view;
    if (lease->fault.err == 0) {
        adopt_channel(view, lease->channel);
        for_all_subs(view, bw_catchup_begin);
    } else {
        for_all_subs(view, bw_sub_refuse);
        destroy(view);
    }
}

void bw_view_reclaim(struct bw_engine *engine)
{
    for (struct bw_view *view = engine->views, *next; view; view = next) {
        bool lease_is_away = !view->channel;
        next = view->next;
        if (view->users == 0 && !lease_is_away)
            destroy(view);
    }
}

void bw_view_destroy_all(struct bw_engine *engine)
{
    while (engine->views)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): destroy() takes it off the list */
        destroy(engine->views);
}

/* --- Slots --------------------------------------------------------------------------- */

static void swap(struct bw_view *view, uint32_t a, uint32_t b)
{
    struct bw_slot slot = view->slots[a];
    view->slots[a] = view->slots[b];
    view->slots[b] = slot;
    view->slots[a].sub->slot = a;
    view->slots[b].sub->slot = b;
}

void bw_view_set_ready(struct bw_sub *sub, bool ready)
{
    struct bw_view *view = sub->view;
    bool is_ready = sub->slot < view->n_ready;
    if (view->slots[sub->slot].follows) {
        if (ready)
            return; /* it is, without being walked */
        bw_follow_stop(sub);
    }
    if (ready && !is_ready) {
        swap(view, sub->slot, view->n_ready);
        view->n_ready++;
        view->unfinished = true;
    } else if (!ready && is_ready) {
        view->n_ready--;
        swap(view, sub->slot, view->n_ready);
    }
}

uint64_t bw_view_leave(struct bw_sub *sub)
{
    struct bw_view *view = sub->view;
    bw_view_set_ready(sub, false);
    uint64_t seq = view->slots[sub->slot].seq;
    swap(view, sub->slot, view->n - 1);
    view->n--;
    return seq;
}

struct bw_place bw_view_place(const struct bw_sub *sub)
{
    const struct bw_view *view = sub->view;
    const struct bw_slot slot = bw_follow_slot(sub);
    struct bw_place place = {sub->epoch, slot.seq};
    uint64_t settled = bw_hub_settled(view->engine->hub);
    /* Read in this order: a reset that was before `settled` is seen. */
    if (settled > place.seq && atomic_load(&view->channel->resets) == view->resets &&
        slot.next == bw_ring_head(view->channel->ring))
        place.seq = settled;
    return place;
}

static bool reserve_slot(struct bw_view *view)
{
    if (view->n < view->cap)
        return true;
    uint32_t cap = view->cap ? view->cap * 2 : 8;
    struct bw_slot *grown = realloc(view->slots, cap * sizeof *grown);
    if (!grown)
        return false;
    view->slots = grown;
    view->cap = cap;
    return true;
}

/* Lets go of what is held, or goes back to what was. */
static void hold_again(struct bw_view *view)
{
    struct bw_ring *ring = view->channel->ring;
    unsigned reader = view->engine->number;
    if (view->held == BW_RING_NO_HOLD)
        bw_ring_release(ring, reader);
    else if (!bw_ring_hold(ring, reader, view->held))
        view->held = BW_RING_NO_HOLD;
}

/* Whether frames that are not after seq may still come at `next`. */
static bool is_ahead(const struct bw_frames *f, uint64_t next, uint64_t seq)
{
    return bw_frames_entry(f, next)->prev < seq;
}

bool bw_view_join(struct bw_view *view, struct bw_sub *sub, uint64_t seq)
{
    struct bw_ring *ring = view->channel->ring;
    uint64_t next;
    if (seq < atomic_load(&view->channel->since) || !reserve_slot(view))
        return false;
    if (!bw_ring_join(ring, view->engine->number, seq, &next))
        return false;
    hold_again(view);
    sub->slot = view->n;
    view->slots[view->n++] =
        (struct bw_slot){.next = next, .seq = seq, .sub = sub, .fd = sub->conn->fd, .choosy = true};
    bw_view_set_ready(sub, bw_conn_can_send(sub->conn));
    return true;
}

/* --- Delivering ---------------------------------------------------------------------- */

/* The slice that most slots are to get: from one place, as much as is sent at once. */
struct slice {
    uint64_t from, to, seq;
    const char *bytes;
    size_t len;
};

/* One walk over slots. */
struct walk {
    uint64_t head;
    struct slice slice;
    int64_t n_sends, n_frames; /* by slices */
};

static void cut_slice(const struct bw_frames *f, uint64_t from, uint64_t head, struct slice *out)
{
    uint64_t start = bw_frames_entry(f, from)->start;
    out->from = from;
    out->to = head;
    if (bw_frames_len(f, from, head) > BW_SEND_BYTES)
        out->to = bw_frames_find_end(f, from, head, start + BW_SEND_BYTES);
    out->seq = bw_frames_entry(f, out->to - 1)->seq;
    out->bytes = bw_frames_at(f, start);
    out->len = bw_frames_len(f, from, out->to);
}

static struct bw_source source_of(const struct bw_view *view, const struct bw_slot *slot)
{
    return (struct bw_source){
        .frames = &view->channel->ring->frames, .filter = slot->sub->filter, .after = slot->seq};
}

static void moved_to(const struct bw_view *view, struct bw_slot *slot, uint64_t next)
{
    if (next == slot->next)
        return;
    uint64_t seq = bw_frames_entry(&view->channel->ring->frames, next - 1)->seq;
    slot->next = next;
    if (seq > slot->seq)
        slot->seq = seq;
}

/* For subscriptions with a filter, and for those that joined ahead of the ring. */
static void deliver_choosy(const struct bw_view *view, const struct bw_slot *slot, uint64_t head)
{
    struct bw_source source = source_of(view, slot);
    const struct bw_sub *sub = slot->sub; /* being blocked moves the slot */
    uint64_t next = bw_conn_send(sub->conn, &source, slot->next, head);
    struct bw_slot *now = &view->slots[sub->slot];
    moved_to(view, now, next);
    now->choosy =
        source.filter || sub->conn->transport->send || is_ahead(source.frames, next, source.after);
}

static void deliver_slice(const struct bw_view *view, struct bw_slot *slot,
                          const struct slice *slice)
{
    ssize_t sent = send(slot->fd, slice->bytes, slice->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == (ssize_t)slice->len) {
        slot->next = slice->to;
        slot->seq = slice->seq;
        return;
    }
    struct bw_source source = source_of(view, slot);
    const struct bw_sub *sub = slot->sub; /* being blocked moves the slot */
    uint64_t next = bw_conn_stopped(sub->conn, &source, slice->from, slice->to, sent);
    moved_to(view, &view->slots[sub->slot], next);
}

/* The ring has gone on without the view: whoever is at that place has lost it. */
static void lose(struct bw_view *view, struct bw_sub *sub)
{
    bw_metric_add(&fallen_behind, 1);
    bw_catchup_fell_behind(sub, bw_view_leave(sub));
    hold_again(view);
}

static bool hold_at(struct bw_view *view, uint64_t number)
{
    if (number >= view->held)
        return true;
    if (!bw_ring_hold(view->channel->ring, view->engine->number, number))
        return false;
    view->held = number;
    return true;
}

/* Holds the ring at the slot's place. False: too late, it has been taken out of the view. */
static bool hold_for(struct bw_view *view, const struct bw_slot *slot)
{
    if (hold_at(view, slot->next))
        return true;
    lose(view, slot->sub);
    return false;
}

/* From the last one on: the slots behind one that leaves were looked at. */
static void deliver_to_followers(struct bw_view *view, uint64_t head)
{
    if (view->followers.n > 0 && !hold_at(view, view->followers.next)) {
        hold_again(view);
        for (uint32_t i = view->n; i > 0; i--)
            if (view->slots[i - 1].follows)
                lose(view, view->slots[i - 1].sub);
    }
    bw_follow_to(view, head);
}

/* A slot that has everything up to the head, of one that has a filter and is not ahead of it: from
 * now on it is found by what it wants. */
static void let_follow(struct bw_view *view, const struct bw_slot *slot, uint64_t head)
{
    const struct bw_frames *f = &view->channel->ring->frames;
    struct bw_sub *sub = slot->sub;
    if (sub->filter && slot->next == head && !is_ahead(f, head, slot->seq) && bw_follow(sub))
        swap(view, sub->slot, --view->n_ready);
}

/* Sends to the slot that is ready at i. False: it was blocked or follows now, and another one is at
 * i. */
static bool deliver_slot(struct bw_view *view, uint32_t i, struct walk *walk)
{
    struct bw_slot *slot = &view->slots[i];
    const struct bw_sub *sub = slot->sub;
    uint64_t before = slot->next;
    if (before >= walk->head)
        return true;
    if (!hold_for(view, slot))
        return false;
    if (slot->choosy) {
        deliver_choosy(view, slot, walk->head);
        if (i < view->n_ready && view->slots[i].sub == sub)
            let_follow(view, slot, walk->head);
    } else {
        if (walk->slice.from != before)
            cut_slice(&view->channel->ring->frames, before, walk->head, &walk->slice);
        deliver_slice(view, slot, &walk->slice);
        walk->n_sends++;
        walk->n_frames += (int64_t)(view->slots[sub->slot].next - before);
    }
    return i < view->n_ready && view->slots[i].sub == sub;
}

/* Of those who are ready and have more to get; BW_RING_NO_HOLD: nobody has. */
static uint64_t lowest_place(const struct bw_view *view, uint64_t head)
{
    uint64_t lowest = BW_RING_NO_HOLD;
    for (uint32_t i = 0; i < view->n_ready; i++)
        if (view->slots[i].next < head && view->slots[i].next < lowest)
            lowest = view->slots[i].next;
    return lowest;
}

/* What is new goes to those who had all that was there before, at once. */
static void deliver_news(struct bw_view *view, struct walk *walk)
{
    for (uint32_t i = 0; i < view->n_ready;)
        if (view->slots[i].next < view->seen || deliver_slot(view, i, walk))
            i++;
}

/* Those who are behind get some more, from where the last turn ended. */
static void deliver_old(struct bw_view *view, struct walk *walk, int64_t turn_us)
{
    int64_t end_us = bw_clock_mono_us() + turn_us;
    uint32_t i = view->turn;
    for (uint32_t visited = 1; i < view->n_ready; visited++) {
        if (deliver_slot(view, i, walk))
            i++;
        if (visited % SLOTS_PER_LOOK == 0 && bw_clock_mono_us() >= end_us)
            break;
    }
    view->turn = i < view->n_ready ? i : 0;
}

/* One round over those who are ready. True: some have more to get. */
static bool deliver_round(struct bw_view *view, uint64_t head, int64_t turn_us)
{
    struct walk walk = {.head = head, .slice.from = UINT64_MAX};
    bool is_flood = head - view->seen > NEWS_FRAMES;
    if (!is_flood && head != view->seen)
        deliver_news(view, &walk);
    if (is_flood || view->unfinished)
        deliver_old(view, &walk, turn_us);
    uint64_t lowest = lowest_place(view, head);
    bool has_more = lowest != BW_RING_NO_HOLD;
    if (!has_more)
        view->turn = 0;
    view->held = lowest;
    hold_again(view);
    bw_metric_add(&sends, walk.n_sends);
    bw_metric_add(&deliveries, walk.n_frames);
    return has_more;
}

static void observe_delivery(const struct bw_view *view)
{
    int64_t newest_us = atomic_load_explicit(&view->channel->newest_us, memory_order_relaxed);
    if (view->n > 0)
        bw_histogram_add(&delivery, bw_clock_wall_us() - newest_us);
}

bool bw_view_deliver(struct bw_view *view, int64_t turn_us)
{
    if (!view->channel)
        return false;
    unsigned resets = atomic_load(&view->channel->resets);
    if (resets % 2 == 1) { /* the bridge may be waiting for us to let go */
        view->held = BW_RING_NO_HOLD;
        hold_again(view);
        return true;
    }
    if (resets != view->resets) {
        view->resets = resets;
        for_all_subs(view, bw_catchup_channel_reset);
    }
    uint64_t head = bw_ring_head(view->channel->ring);
    if (head == view->seen && !view->unfinished)
        return false;
    deliver_to_followers(view, head);
    view->unfinished = deliver_round(view, head, turn_us);
    view->is_news = view->is_news || head != view->seen;
    view->seen = head;
    if (view->is_news && view->turn == 0) {
        view->is_news = false;
        observe_delivery(view);
    }
    return view->unfinished;
}

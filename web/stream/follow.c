/* Followers: showing new frames to those who want them, and only to those. */
#include "web/stream/follow.h"

#include "web/stream/conn.h"
#include "web/stream/send.h"
#include "web/stream/sub.h"
#include "web/stream/view.h"

enum { PIECE = 256 }; /* frames walked before what was found is sent */

static struct bw_slot *slot_of(const struct bw_sub *sub)
{
    return &sub->view->slots[sub->slot];
}

bool bw_follow(struct bw_sub *sub)
{
    struct bw_followers *all = &sub->view->followers;
    if (!bw_wants_add(&all->index, sub->filter, sub, &sub->wants))
        return false;
    slot_of(sub)->follows = true;
    all->n++;
    return true;
}

struct bw_slot bw_follow_slot(const struct bw_sub *sub)
{
    const struct bw_followers *all = &sub->view->followers;
    struct bw_slot slot = *slot_of(sub);
    if (slot.follows && slot.next < all->next) {
        slot.next = all->next;
        slot.seq = all->seq;
    }
    return slot;
}

void bw_follow_stop(struct bw_sub *sub)
{
    struct bw_followers *all = &sub->view->followers;
    if (!slot_of(sub)->follows)
        return;
    *slot_of(sub) = bw_follow_slot(sub);
    slot_of(sub)->follows = false;
    all->n--;
    bw_wants_remove(&all->index, &sub->wants);
}

/* --- The walk ------------------------------------------------------------------------ */

/* The followers that want frames of the piece at hand, in the order in which they were met. */
struct met {
    struct bw_sub *first, **last;
};

static void meet(struct met *met, struct bw_sub *sub, uint64_t number)
{
    if (sub->wanted_to == 0) {
        sub->wanted_from = number;
        sub->next_met = NULL;
        *met->last = sub;
        met->last = &sub->next_met;
    }
    sub->wanted_to = number + 1;
}

static void look_up(const struct bw_view *view, uint64_t number, struct met *met)
{
    const struct bw_entry *entry = bw_frames_entry(&view->channel->ring->frames, number);
    for (int key = 0; key < BW_N_KEYS; key++) {
        const struct bw_want *want =
            bw_wants_of(&view->followers.index, (enum bw_key)key, entry->key[key]);
        for (; want; want = want->next)
            if (bw_filter_match(want->sub->filter, entry->key))
                meet(met, want->sub, number);
    }
}

/* It may be blocked by that: then it stopped following, and its place is where the kernel stopped.
 */
static void give(struct bw_sub *sub, const struct bw_frames *f)
{
    struct bw_source source = {.frames = f, .filter = sub->filter};
    uint64_t next = sub->wanted_from, to = sub->wanted_to;
    sub->wanted_to = 0;
    while (next < to && slot_of(sub)->follows)
        next = bw_conn_send(sub->conn, &source, next, to);
    if (slot_of(sub)->follows)
        return;
    slot_of(sub)->next = next;
    slot_of(sub)->seq = bw_frames_entry(f, next)->prev;
}

void bw_follow_to(struct bw_view *view, uint64_t head)
{
    const struct bw_frames *f = &view->channel->ring->frames;
    struct bw_followers *all = &view->followers;
    while (all->n > 0 && all->next < head) {
        struct met met = {.last = &met.first};
        uint64_t end = head - all->next > PIECE ? all->next + PIECE : head;
        for (uint64_t number = all->next; number < end; number++)
            look_up(view, number, &met);
        for (struct bw_sub *sub = met.first, *next; sub; sub = next) {
            next = sub->next_met;
            give(sub, f);
        }
        all->next = end;
        all->seq = bw_frames_entry(f, end)->prev;
    }
    all->next = head;
}

/* A doubly linked list that goes in a circle, with its links inside of what it holds. A link that
 * is on no list points to itself, so it can be asked, and removing it is harmless. */
#ifndef BW_NET_LIST_H
#define BW_NET_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* The list itself, or the link of a member. */
struct bw_link {
    struct bw_link *prev, *next;
};

/* What a link is in: BW_LINK_OF(link, struct thing, the link's name in it). */
#define BW_LINK_OF(link, type, member) ((type *)((char *)(link)-offsetof(type, member)))

static inline void bw_link_init(struct bw_link *l)
{
    l->prev = l->next = l;
}

/* For a list: it is empty. For a member: it is on no list. */
static inline bool bw_link_is_alone(const struct bw_link *l)
{
    return l->next == l;
}

static inline void bw_link_remove(struct bw_link *l)
{
    l->prev->next = l->next;
    l->next->prev = l->prev;
    bw_link_init(l);
}

/* The member must be alone; afterwards it is the one before `next`: the last, if that is the list.
 */
static inline void bw_link_insert(struct bw_link *next, struct bw_link *member)
{
    member->prev = next->prev;
    member->next = next;
    next->prev->next = member;
    next->prev = member;
}

#endif

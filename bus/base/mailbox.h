/* The one way for a thread to hand something to another: a bounded queue with many posters, and one
 * taker that takes everything or several that take one each. Mail is intrusive: embed `struct
 * bw_mail` as the first member of what is sent. */
#ifndef BW_BASE_MAILBOX_H
#define BW_BASE_MAILBOX_H

#include <stddef.h>

#include "base/err.h"

struct bw_mail {
    struct bw_mail *next;
    size_t weight; /* what it counts against the bound, usually bytes */
};

struct bw_mailbox;

/* Room for max_weight in all; a single heavier mail still passes when the box is empty.
 * with_fd: bw_mailbox_fd() becomes readable while there is mail (for an epoll loop). */
int bw_mailbox_create(struct bw_mailbox **out, size_t max_weight, int with_fd) BW_MUST_CHECK;
/* Nobody may be posting or taking any more, and mail left inside is the caller's to have freed:
 * close, then take until NULL, then destroy. */
void bw_mailbox_destroy(struct bw_mailbox **box);

/* Any thread; never blocks. 0: the taker owns the mail now. BW_EBUSY (full) or BW_ECLOSED: the
 * caller still owns it. */
int bw_mailbox_post(struct bw_mailbox *box, struct bw_mail *mail) BW_MUST_CHECK;
/* The same for several at once, linked by `next`: all of them or none. */
int bw_mailbox_post_all(struct bw_mailbox *box, struct bw_mail *first) BW_MUST_CHECK;

/* The taker's thread. All mail there is, oldest first, linked by `next`; waits up to timeout_ms for
 * the first (-1: without limit, 0: not at all). NULL: none came, or closed and empty. */
struct bw_mail *bw_mailbox_take(struct bw_mailbox *box, int timeout_ms);
/* The same, but only the oldest: for several takers that share the work of one box. */
struct bw_mail *bw_mailbox_take_one(struct bw_mailbox *box, int timeout_ms);

/* Any thread. Posts fail from now on; takers get what is left, then NULL at once. */
void bw_mailbox_close(struct bw_mailbox *box);
int bw_mailbox_is_closed(struct bw_mailbox *box);
/* Borrowed descriptor for epoll, or -1. */
int bw_mailbox_fd(const struct bw_mailbox *box);

#endif

/* A job: what a subscription asks the replay thread for. The same object travels there and home,
 * and there again for the next page; a subscription has one as long as it is not live. */
#ifndef BW_STREAM_JOB_H
#define BW_STREAM_JOB_H

#include <stdint.h>

#include "base/err.h"
#include "base/mailbox.h"
#include "wire/cursor.h"
#include "web/stream/feed.h"
#include "web/stream/filter.h"
#include "web/stream/hub.h"
#include "web/stream/page.h"

enum bw_job_kind {
    BW_JOB_OPEN,    /* for a view: a share in the feed's channel → channel */
    BW_JOB_LEAVE,   /* gives that share back; does not come home */
    BW_JOB_EVENTS,  /* events after a cursor → page */
    BW_JOB_ROWS,    /* a page of the snapshot → page */
    BW_JOB_CHANGED, /* rows changed after a cursor → page */
};

struct bw_sub;
struct bw_view;

/* Mail to an engine: every kind of it begins like this. */
enum bw_letter_kind { BW_LETTER_CONNECTION, BW_LETTER_JOB };
struct bw_letter {
    struct bw_mail mail;
    enum bw_letter_kind kind;
};

struct bw_job {
    struct bw_letter letter;
    enum bw_job_kind kind;
    struct bw_mailbox *home; /* borrowed; it outlives the replay thread */
    struct bw_sub *sub;      /* who asks: for home only; one of the two is NULL */
    struct bw_view *view;

    struct bw_feed *feed;     /* owned */
    struct bw_filter *filter; /* owned; NULL: everything */
    struct bw_cursor after;   /* rows: not older than this */
    char *token;              /* rows: of the page; owned; NULL for the first */
    struct bw_place as_of;    /* rows: the first page's place */
    int64_t not_before_us;    /* when it is tried again */

    struct bw_channel *channel; /* asked for, or handed back */
    struct bw_fault fault;      /* err 0: answered */
    struct bw_page *page;       /* owned */
    uint64_t page_at;           /* the next of its frames to be sent; home's */
    uint64_t complete_to;       /* with the last page: nothing of the topic is missing up to here */
};

/* NULL when out of memory. */
struct bw_job *bw_job_create(struct bw_mailbox *home, struct bw_feed *feed);
void bw_job_destroy(struct bw_job **job);

#endif

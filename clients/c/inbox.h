/* What the bus publishes, as it arrives: a SUB socket that fills a mailbox.
 *
 * DESIGN. nng's threads put each message into the mailbox, which is bounded in bytes. When it is
 * full, because the subscription is fetching what is missing or its callbacks are slow, messages
 * are dropped: they are read from the journal later, as if the network had lost them. */
#ifndef BW_CLIENT_INBOX_H
#define BW_CLIENT_INBOX_H

#include <nng/nng.h>
#include <stdatomic.h>

#include "base/mailbox.h"
#include "dialer.h"

struct bw_arrival {
    struct bw_mail mail;
    nng_msg *msg; /* NULL: only to wake the taker */
};

struct bw_inbox {
    nng_socket socket;
    struct bw_dialer dialer;
    nng_aio *aio;
    struct bw_mailbox *box;
    atomic_bool connected_anew; /* since the taker last cleared it */
};

int bw_inbox_open(struct bw_inbox *inbox) BW_MUST_CHECK;
/* One topic, or with "" every topic. */
int bw_inbox_want(struct bw_inbox *inbox, const char *topic) BW_MUST_CHECK;
/* Begins to connect to the publishing endpoint of a base URL. */
int bw_inbox_dial(struct bw_inbox *inbox, const char *base_url,
                  struct nng_tls_config *tls) BW_MUST_CHECK;
/* Nothing arrives any more, and the taker gets NULL. */
void bw_inbox_stop(struct bw_inbox *inbox);
/* Stopped, and nobody takes any more. */
void bw_inbox_close(struct bw_inbox *inbox);

/* All arrivals, oldest first; waits for the first. NULL: stopped. Each is the caller's to free. */
struct bw_arrival *bw_inbox_take(struct bw_inbox *inbox);
void bw_arrival_free(struct bw_arrival *arrival);

#endif

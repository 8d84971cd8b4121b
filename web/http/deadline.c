/* Slots, and the thread that looks at them. */
#include "web/http/deadline.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "web/http/socket.h"

BW_COUNTER(cut_late, "bellwire_http_late_total",
           "Requests cut off because they took longer than they may.");

enum {
    LOOK_MS = 200,
    LAST_WORD_US = 5000000, /* after the body was cut off, for the answer that says so */
    TAKEN = -1,             /* by a worker that fills it */
    FIRING = -2,
};

struct bw_deadline_slot {
    _Atomic int64_t at_us; /* 0: free */
    _Atomic bool has_passed;
    int fd;
};

struct bw_deadlines {
    struct bw_thread thread;
    struct bw_mailbox *end; /* nothing ever comes; it is closed */
    unsigned timeout_s, n;
    struct bw_deadline_slot slots[];
};

/* --- The thread ------------------------------------------------------------------------- */

static void look_at(struct bw_deadline_slot *slot, int64_t now_us)
{
    int64_t at_us = atomic_load(&slot->at_us);
    if (at_us <= 0 || now_us < at_us ||
        !atomic_compare_exchange_strong(&slot->at_us, &at_us, FIRING))
        return;
    bool again = atomic_exchange(&slot->has_passed, true);
    shutdown(slot->fd, again ? SHUT_RDWR : SHUT_RD);
    if (!again)
        bw_metric_add(&cut_late, 1);
    atomic_store(&slot->at_us, now_us + LAST_WORD_US);
}

static void run(void *arg)
{
    struct bw_deadlines *d = arg;
    while (!bw_mailbox_is_closed(d->end)) {
        int64_t now_us = bw_clock_mono_us();
        for (unsigned i = 0; i < d->n; i++)
            look_at(&d->slots[i], now_us);
        bw_mailbox_take(d->end, LOOK_MS);
    }
}

int bw_deadlines_start(struct bw_deadlines **out, unsigned n_requests, unsigned timeout_s)
{
    struct bw_deadlines *d = *out = calloc(1, sizeof *d + n_requests * sizeof d->slots[0]);
    if (!d)
        return BW_ENOMEM;
    d->n = n_requests;
    d->timeout_s = timeout_s;
    int err = bw_mailbox_create(&d->end, 1, 0);
    if (err == 0)
        err = bw_thread_start(&d->thread, "bw-deadlines", run, d);
    if (err != 0)
        bw_deadlines_stop(out);
    return err;
}

void bw_deadlines_stop(struct bw_deadlines **deadlines)
{
    struct bw_deadlines *d = *deadlines;
    *deadlines = NULL;
    if (!d)
        return;
    if (d->end)
        bw_mailbox_close(d->end);
    bw_thread_join(&d->thread);
    bw_mailbox_destroy(&d->end);
    free(d);
}

/* --- Workers ---------------------------------------------------------------------------- */

static struct bw_deadline_slot *take_slot(struct bw_deadlines *d)
{
    for (unsigned i = 0; i < d->n; i++) {
        int64_t nobody = 0;
        if (atomic_compare_exchange_strong(&d->slots[i].at_us, &nobody, TAKEN))
            return &d->slots[i];
    }
    return NULL;
}

void bw_deadline_begin(struct bw_deadline *deadline, struct bw_deadlines *deadlines,
                       const struct mg_connection *conn, const struct bw_handoff_sink *sink)
{
    struct bw_socket_ends ends;
    if (deadline->slot || bw_socket_ends_of(conn, &ends) != 0)
        return;
    int fd = bw_socket_find(&ends, sink->owns_fd, sink->ctx);
    struct bw_deadline_slot *slot = fd >= 0 ? take_slot(deadlines) : NULL;
    if (!slot)
        return;
    slot->fd = fd;
    atomic_store(&slot->has_passed, false);
    atomic_store(&slot->at_us, bw_clock_mono_us() + deadlines->timeout_s * INT64_C(1000000));
    deadline->slot = slot;
}

bool bw_deadline_has_passed(const struct bw_deadline *deadline)
{
    return deadline->slot && atomic_load(&deadline->slot->has_passed);
}

void bw_deadline_end(struct bw_deadline *deadline)
{
    struct bw_deadline_slot *slot = deadline->slot;
    deadline->slot = NULL;
    while (slot) {
        int64_t at_us = atomic_load(&slot->at_us);
        if (at_us != FIRING && atomic_compare_exchange_strong(&slot->at_us, &at_us, 0))
            return;
        sched_yield();
    }
}

unsigned bw_deadlines_timeout_s(const struct bw_deadlines *deadlines)
{
    return deadlines->timeout_s;
}

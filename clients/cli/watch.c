/* Waiting for changes. */
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

struct bw_watch {
    struct bw_watch_plan plan;
    struct bellwire *bus;
    struct bellwire_subscription *subscription;
    int wake;
    atomic_bool changed;
    _Atomic int64_t lost_us; /* since when the bus is away; 0: it is there */
    int64_t looked_us;
};

static void wake(struct bw_watch *w)
{
    if (write(w->wake, &(uint64_t){1}, sizeof(uint64_t)) < 0)
        return; /* it is full of wakes already */
}

/* --- on threads of libbellwire --------------------------------------------------------------- */

static void change(struct bw_watch *w)
{
    if (!atomic_exchange(&w->changed, true))
        wake(w);
}

static void on_state(void *arg, bool connected)
{
    struct bw_watch *w = arg;
    w->lost_us = connected ? 0 : bw_clock_mono_us();
    w->changed = true; /* what it was, nobody knows now */
    wake(w);
}

static void on_event(void *arg, const struct bellwire_received *event)
{
    struct bw_watch *w = arg;
    if (w->plan.concerns(w->plan.ctx, event))
        change(w);
}

static void on_reset(void *arg, const char *topic, enum bellwire_reset reason, const char *cursor)
{
    (void)topic;
    (void)reason;
    (void)cursor;
    change(arg);
}

/* --- the main thread ------------------------------------------------------------------------- */

int bw_watch_open(struct bw_watch **out, const struct bw_watch_plan *plan)
{
    struct bw_watch *w = *out = calloc(1, sizeof *w);
    if (!w)
        return bw_cli_error(plan->cli, "out of memory");
    w->plan = *plan;
    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const struct bellwire_options options = {.on_state = on_state, .arg = w};
    int status = w->wake >= 0 ? bw_cli_connect(plan->cli, &options, &w->bus)
                              : bw_cli_error(plan->cli, "cannot begin: %s", strerror(errno));
    if (status)
        bw_watch_close(out);
    return status;
}

void bw_watch_close(struct bw_watch **watch)
{
    struct bw_watch *w = *watch;
    *watch = NULL;
    if (!w)
        return;
    bellwire_unsubscribe(&w->subscription);
    bellwire_close(&w->bus);
    if (w->wake >= 0)
        close(w->wake);
    free(w);
}

struct bellwire *bw_watch_bus(struct bw_watch *w)
{
    return w->bus;
}

int bw_watch_wake_fd(struct bw_watch *w)
{
    return w->wake;
}

int bw_watch_follow(struct bw_watch *w, const char *const *topics)
{
    const struct bellwire_subscribe_options what = {
        .topics = topics, .on_event = on_event, .on_reset = on_reset, .arg = w};
    int err = bellwire_subscribe(w->bus, &what, &w->subscription);
    w->looked_us = bw_clock_mono_us();
    return err ? bw_cli_error(w->plan.cli, "cannot follow %s: %s", w->plan.cli->bus,
                              bellwire_strerror(err))
               : 0;
}

/* Until the eventfd is written, or this moment. True: it was written. */
static bool sleep_until(struct bw_watch *w, int64_t due_us)
{
    struct pollfd fd = {.fd = w->wake, .events = POLLIN};
    int64_t left_us = due_us - bw_clock_mono_us();
    uint64_t n;
    return poll(&fd, 1, left_us > 0 ? (int)((left_us + 999) / 1000) : 0) > 0 &&
           read(w->wake, &n, sizeof n) > 0;
}

bool bw_watch_wait(struct bw_watch *w)
{
    int64_t tick_us = bw_clock_mono_us() + (int64_t)w->plan.tick_ms * 1000;
    for (;;) {
        bool look = w->changed && w->lost_us == 0;
        int64_t due_us = look ? w->looked_us + (int64_t)w->plan.pause_ms * 1000 : tick_us;
        if (bw_clock_mono_us() >= due_us) {
            if (look) {
                w->changed = false; /* before it is asked for: it may change again meanwhile */
                w->looked_us = bw_clock_mono_us();
            }
            return look;
        }
        if (sleep_until(w, due_us) && !(w->changed && w->lost_us == 0))
            return false; /* another size, or the bus is away */
    }
}

void bw_watch_again(struct bw_watch *w)
{
    w->changed = true;
}

double bw_watch_away_s(struct bw_watch *w)
{
    int64_t lost_us = w->lost_us;
    return lost_us ? (double)(bw_clock_mono_us() - lost_us) / 1e6 : -1;
}

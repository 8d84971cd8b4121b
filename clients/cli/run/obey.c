/* Obeying. */
#include "obey.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "group.h"
#include "signals.h"
#include "wire/cursor.h"
#include "wire/topic.h"

enum {
    ORDERS_MAX = 32,  /* that wait; more come only from somebody who asks without looking */
    LOOK_MS = 50,     /* how often to look whether what is being cancelled has ended */
    KILLED_MS = 2000, /* how long to wait for what was killed */
};

struct bw_obey {
    struct bw_obey_plan plan;
    struct bw_thread thread;
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t changed;
    bool leaving;
    struct bellwire *bus; /* NULL: nothing is followed yet */
    struct bellwire_subscription *subscription;
    struct bw_order queue[ORDERS_MAX];
    size_t n_queued;
    bool between;           /* a command is about to begin: what comes waits for it */
    bool known;             /* the bus knows this attempt, or never will: a retry waits for that */
    struct bw_cursor since; /* its first event */

    const struct bw_child *child; /* NULL: no command runs */
    void (*tell)(void *ctx, const struct bw_order *order);
    void *tell_ctx;
    bool ended; /* the command itself has, others of its group may not */
    bool paused, pause_news;
    struct bw_order pause;  /* the last that paused or continued it */
    struct bw_order ending; /* what it is to end for */
    bool killing, killed;   /* it has until due_us; that is over */
    int64_t due_us;
    bool again;
};

static void wake_main(const struct bw_obey *o)
{
    if (write(o->plan.wake, &(uint64_t){1}, sizeof(uint64_t)) < 0)
        return; /* it is full of wakes already */
}

/* --- orders; with the lock ------------------------------------------------------------------- */

/* Where it cannot be told, the bus says by itself that nobody answered. */
static void refuse(struct bw_obey *o, const struct bw_order *order, const char *why)
{
    struct bellwire_command command = {.action = (enum bellwire_action)order->action};
    snprintf(command.id, sizeof command.id, "%s", order->id);
    snprintf(command.task_id, sizeof command.task_id, "%s", o->plan.task_id);
    bellwire_refuse(o->bus, &command, why);
}

static void set_paused(struct bw_obey *o, bool paused, const struct bw_order *order)
{
    o->paused = paused;
    o->pause = *order;
    o->pause.action = paused ? BW_PAUSE : BW_RESUME;
    o->pause_news = true;
    bw_signals_set_paused(paused);
    o->tell(o->tell_ctx, &o->pause);
    wake_main(o);
}

/* False: it could not be signalled, and that was answered. */
static bool signal_group(struct bw_obey *o, const struct bw_order *order, int sig)
{
    char why[160];
    int err = bw_child_signal(o->child, sig);
    if (err == 0 || err == ESRCH) /* it has just ended, and its end will answer */
        return true;
    snprintf(why, sizeof why, "bellwire may not signal the command (as %s): %s",
             sig == SIGSTOP   ? "SIGSTOP"
             : sig == SIGCONT ? "SIGCONT"
                              : "SIGTERM",
             strerror(err));
    refuse(o, order, why);
    return false;
}

static void pause_it(struct bw_obey *o, const struct bw_order *order)
{
    if (o->ending.action != BW_NO_ACTION)
        refuse(o, order, "the command has been told to end");
    else if (!o->paused && signal_group(o, order, SIGSTOP))
        set_paused(o, true, order);
}

static void resume_it(struct bw_obey *o, const struct bw_order *order)
{
    if (o->ending.action == BW_NO_ACTION && signal_group(o, order, SIGCONT))
        set_paused(o, false, order);
}

/* stop: SIGTERM. cancel and retry: SIGKILL too, when the time is over; a stop takes nothing of that
 * back, but that it is to run again. */
static void end_it(struct bw_obey *o, const struct bw_order *order)
{
    if (o->killing && order->action == BW_STOP) {
        if (o->again)
            o->ending = *order;
        o->again = false;
    } else if (o->ended || signal_group(o, order, SIGTERM)) {
        bool kill_later = order->action != BW_STOP && !o->killing;
        o->ending = *order;
        o->again = order->action == BW_RETRY;
        if (kill_later)
            o->due_us = bw_clock_mono_us() + (int64_t)o->plan.kill_after_s * 1000000;
        o->killing = o->killing || kill_later;
        /* Stopped, it could not come to its end. */
        bw_child_signal(o->child, SIGCONT);
        o->paused = false;
        bw_signals_set_paused(false);
    }
}

/* It was asked of an attempt before this one, which answers it. */
static bool is_older(const struct bw_obey *o, const struct bw_order *order)
{
    return order->epoch == o->since.epoch && order->seq < o->since.seq;
}

static void obey(struct bw_obey *o, const struct bw_order *order)
{
    bool runs = o->child && (!o->ended || o->killing);
    bool retry = order->action == BW_RETRY;
    if (retry && is_older(o, order))
        return;
    if (!runs && retry && (o->plan.stay || o->again)) {
        o->again = true;
        wake_main(o);
    } else if (!runs && retry) {
        refuse(o, order,
               "the command has ended, and `bellwire run` with it: only with --stay does "
               "it wait for a retry");
    } else if (!runs && (order->action == BW_STOP || order->action == BW_CANCEL)) {
        o->again = false; /* that it has ended answers this, so it must not begin again */
    } else if (runs && order->action == BW_PAUSE) {
        pause_it(o, order);
    } else if (runs && (order->action == BW_RESUME || order->action == BW_START)) {
        resume_it(o, order);
    } else if (runs) {
        end_it(o, order);
    }
}

/* --- the thread ------------------------------------------------------------------------------ */

/* What is being ended for good: has everything of it? With the lock, which is let go meanwhile. */
static void look_at_group(struct bw_obey *o)
{
    pid_t group = o->child->pid;
    int64_t now_us = bw_clock_mono_us();
    if (!o->killed && now_us >= o->due_us) {
        bw_child_signal(o->child, SIGKILL);
        o->killed = true;
        o->due_us = now_us + (int64_t)KILLED_MS * 1000;
    }
    if (!o->ended)
        return;
    pthread_mutex_unlock(&o->lock);
    bool runs = bw_group_runs(group);
    pthread_mutex_lock(&o->lock);
    if (!runs || (o->killed && now_us >= o->due_us)) {
        o->killing = false;
        wake_main(o);
    }
}

static void wait_for_changes(struct bw_obey *o)
{
    struct timespec until;
    int64_t ms = LOOK_MS;
    if (!o->killing) {
        pthread_cond_wait(&o->changed, &o->lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&o->changed, &o->lock, &until);
}

static bool may_take_next(const struct bw_obey *o)
{
    return o->n_queued > 0 && !o->between && (o->known || o->queue[0].action != BW_RETRY);
}

static void run(void *arg)
{
    struct bw_obey *o = arg;
    pthread_mutex_lock(&o->lock);
    while (!o->leaving) {
        if (may_take_next(o)) {
            struct bw_order next = o->queue[0];
            o->n_queued--;
            memmove(o->queue, o->queue + 1, o->n_queued * sizeof next);
            obey(o, &next);
        } else {
            wait_for_changes(o);
            if (o->killing)
                look_at_group(o);
        }
    }
    pthread_mutex_unlock(&o->lock);
}

/* --- following the commands ------------------------------------------------------------------ */

/* A thread of libbellwire. */
static void on_event(void *arg, const struct bellwire_received *event)
{
    struct bw_obey *o = arg;
    struct bw_order order;
    if (strcmp(event->task_id, o->plan.task_id) != 0 || !bw_order_decode(event, &order))
        return;
    pthread_mutex_lock(&o->lock);
    if (o->n_queued < ORDERS_MAX)
        o->queue[o->n_queued++] = order;
    else
        refuse(o, &order, "too many commands wait already");
    pthread_cond_signal(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

/* With the lock. Without memory for it nothing is obeyed, and the bus says of each command that
 * nobody answers. */
static void follow(struct bw_obey *o, const char *cursor)
{
    static const char *const topics[] = {BW_TOPIC_CONTROL, NULL};
    const struct bellwire_options options = {.timeout_ms = o->plan.cli->timeout_s * 1000};
    const struct bellwire_subscribe_options what = {
        .topics = topics, .after = cursor, .on_event = on_event, .arg = o};
    if (!o->bus && bellwire_connect(o->plan.cli->bus, &options, &o->bus) == 0 &&
        bellwire_subscribe(o->bus, &what, &o->subscription) != 0)
        bellwire_close(&o->bus);
}

static void set_known(struct bw_obey *o, const char *cursor)
{
    if (bw_cursor_parse(bw_str(cursor), "", &o->since, NULL) != 0)
        o->since = (struct bw_cursor){0};
    o->known = true;
    pthread_cond_signal(&o->changed);
}

void bw_obey_known(struct bw_obey *o, const char *cursor)
{
    pthread_mutex_lock(&o->lock);
    set_known(o, cursor);
    if (*cursor)
        follow(o, cursor);
    pthread_mutex_unlock(&o->lock);
}

/* --- the main thread's side ------------------------------------------------------------------ */

int bw_obey_create(struct bw_obey **out, const struct bw_obey_plan *plan)
{
    struct bw_obey *o = *out = calloc(1, sizeof *o);
    pthread_condattr_t monotonic;
    if (!o)
        return BW_ENOMEM;
    o->plan = *plan;
    o->between = true;
    pthread_mutex_init(&o->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&o->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int err = bw_thread_start(&o->thread, "obey", run, o);
    if (err)
        bw_obey_destroy(out, 0);
    return err;
}

void bw_obey_destroy(struct bw_obey **obey, int wait_ms)
{
    struct bw_obey *o = *obey;
    *obey = NULL;
    if (!o)
        return;
    bellwire_unsubscribe(&o->subscription);
    pthread_mutex_lock(&o->lock);
    o->leaving = true;
    pthread_cond_signal(&o->changed);
    pthread_mutex_unlock(&o->lock);
    bw_thread_join(&o->thread);
    if (o->bus)
        bellwire_flush(o->bus, wait_ms);
    bellwire_close(&o->bus);
    pthread_cond_destroy(&o->changed);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

void bw_obey_began(struct bw_obey *o, const struct bw_child *child,
                   void (*tell)(void *ctx, const struct bw_order *order), void *ctx)
{
    pthread_mutex_lock(&o->lock);
    o->child = child;
    o->tell = tell;
    o->tell_ctx = ctx;
    o->ended = o->paused = o->pause_news = o->killing = o->killed = o->again = false;
    o->ending = (struct bw_order){0};
    o->between = false;
    pthread_cond_signal(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

bool bw_obey_take_pause(struct bw_obey *o, struct bw_order *order)
{
    pthread_mutex_lock(&o->lock);
    bool news = o->pause_news;
    *order = o->pause;
    o->pause_news = false;
    pthread_mutex_unlock(&o->lock);
    return news;
}

void bw_obey_continued(struct bw_obey *o)
{
    pthread_mutex_lock(&o->lock);
    if (o->paused)
        set_paused(o, false, &(struct bw_order){.reason = "a signal came for the command"});
    pthread_mutex_unlock(&o->lock);
}

void bw_obey_ended(struct bw_obey *o)
{
    pthread_mutex_lock(&o->lock);
    o->ended = true;
    pthread_cond_signal(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

bool bw_obey_is_over(struct bw_obey *o)
{
    pthread_mutex_lock(&o->lock);
    bool over = o->ended && !o->killing;
    pthread_mutex_unlock(&o->lock);
    return over;
}

void bw_obey_finish(struct bw_obey *o, struct bw_order *order)
{
    pthread_mutex_lock(&o->lock);
    *order = o->ending;
    o->child = NULL;
    pthread_mutex_unlock(&o->lock);
}

bool bw_obey_take_retry(struct bw_obey *o)
{
    pthread_mutex_lock(&o->lock);
    bool again = o->again;
    if (!o->known) /* and nobody tells of it any more */
        set_known(o, "");
    o->again = false;
    o->between = again;
    o->known = !again;
    pthread_mutex_unlock(&o->lock);
    return again;
}

/* The stream thread's loop. */
#include "web/stream/engine.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "web/stream/catchup.h"
#include "web/stream/conn.h"
#include "web/stream/drain.h"
#include "web/stream/sub.h"
#include "web/stream/view.h"

/* Of each so much a round, so that none keeps what is live waiting: not ten thousand who come, and
 * not ten thousand who are behind. */
enum { EVENTS_AT_ONCE = 256, LETTERS_AT_ONCE = 64, VIEW_TURN_US = 4000, TICK_MS = 1000 };

/* A connection on its way to its engine. */
struct arrival {
    struct bw_letter letter;
    struct bw_arrival who;
};

static uint32_t clock_s(void)
{
    return (uint32_t)(bw_clock_mono_us() / 1000000);
}

/* --- Mail ---------------------------------------------------------------------------- */

int bw_engine_adopt(struct bw_engine *engine, const struct bw_arrival *who)
{
    struct arrival *arrival = calloc(1, sizeof *arrival);
    if (!arrival)
        return BW_ENOMEM;
    arrival->letter.mail.weight = 1;
    arrival->letter.kind = BW_LETTER_CONNECTION;
    arrival->who = *who;
    if (!bw_fdset_add(engine->owned, who->fd)) {
        free(arrival);
        return BW_EBUSY;
    }
    atomic_fetch_add(&engine->load, 1);
    int err = bw_mailbox_post(engine->inbox, &arrival->letter.mail);
    if (err != 0) {
        bw_fdset_remove(engine->owned, who->fd);
        atomic_fetch_sub(&engine->load, 1);
        free(arrival);
    }
    return err;
}

static void welcome(struct bw_engine *engine, struct arrival *arrival)
{
    int err = bw_conn_create(engine, &arrival->who);
    if (err != 0) {
        diag_warn("STREAM-NO-CONNECTION", "error=%s", bw_err_code(err));
        bw_fdset_remove(engine->owned, arrival->who.fd);
        close(arrival->who.fd);
        bw_door_leave(engine->door, arrival->who.address);
        bw_watch_free(&arrival->who.watch);
        atomic_fetch_sub(&engine->load, 1);
    }
    free(arrival);
}

/* At most so many letters; the rest stays for the next round. */
static void read_mail(struct bw_engine *engine, int at_most)
{
    for (int i = 0; i < at_most; i++) {
        if (!engine->mail && !(engine->mail = bw_mailbox_take(engine->inbox, 0)))
            return;
        struct bw_letter *letter = (struct bw_letter *)engine->mail;
        struct bw_job *job = (struct bw_job *)letter;
        engine->mail = engine->mail->next;
        if (letter->kind == BW_LETTER_CONNECTION)
            welcome(engine, (struct arrival *)letter);
        else if (job->view)
            bw_view_opened(job);
        else
            bw_catchup_job_home(job);
    }
}

/* --- Rounds -------------------------------------------------------------------------- */

/* The two descriptors that are not connections are known by what they point to. Mail is read in
 * each round. */
static void handle(struct bw_engine *engine, const struct epoll_event *event)
{
    if (event->data.ptr == engine->bell)
        bw_bell_answer(engine->bell);
    else if (event->data.ptr != engine->inbox)
        bw_conn_ready(event->data.ptr, event->events);
}

static bool deliver_all(struct bw_engine *engine)
{
    bool more = false;
    for (struct bw_view *view = engine->views; view; view = view->next)
        more = bw_view_deliver(view, VIEW_TURN_US) || more;
    return more;
}

static void bury_the_dead(struct bw_engine *engine)
{
    while (engine->dead) {
        struct bw_conn *conn = engine->dead;
        engine->dead = conn->next_dead;
        bw_conn_destroy(conn);
    }
}

static void tick(struct bw_engine *engine)
{
    uint32_t now_s = clock_s();
    if (now_s == engine->now_s)
        return;
    engine->now_s = now_s;
    for (uint32_t i = 0; i < engine->n_conns; i++)
        bw_conn_tick(engine->conns[i]);
    bw_view_reclaim(engine);
}

static void say_goodbye(struct bw_engine *engine)
{
    for (uint32_t i = 0; i < engine->n_conns; i++)
        bw_conn_close(engine->conns[i], BW_WS_GOING_AWAY, NULL);
    bury_the_dead(engine);
    while (engine->n_conns > 0)
        bw_conn_destroy(engine->conns[0]);
}

static void run(void *arg)
{
    struct bw_engine *engine = arg;
    struct epoll_event events[EVENTS_AT_ONCE];
    bool more = false;
    while (!bw_mailbox_is_closed(engine->inbox)) {
        int n = epoll_wait(engine->epoll, events, EVENTS_AT_ONCE, more ? 0 : TICK_MS);
        if (n < 0 && errno != EINTR) {
            diag_error("STREAM-EPOLL", "errno=%d", errno);
            break;
        }
        tick(engine);
        for (int i = 0; i < n; i++)
            handle(engine, &events[i]);
        read_mail(engine, LETTERS_AT_ONCE);
        /* Before the heads: what was committed when the drain began is delivered in this round. */
        int64_t drain_by_us = atomic_load(&engine->drain_by_us);
        more = deliver_all(engine) || engine->mail;
        bw_drain_round(engine, drain_by_us);
        bury_the_dead(engine);
    }
    read_mail(engine, INT_MAX);
    say_goodbye(engine);
    bw_view_destroy_all(engine);
}

/* --- Life ---------------------------------------------------------------------------- */

static int watch(struct bw_engine *engine, int fd, void *what)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
    return epoll_ctl(engine->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : BW_EIO;
}

static void release(struct bw_engine *engine)
{
    bw_ws_pool_free(&engine->pool);
    bw_mailbox_destroy(&engine->inbox);
    bw_buf_free(&engine->scratch);
    free(engine->input);
    free(engine->conns);
    engine->input = NULL;
    engine->conns = NULL;
    if (engine->epoll >= 0)
        close(engine->epoll);
    engine->epoll = -1;
}

int bw_engine_start(struct bw_engine *engine)
{
    engine->pool.max_message_bytes = engine->options.max_message_bytes;
    engine->now_s = clock_s();
    engine->dice = (uint64_t)bw_clock_wall_us() + engine->number;
    engine->input = malloc(BW_INPUT_BYTES);
    engine->epoll = epoll_create1(EPOLL_CLOEXEC);
    int err = !engine->input ? BW_ENOMEM : engine->epoll < 0 ? BW_EIO : 0;
    if (err == 0)
        err = bw_mailbox_create(&engine->inbox, SIZE_MAX, 1);
    if (err == 0)
        err = watch(engine, bw_mailbox_fd(engine->inbox), engine->inbox);
    if (err == 0)
        err = watch(engine, engine->bell->fd, engine->bell);
    if (err == 0)
        err = bw_thread_start(&engine->thread, "bw-stream", run, engine);
    if (err != 0)
        release(engine);
    return err;
}

void bw_engine_stop(struct bw_engine *engine)
{
    if (!engine->inbox)
        return;
    bw_mailbox_close(engine->inbox);
    bw_thread_join(&engine->thread);
    release(engine);
}

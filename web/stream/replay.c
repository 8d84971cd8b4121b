/* The replay thread's loop: jobs, requests, and pages kept for the next who asks. */
#include "web/stream/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "web/stream/page_cache.h"
#include "wire/topic.h"

BW_COUNTER(pages_asked, "bellwire_replay_pages_total", "Pages that connections asked for.");
BW_COUNTER(pages_shared, "bellwire_replay_pages_shared_total",
           "Of those, pages that another connection had caused to be fetched.");

enum {
    EVENTS_PER_PAGE = 256,
    ROWS_PER_PAGE = 500,
    REQUEST_TIMEOUT_MS = 2000,
    TICK_MS = 1000,
    BUS_AWAY_RETRY_MS = 200,
    TOPIC_IDLE_S = 60, /* a channel nobody watches is kept so long: pages reload */
    CACHE_BYTES = 32 << 20,
    SHORT_WAY = 2048, /* to the head: so few events everybody is given, and filters them */
};

/* Jobs in the order in which they came. */
struct line {
    struct bw_mail *first, **last;
};

struct bw_replay {
    struct bw_upstream upstream;
    bool stopped;
    struct bw_hub *hub;
    struct bw_bridge *bridge;
    struct bw_mailbox *mailbox;
    struct bw_thread thread;
    struct line due;   /* jobs whose time has come */
    struct line later; /* those whose time comes, the earliest first */
    struct bw_page_cache *cache;
    unsigned resets; /* of the hub; the cache's pages are from after that many */
    struct bw_buf request, reply;

    char cursor[BW_CURSOR_LEN + 1]; /* where the bridge begins; "": not known yet */
    bool begun;                     /* it has */
    struct bw_fault away;           /* why the bus could not be asked … */
    int64_t away_until_us;          /* … which is not tried again before then */
};

/* --- Asking -------------------------------------------------------------------------- */

static bool is_away(int err)
{
    return err == BW_EUNAVAILABLE || err == BW_ETIMEDOUT;
}

/* So the bus is not asked for a while, and who asks is told this. */
static void leave_alone(struct bw_replay *r, const struct bw_fault *why)
{
    r->away = *why;
    r->away_until_us = bw_clock_mono_us() + BUS_AWAY_RETRY_MS * 1000;
}

/* While the bus is away one question finds that out, and the others are told at once. */
static int ask(struct bw_replay *r, const struct bw_rpc_request *question, struct bw_fault *fault)
{
    *fault = r->away;
    if (bw_clock_mono_us() < r->away_until_us)
        return fault->err;
    bw_buf_reset(&r->request);
    bw_buf_reset(&r->reply);
    *fault = (struct bw_fault){0};
    bw_rpc_request_encode(&r->request, question);
    if (r->request.failed)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    int err = r->upstream.request(r->upstream.bus, bw_buf_str(&r->request), REQUEST_TIMEOUT_MS,
                                  &r->reply, fault);
    if (err == 0 && r->reply.failed)
        err = BW_ENOMEM;
    if (err != 0 && fault->err == 0)
        bw_fault(fault, err, "", "%s", bw_err_text(err));
    if (is_away(err))
        leave_alone(r, fault);
    return err;
}

/* Learns where the journal is: the bridge's place from now on. */
static void find_place(struct bw_replay *r)
{
    static const struct bw_str system = {BW_TOPIC_SYSTEM, sizeof BW_TOPIC_SYSTEM - 1};
    struct bw_rpc_request question = {.op = BW_RPC_EVENTS,
                                      .topics = {&system, 1},
                                      .after = {.kind = BW_CURSOR_LATEST},
                                      .limit = 1};
    struct bw_fault fault;
    struct bw_page *page = NULL;
    int err = ask(r, &question, &fault);
    if (err == 0 &&
        (err = bw_page_of_events(&(struct bw_answer){.reply = bw_buf_str(&r->reply)}, &page)) != 0)
        bw_fault(&fault, err, "", "the bus's answer cannot be read");
    if (err != 0) {
        leave_alone(r, &fault);
        return;
    }
    bw_cursor_format(page->epoch, page->head, r->cursor);
    bw_hub_begin(r->hub, (struct bw_place){page->epoch, page->head});
    bw_bridge_begin(r->bridge, page->head);
    bw_page_unref(&page);
}

/* Lets the bridge begin. The place is found only once: who has come since may stand on it. */
static void begin(struct bw_replay *r)
{
    struct bw_fault fault = {0};
    if (bw_clock_mono_us() < r->away_until_us)
        return;
    if (!r->cursor[0])
        find_place(r);
    if (!r->cursor[0])
        return;
    int err = r->upstream.subscribe(r->upstream.bus, r->cursor, r->bridge);
    r->begun = err == 0;
    if (r->begun)
        return;
    if (r->away.err != err)
        diag_error("BRIDGE-SUBSCRIBE", "error=%s text=it is tried again", bw_err_code(err));
    bw_fault(&fault, err, "", "the bus cannot be followed: %s", bw_err_text(err));
    leave_alone(r, &fault);
}

/* --- Jobs ---------------------------------------------------------------------------- */

static void send_home(struct bw_job *job)
{
    if (bw_mailbox_post(job->home, &job->letter.mail) != 0)
        bw_job_destroy(&job); /* home is gone, and with it who asked */
}

/* Near the head one page for all is cheaper than one for each filter. */
static bool is_near_head(const struct bw_replay *r, const struct bw_cursor *after)
{
    struct bw_place now;
    return after->kind == BW_CURSOR_AT && bw_hub_now(r->hub, &now) && after->epoch == now.epoch &&
           after->seq + SHORT_WAY > now.seq;
}

/* The filter that the bus is to ask; the others are asked when the page is sent. */
static const struct bw_filter *filter_for_bus(const struct bw_replay *r, const struct bw_job *job)
{
    return job->kind == BW_JOB_EVENTS && is_near_head(r, &job->after) ? NULL : job->filter;
}

static int fetch(struct bw_replay *r, struct bw_job *job, const struct bw_filter *filter)
{
    struct bw_str_set tasks = bw_filter_values(filter, BW_KEY_TASK);
    struct bw_str_set owners = bw_filter_values(filter, BW_KEY_OWNER);
    struct bw_str_set resources = bw_filter_values(filter, BW_KEY_RESOURCE);
    struct bw_rpc_request question = {
        .after = job->after,
        .limit = job->kind == BW_JOB_EVENTS ? EVENTS_PER_PAGE : ROWS_PER_PAGE,
    };
    if (job->kind == BW_JOB_EVENTS) {
        question.op = BW_RPC_EVENTS;
        question.topics = job->feed->topics;
        question.task_ids = tasks;
        question.owners = owners;
        question.resources = resources;
        question.event_types = bw_filter_values(filter, BW_KEY_TYPE);
    } else {
        question.op = job->kind == BW_JOB_ROWS ? BW_RPC_TASKS : BW_RPC_CHANGED;
        question.tasks = (struct bw_task_query){.id = tasks,
                                                .owner = owners,
                                                .resource = resources,
                                                .sort = BW_SORT_CREATED_AT,
                                                .ascending = true,
                                                .page = bw_str(job->token)};
    }
    return ask(r, &question, &job->fault);
}

static int render(struct bw_replay *r, struct bw_job *job, bool whole)
{
    struct bw_answer answer = {.encoding = job->feed->encoding,
                               .whole = whole,
                               .reply = bw_buf_str(&r->reply),
                               .after = job->after.seq,
                               .as_of = job->as_of};
    int err = job->kind == BW_JOB_EVENTS ? bw_page_of_events(&answer, &job->page)
              : job->kind == BW_JOB_ROWS ? bw_page_of_rows(&answer, &job->page)
                                         : bw_page_of_changed(&answer, &job->page);
    return err == 0 ? 0 : bw_fault(&job->fault, err, "", "the bus's answer cannot be read");
}

/* Before asking: everything up to here is in the journal, so a last page has no gap before it. */
static uint64_t journaled_by_now(const struct bw_replay *r)
{
    struct bw_place now;
    return bw_hub_now(r->hub, &now) ? now.seq : 0;
}

static void fetch_page(struct bw_replay *r, struct bw_job *job)
{
    const struct bw_filter *filter = filter_for_bus(r, job);
    uint64_t journaled = journaled_by_now(r);
    if (fetch(r, job, filter) != 0 || render(r, job, !filter) != 0)
        return;
    job->complete_to = job->page->next > journaled ? job->page->next : journaled;
    bw_page_cache_keep(r->cache, job, bw_clock_mono_us());
}

/* A page that is fetched while the bridge loses its place is kept, and forgotten the next time. */
static void forget_other_lives(struct bw_replay *r)
{
    unsigned resets = bw_hub_resets(r->hub);
    if (resets != r->resets)
        bw_page_cache_clear(r->cache);
    r->resets = resets;
}

static void answer(struct bw_replay *r, struct bw_job *job)
{
    job->fault = (struct bw_fault){0};
    bw_metric_add(&pages_asked, 1);
    forget_other_lives(r);
    job->page = bw_page_cache_find(r->cache, job, bw_clock_mono_us());
    if (job->page) {
        bw_metric_add(&pages_shared, 1);
        job->complete_to = job->page->next;
    } else if (!r->begun) {
        job->fault = r->away;
    } else {
        fetch_page(r, job);
    }
    send_home(job);
}

/* What concerns the table only is done at once. */
static bool settle(struct bw_replay *r, struct bw_job *job)
{
    if (job->kind == BW_JOB_LEAVE) {
        bw_hub_leave(r->hub, job->channel);
        bw_job_destroy(&job);
        return true;
    }
    if (job->kind != BW_JOB_OPEN)
        return false;
    job->fault = (struct bw_fault){0};
    int err = bw_hub_open(r->hub, job->feed, &job->channel);
    if (err != 0)
        bw_fault(&job->fault, err, "topic", "too many topics are being watched");
    send_home(job);
    return true;
}

static void join(struct line *line, struct bw_job *job)
{
    job->letter.mail.next = NULL;
    *line->last = &job->letter.mail;
    line->last = &job->letter.mail.next;
}

/* The first, or NULL. */
static struct bw_job *leave(struct line *line)
{
    struct bw_job *job = (struct bw_job *)line->first;
    if (job)
        line->first = job->letter.mail.next;
    if (!line->first)
        line->last = &line->first;
    return job;
}

static void take_mail(struct bw_replay *r, int timeout_ms)
{
    int64_t now_us = bw_clock_mono_us();
    struct bw_mail *mail = bw_mailbox_take(r->mailbox, timeout_ms);
    while (mail) {
        struct bw_job *job = (struct bw_job *)mail;
        mail = mail->next;
        if (!settle(r, job))
            join(job->not_before_us > now_us ? &r->later : &r->due, job);
    }
}

/* The first job whose time has come, or NULL. All that are put off are so for the same time, so
 * they stand in the order of their times, but for the moment that a letter takes. */
static struct bw_job *next_job(struct bw_replay *r)
{
    int64_t now_us = r->later.first ? bw_clock_mono_us() : 0;
    while (r->later.first && ((struct bw_job *)r->later.first)->not_before_us <= now_us)
        join(&r->due, leave(&r->later));
    return leave(&r->due);
}

static void run(void *arg)
{
    struct bw_replay *r = arg;
    while (!bw_mailbox_is_closed(r->mailbox)) {
        if (!r->begun)
            begin(r);
        struct bw_job *job = next_job(r);
        if (job)
            answer(r, job);
        else
            bw_hub_reclaim(r->hub, bw_clock_mono_us() - TOPIC_IDLE_S * INT64_C(1000000));
        take_mail(r, job ? 0 : r->begun && !r->later.first ? TICK_MS : BUS_AWAY_RETRY_MS);
    }
    take_mail(r, 0);
    struct bw_job *job;
    while ((job = leave(&r->due)) != NULL || (job = leave(&r->later)) != NULL) {
        bw_fault(&job->fault, BW_ECLOSED, "", "the server is stopping");
        send_home(job);
    }
}

/* --- Life ---------------------------------------------------------------------------- */

int bw_replay_start(struct bw_replay **out, const struct bw_upstream *upstream, struct bw_hub *hub,
                    struct bw_bridge *bridge)
{
    *out = NULL;
    struct bw_replay *r = calloc(1, sizeof *r);
    if (!r) {
        upstream->close(upstream->bus);
        return BW_ENOMEM;
    }
    r->upstream = *upstream;
    r->hub = hub;
    r->bridge = bridge;
    r->due.last = &r->due.first;
    r->later.last = &r->later.first;
    int err = bw_page_cache_create(&r->cache, CACHE_BYTES);
    if (err == 0)
        err = bw_mailbox_create(&r->mailbox, SIZE_MAX, 0);
    if (err == 0)
        err = bw_thread_start(&r->thread, "bw-replay", run, r);
    if (err != 0)
        bw_replay_destroy(&r);
    *out = r;
    return err;
}

struct bw_mailbox *bw_replay_mailbox(struct bw_replay *replay)
{
    return replay->mailbox;
}

void bw_replay_stop(struct bw_replay *replay)
{
    if (replay->stopped)
        return;
    replay->stopped = true;
    if (replay->mailbox)
        bw_mailbox_close(replay->mailbox);
    bw_thread_join(&replay->thread);
    replay->upstream.close(replay->upstream.bus);
}

void bw_replay_destroy(struct bw_replay **replay)
{
    struct bw_replay *mine = *replay;
    *replay = NULL;
    if (!mine)
        return;
    bw_replay_stop(mine);
    bw_mailbox_destroy(&mine->mailbox);
    bw_page_cache_destroy(&mine->cache);
    bw_buf_free(&mine->request);
    bw_buf_free(&mine->reply);
    free(mine);
}

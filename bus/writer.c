/* The writer.
 *
 * DESIGN. Group commit needs no timer: while one append waits for its fsync, batches collect in the
 * mailbox, and the next append takes them all, up to a bound. A request is never split over two
 * appends, so when one fails, each of its batches is still whole and gets the error.
 * When an append has failed, the journal is probed every second while nothing else comes, so that
 * it is known to be well again before somebody dares to publish. A batch belongs to its owner again
 * as soon as done() is called, on this thread from inside append(); nothing of it may be read after
 * that. */
#include "writer.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/metrics.h"
#include "base/thread.h"
#include "wire/event_type.h"

BW_COUNTER(commits, "bellwire_writer_commits_total", "Commits to the journal.");
BW_COUNTER(commits_failed, "bellwire_writer_commits_failed_total",
           "Commits that failed; nothing of them was stored or acked.");
BW_COUNTER(events_stored, "bellwire_writer_events_total", "Events made durable.");
BW_COUNTER(events_duplicate, "bellwire_writer_events_duplicate_total",
           "Events that had been stored before.");
BW_COUNTER(events_stale, "bellwire_writer_events_stale_total",
           "Events of tasks that were final already.");
BW_COUNTER(events_refused, "bellwire_writer_events_refused_total",
           "Well-formed events that could not be applied or stored.");
BW_GAUGE(failing, "bellwire_writer_failing",
         "1 while commits fail and nothing is accepted, else 0.");

BW_HISTOGRAM(commit_time, "bellwire_writer_commit_seconds",
             "From a batch being taken to its events being durable and published.");
BW_METRICS_DEFINE(
    events_by_type, BW_N_EVENT_KINDS + 1, "bellwire_writer_events_by_type_total",
    "Events made durable, by type.",
    0, [BW_TASK_CREATED] = "type=\"TASK_CREATED\"", [BW_TASK_UPDATED] = "type=\"TASK_UPDATED\"",
    [BW_TASK_STATUS_CHANGED] = "type=\"TASK_STATUS_CHANGED\"",
    [BW_TASK_COMPLETED] = "type=\"TASK_COMPLETED\"", [BW_TASK_FAILED] = "type=\"TASK_FAILED\"",
    [BW_TASK_DELETED] = "type=\"TASK_DELETED\"",
    [BW_TASK_COMMAND_UNANSWERED] = "type=\"TASK_COMMAND_UNANSWERED\"",
    [BW_TASK_COMMAND_REFUSED] = "type=\"TASK_COMMAND_REFUSED\"",
    [BW_TASK_LOG] = "type=\"TASK_LOG\"", [BW_TASK_COMMAND] = "type=\"TASK_COMMAND\"",
    [BW_WORKER_HEARTBEAT] = "type=\"WORKER_HEARTBEAT\"", [BW_OTHER_EVENT] = "type=\"other\"")

enum {
    COMMIT_EVENTS = 4096,
    COMMIT_BYTES = 4 << 20,
    HEARTBEAT_MS = 1000,
    PROBE_EVERY_MS = 1000,
    TIDY_AFTER_MS = 500, /* without work for so long after work: a moment for housekeeping */
};

struct bw_writer {
    struct bw_writer_options options;
    struct bw_writer_sink sink;
    struct bw_mailbox *box;
    struct bw_journal *journal;
    struct bw_thread thread;
    struct bw_draft **drafts; /* of the commit under way; room for one batch beyond the bound */
    size_t n_drafts;
    int64_t heartbeat_due_us;
    int64_t probe_due_us; /* 0: the last commit succeeded */
    int64_t tidy_due_us;  /* 0: nothing was done since the last housekeeping */
    atomic_int health;
};

static struct bw_batch *batch_of(struct bw_mail *mail)
{
    return (struct bw_batch *)mail;
}

static struct bw_batch_item *item_of(struct bw_draft *draft)
{
    return (struct bw_batch_item *)draft;
}

/* Those that were stored are counted by type in `stored`, to be added at once. */
static void count_fate(const struct bw_draft *draft, int64_t stored[BW_N_EVENT_KINDS + 1])
{
    const struct bw_publish_result *result = &draft->result;
    if (result->fault.err)
        bw_metric_add(&events_refused, 1);
    else if (result->duplicate)
        bw_metric_add(&events_duplicate, 1);
    else if (result->stale)
        bw_metric_add(&events_stale, 1);
    else
        stored[bw_event_kind(draft->event.event_type)]++;
}

/* Finished batches of one owner, who is told of all of them at once. */
struct finished {
    struct bw_batch *first;
    struct bw_mail *last;
};

static void tell(struct finished *f)
{
    if (f->first)
        f->first->done(f->first);
    f->first = NULL;
}

static void finish(struct finished *f, struct bw_batch *batch)
{
    batch->mail.next = NULL;
    if (f->first && f->first->done != batch->done)
        tell(f);
    if (f->first)
        f->last->next = &batch->mail;
    else
        f->first = batch;
    f->last = &batch->mail;
}

/* The journal's sink. Publishing comes first: watchers wait for nobody's ack. */
static void committed(void *ctx, const struct bw_commit *commit)
{
    struct bw_writer *w = ctx;
    struct finished finished = {.first = NULL};
    int64_t stored[BW_N_EVENT_KINDS + 1] = {0};
    if (commit->n_records)
        w->sink.committed(w->sink.ctx, commit->records, commit->n_records);
    bw_metric_add(&events_stored, (int64_t)commit->n_records);
    for (size_t i = 0; i < commit->n_drafts; i++) {
        struct bw_batch *batch = item_of(commit->drafts[i])->batch;
        count_fate(commit->drafts[i], stored);
        if (--batch->n_waiting == 0)
            finish(&finished, batch);
    }
    for (int kind = 0; kind <= BW_N_EVENT_KINDS; kind++)
        if (stored[kind])
            bw_metric_add(&events_by_type[kind], stored[kind]);
    tell(&finished);
}

static void set_health(struct bw_writer *w, int err)
{
    int before = atomic_exchange(&w->health, err);
    w->probe_due_us = err ? bw_clock_mono_us() + PROBE_EVERY_MS * 1000 : 0;
    bw_metric_set(&failing, err != 0);
    if (err && err != before)
        diag_error("WRITER-FAILING", "code=%s text=%s; nothing is acked until a commit succeeds",
                   bw_err_code(err), bw_err_text(err));
    else if (!err && before)
        diag_info("WRITER-RECOVERED", "before=%s", bw_err_code(before));
}

/* The journal may have filled in some of it before it failed. */
static void fail_item(struct bw_publish_result *result, int err)
{
    bw_publish_result_init(result, result->id);
    bw_fault(&result->fault, err, "", "not stored: %s", bw_err_text(err));
}

/* Nothing of these batches was stored: that is the fate of all their drafts. */
static void fail_batches(struct bw_mail *mail, const struct bw_mail *end, int err)
{
    struct finished finished = {.first = NULL};
    while (mail != end) {
        struct bw_batch *batch = batch_of(mail);
        mail = mail->next;
        for (size_t i = 0; i < batch->n_items; i++)
            if (!batch->items[i].draft.result.fault.err)
                fail_item(&batch->items[i].draft.result, err);
        finish(&finished, batch);
    }
    tell(&finished);
}

static void collect(struct bw_writer *w, struct bw_batch *batch)
{
    for (size_t i = 0; i < batch->n_items; i++)
        if (!batch->items[i].draft.result.fault.err)
            w->drafts[w->n_drafts++] = &batch->items[i].draft;
}

/* Commits as many of the batches as one commit may have; returns the rest. */
static struct bw_mail *commit_some(struct bw_writer *w, struct bw_mail *mail)
{
    struct bw_mail *end = mail;
    size_t bytes = 0;
    w->n_drafts = 0;
    do {
        collect(w, batch_of(end));
        bytes += end->weight;
        end = end->next;
    } while (end && w->n_drafts < w->options.commit_events && bytes < w->options.commit_bytes);
    int64_t begun_us = bw_clock_mono_us();
    int err = w->journal->ops->append(w->journal, w->drafts, w->n_drafts);
    int64_t now_us = bw_clock_mono_us();
    if (!err)
        bw_histogram_add(&commit_time, now_us - begun_us);
    bw_metric_add(err ? &commits_failed : &commits, 1);
    set_health(w, err);
    if (err)
        fail_batches(mail, end, err);
    w->tidy_due_us = now_us + TIDY_AFTER_MS * 1000;
    return end;
}

static int wait_ms(const struct bw_writer *w)
{
    int64_t due = w->heartbeat_due_us;
    if (w->tidy_due_us && w->tidy_due_us < due)
        due = w->tidy_due_us;
    if (w->probe_due_us && w->probe_due_us < due)
        due = w->probe_due_us;
    int64_t ms = (due - bw_clock_mono_us() + 999) / 1000;
    return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

static void beat_if_due(struct bw_writer *w)
{
    int64_t now = bw_clock_mono_us();
    if (now < w->heartbeat_due_us)
        return;
    w->heartbeat_due_us = now + (int64_t)w->options.heartbeat_ms * 1000;
    w->sink.heartbeat(w->sink.ctx, w->journal);
}

static void tidy_if_due(struct bw_writer *w)
{
    if (!w->tidy_due_us || bw_clock_mono_us() < w->tidy_due_us)
        return;
    w->tidy_due_us = 0;
    w->journal->ops->idle(w->journal);
}

static void probe_if_due(struct bw_writer *w)
{
    if (w->probe_due_us && bw_clock_mono_us() >= w->probe_due_us)
        set_health(w, w->journal->ops->probe(w->journal));
}

static void run(void *arg)
{
    struct bw_writer *w = arg;
    struct bw_mail *mail = NULL;
    for (;;) {
        beat_if_due(w);
        if (!mail)
            mail = bw_mailbox_take(w->box, wait_ms(w));
        bool last = !mail && bw_mailbox_is_closed(w->box);
        if (last)
            mail = bw_mailbox_take(w->box, 0); /* posted between the wait's end and the close */
        if (mail)
            mail = commit_some(w, mail);
        else if (last)
            return;
        else {
            probe_if_due(w);
            tidy_if_due(w);
        }
    }
}

int bw_writer_create(const struct bw_writer_options *options, struct bw_writer_sink sink,
                     struct bw_writer **out)
{
    *out = NULL;
    struct bw_writer *w = calloc(1, sizeof *w);
    if (!w)
        return BW_ENOMEM;
    w->options = *options;
    if (!w->options.commit_events)
        w->options.commit_events = COMMIT_EVENTS;
    if (!w->options.commit_bytes)
        w->options.commit_bytes = COMMIT_BYTES;
    if (!w->options.heartbeat_ms)
        w->options.heartbeat_ms = HEARTBEAT_MS;
    w->sink = sink;
    atomic_init(&w->health, 0);
    size_t room = (size_t)w->options.commit_events + BW_BATCH_EVENTS_MAX;
    w->drafts = calloc(room, sizeof *w->drafts);
    if (!w->drafts || bw_mailbox_create(&w->box, SIZE_MAX, 0) < 0) {
        bw_writer_destroy(&w);
        return BW_ENOMEM;
    }
    *out = w;
    return 0;
}

struct bw_journal_sink bw_writer_journal_sink(struct bw_writer *writer)
{
    return (struct bw_journal_sink){writer, committed};
}

int bw_writer_start(struct bw_writer *writer, struct bw_journal *journal)
{
    writer->journal = journal;
    return bw_thread_start(&writer->thread, "bw-writer", run, writer);
}

void bw_writer_stop(struct bw_writer *writer)
{
    bw_mailbox_close(writer->box);
    bw_thread_join(&writer->thread);
}

void bw_writer_destroy(struct bw_writer **writer)
{
    struct bw_writer *w = *writer;
    *writer = NULL;
    if (!w)
        return;
    bw_mailbox_destroy(&w->box);
    free(w->drafts);
    free(w);
}

int bw_writer_post(struct bw_writer *writer, struct bw_batch *batch)
{
    return bw_mailbox_post(writer->box, &batch->mail);
}

int bw_writer_health(const struct bw_writer *writer)
{
    return atomic_load(&writer->health);
}

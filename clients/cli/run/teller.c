/* The telling thread of `bellwire run`.
 *
 * DESIGN. Everything here happens on one thread, woken by the feed: chunks come from the passing
 * thread, wakes from libbellwire when something was acked. Log lines go from the feed into a
 * bounded spool and from there, as fast as the bus takes them, into the outbox, which keeps them
 * until they are acked. The task's state does not queue: it is that it exists, its newest progress,
 * and its end; each is composed when its turn has come. Nothing of the state is said before the bus
 * has acked that the task exists, because only then its attempt is known. */
#include "teller.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "clients/cli/lines.h"
#include "backlog.h"
#include "outbox.h"
#include "save.h"
#include "trace.h"
#include "wire/mp.h"
#include "wire/rpc.h"

enum {
    LINE_BYTES_MAX = 16 * 1024,
    PROGRESS_INTERVAL_US = 100 * 1000,
    QUEUE_BYTES = 8 << 20,
    RETRY_MS = 1000,
};

/* What the bus knows of this attempt. */
enum birth { UNNUMBERED, UNSAID, SAID, KNOWN, REFUSED };

struct teller_stream {
    struct bw_teller *teller;
    enum bw_log_kind kind;
    struct bw_lines lines;
};

struct bw_teller {
    struct bw_teller_plan plan;
    struct bw_feed *feed;
    struct bw_thread thread;
    atomic_bool ended, hurry, done;
    pthread_mutex_t state_lock;
    struct bw_order state; /* the newest, while nobody has said it; with the lock */
    struct bw_run_end end; /* set before `ended` */
    struct bw_teller_report report;

    /* The thread's own: */
    struct bellwire *bus; /* NULL: there is none, and will be none */
    struct bw_outbox *outbox;
    struct bw_log_spool *spool;
    struct bw_backlog *backlog;
    struct teller_stream streams[BW_N_STREAMS];
    struct bw_trace trace;
    int64_t chunk_us; /* when what is being read was written */
    struct bw_run_task task;
    enum birth birth;
    int64_t ask_at_us; /* not before: which attempt this is */
    struct bw_progress progress;
    struct bw_buf progress_text;
    struct bw_pace pace;
    bool read_all, end_said;
    int64_t deadline_us; /* monotonic, once the command has ended */
};

/* --- from bytes to lines, progress and log --------------------------------------------------- */

static void look_for_progress(struct bw_teller *t, struct bw_str line)
{
    struct bw_progress found;
    struct bw_str text = line;
    bool is_progress = t->plan.pattern ? bw_progress_match(t->plan.pattern, line, &found)
                                       : bw_progress_find(line, &found, &text);
    if (!is_progress)
        return;
    t->progress = found;
    bw_buf_reset(&t->progress_text);
    bw_buf_puts(&t->progress_text, text);
    bw_pace_touch(&t->pace);
}

static void on_line(void *ctx, const struct bw_line *line)
{
    struct teller_stream *s = ctx;
    struct bw_teller *t = s->teller;
    look_for_progress(t, line->text);
    if (line->replaced)
        return;
    bw_trace_add(&t->trace, line->text);
    bw_log_spool_put(t->spool, &(struct bw_log_line){.kind = s->kind,
                                                     .wall_us = t->chunk_us,
                                                     .cut = line->cut,
                                                     .text = line->text});
}

static void read_chunk(struct bw_teller *t, const struct bw_chunk *c)
{
    t->chunk_us = c->wall_us;
    if (c->lost_bytes > 0) {
        for (int i = 0; i < BW_N_STREAMS; i++)
            bw_lines_end(&t->streams[i].lines);
        bw_log_spool_put(t->spool, &(struct bw_log_line){.kind = BW_LOG_LOST,
                                                         .wall_us = c->wall_us,
                                                         .lost_lines = c->lost_lines,
                                                         .lost_bytes = c->lost_bytes});
    }
    bw_lines_feed(&t->streams[c->stream].lines, (struct bw_str){c->data, c->len});
}

/* --- what the bus says ----------------------------------------------------------------------- */

/* This run is the next attempt of a task that is there: looks which. */
static void begin_next_attempt(struct bw_teller *t)
{
    struct bellwire_reply *reply = NULL;
    msgpack_zone zone;
    msgpack_object root;
    struct bw_task row;
    size_t len;
    if (bw_clock_mono_us() < t->ask_at_us)
        return;
    t->ask_at_us = bw_clock_mono_us() + RETRY_MS * 1000;
    if (bellwire_task(t->bus, t->task.id, &reply) == 0) {
        const char *bytes = bellwire_reply_msgpack(reply, &len);
        const msgpack_object *map;
        msgpack_zone_init(&zone, 4096);
        if (bw_mp_unpack((struct bw_str){bytes, len}, BW_RPC_DEPTH_MAX, &zone, &root, NULL) == 0 &&
            (map = bw_mp_get(&root, "task")) && bw_task_decode(map, &row, NULL) == 0) {
            t->task.attempt = row.attempt + 1;
            t->birth = UNSAID;
        }
        msgpack_zone_destroy(&zone);
    }
    bellwire_reply_free(&reply);
}

static void on_settled(void *ctx, const struct bw_note *note, const struct bw_settled *how)
{
    struct bw_teller *t = ctx;
    if (how->fate == BW_FATE_REFUSED && !*t->report.refused)
        snprintf(t->report.refused, sizeof t->report.refused, "%s", how->why);
    if (note->kind != BW_NOTE_CREATED)
        return;
    if (how->fate == BW_FATE_STALE) {
        t->birth = UNNUMBERED; /* it was there, in a final state */
    } else if (how->fate == BW_FATE_REFUSED) {
        t->birth = REFUSED;
        bw_obey_known(t->plan.obey, "");
    } else {
        t->birth = KNOWN;
        bw_obey_known(t->plan.obey, how->cursor);
        bw_backlog_start(t->backlog, t->bus);
    }
}

/* --- what is said ---------------------------------------------------------------------------- */

static void say_birth(struct bw_teller *t)
{
    struct bw_note *note = t->birth == UNSAID ? bw_outbox_reserve(t->outbox, false) : NULL;
    if (!note)
        return;
    bw_note_created(note, &t->task, t->plan.started_us);
    bw_outbox_send(t->outbox);
    t->birth = SAID;
}

/* Paused or continued. What was changed back before it could be said is only said as it is. */
static void say_state(struct bw_teller *t)
{
    struct bw_note *note =
        t->birth == KNOWN && !t->end_said ? bw_outbox_reserve(t->outbox, false) : NULL;
    if (!note)
        return;
    pthread_mutex_lock(&t->state_lock);
    struct bw_order state = t->state;
    t->state.action = BW_NO_ACTION;
    pthread_mutex_unlock(&t->state_lock);
    if (state.action == BW_NO_ACTION)
        return;
    bw_note_state(note, &t->task, &state, bw_clock_wall_us());
    bw_outbox_send(t->outbox);
}

/* The pace does not matter any more once the command has ended. */
static void say_progress(struct bw_teller *t)
{
    int64_t now_us = t->read_all ? INT64_MAX - PROGRESS_INTERVAL_US : bw_clock_mono_us();
    struct bw_note *note = t->birth == KNOWN ? bw_outbox_reserve(t->outbox, false) : NULL;
    if (!note || !bw_pace_take(&t->pace, now_us))
        return;
    bw_note_progress(note, &t->task, &t->progress, bw_buf_str(&t->progress_text),
                     bw_clock_wall_us());
    bw_outbox_send(t->outbox);
}

static void say_logs(struct bw_teller *t)
{
    struct bw_log_line line;
    struct bw_note *note;
    while (!bw_log_spool_empty(t->spool) && (note = bw_outbox_reserve(t->outbox, true)) &&
           bw_log_spool_get(t->spool, &line)) {
        bw_note_log(note, &t->task, &line);
        bw_outbox_send(t->outbox);
    }
}

static void say_end(struct bw_teller *t)
{
    struct bw_note *note = t->read_all && !t->end_said && t->birth == KNOWN
                               ? bw_outbox_reserve(t->outbox, false)
                               : NULL;
    if (!note)
        return;
    bw_note_ended(note, &t->task, &t->end, bw_trace_text(&t->trace));
    bw_outbox_send(t->outbox);
    t->end_said = true;
}

/* The state before the logs, so that a long log cannot hold it back; but the end behind what of the
 * log fits, so that usually it is the last word. */
static void work(struct bw_teller *t)
{
    bw_outbox_settle(t->outbox, on_settled, t);
    if (t->birth == UNNUMBERED && t->bus)
        begin_next_attempt(t);
    say_birth(t);
    say_state(t);
    say_progress(t);
    say_logs(t);
    say_end(t);
    if (t->bus)
        bw_outbox_publish(t->outbox, t->bus);
}

/* --- saving ---------------------------------------------------------------------------------- */

static void save_state(struct bw_teller *t, struct bw_save *s, struct bw_note *note)
{
    if (t->birth <= UNSAID) {
        bw_note_created(note, &t->task, t->plan.started_us);
        bw_save_note(s, note);
    }
    if (t->pace.changed) {
        bw_note_progress(note, &t->task, &t->progress, bw_buf_str(&t->progress_text),
                         t->end.wall_us);
        bw_save_note(s, note);
    }
    if (!t->end_said) {
        bw_note_ended(note, &t->task, &t->end, bw_trace_text(&t->trace));
        bw_save_note(s, note);
    }
}

static void save_all(struct bw_teller *t)
{
    struct bw_save s;
    struct bw_teller_report *r = &t->report;
    struct bw_note note = {0};
    struct bw_log_line line;
    if (bw_save_begin(&s, t->plan.cli->bus, r->error, sizeof r->error) != 0)
        return;
    r->logs_left_out = !s.logs;
    bw_outbox_each(t->outbox, bw_save_note, &s);
    save_state(t, &s, &note);
    while (bw_log_spool_get(t->spool, &line)) {
        bw_note_log(&note, &t->task, &line);
        bw_save_note(&s, &note);
    }
    r->saved = s.saved;
    if (bw_save_end(&s, r->error, sizeof r->error) == 0)
        memcpy(r->file, s.file.path, sizeof r->file);
    bw_note_free(&note);
}

/* --- the thread ------------------------------------------------------------------------------ */

static bool all_said(const struct bw_teller *t)
{
    if (t->birth == REFUSED)
        return bw_outbox_empty(t->outbox);
    return t->end_said && bw_outbox_empty(t->outbox) && bw_log_spool_empty(t->spool);
}

static bool should_leave(struct bw_teller *t)
{
    if (!t->read_all)
        return false;
    if (!t->bus || t->hurry || bw_clock_mono_us() >= t->deadline_us)
        return true;
    return all_said(t) && bw_backlog_done(t->backlog);
}

static int wait_ms(const struct bw_teller *t)
{
    int64_t due_us = bw_clock_mono_us() + RETRY_MS * 1000;
    if (t->birth == KNOWN && bw_pace_due_us(&t->pace) < due_us)
        due_us = bw_pace_due_us(&t->pace);
    if (t->read_all && t->deadline_us < due_us)
        due_us = t->deadline_us;
    int64_t left_us = due_us - bw_clock_mono_us();
    return left_us <= 0 ? 0 : (int)((left_us + 999) / 1000);
}

static void read_end(struct bw_teller *t)
{
    for (int i = 0; i < BW_N_STREAMS; i++)
        bw_lines_end(&t->streams[i].lines);
    t->read_all = true;
    t->deadline_us = bw_clock_mono_us() + (int64_t)t->plan.drain_s * 1000000;
}

static void run(void *arg)
{
    struct bw_teller *t = arg;
    const struct bellwire_options options = {
        .timeout_ms = t->plan.cli->timeout_s * 1000, .queue_bytes = QUEUE_BYTES, .in_flight = 1};
    if (bellwire_connect(t->plan.cli->bus, &options, &t->bus) != 0)
        t->bus = NULL;
    work(t); /* who says nothing yet has begun, too */
    do {
        struct bw_chunk *next, *chunk = bw_feed_take(t->feed, wait_ms(t));
        for (; chunk; chunk = next) {
            next = chunk->next;
            read_chunk(t, chunk);
            free(chunk);
            work(t);
        }
        if (t->ended && !t->read_all && bw_feed_ended(t->feed))
            read_end(t);
        work(t);
    } while (!should_leave(t));
    bw_backlog_cancel(t->backlog);
    bellwire_close(&t->bus);
    bw_backlog_destroy(&t->backlog);
    t->report.lost_lines = bw_log_spool_lost(t->spool);
    if (!all_said(t) && t->birth != REFUSED)
        save_all(t);
    t->done = true;
    if (write(t->plan.told, &(uint64_t){1}, sizeof(uint64_t)) < 0)
        return; /* it is readable already */
}

/* --- the main thread's side ------------------------------------------------------------------ */

static void wake(void *ctx)
{
    bw_feed_wake(((struct bw_teller *)ctx)->feed);
}

static void destroy(struct bw_teller **teller)
{
    struct bw_teller *t = *teller;
    *teller = NULL;
    bw_backlog_destroy(&t->backlog);
    bw_outbox_destroy(&t->outbox);
    bw_log_spool_destroy(&t->spool);
    for (int i = 0; i < BW_N_STREAMS; i++)
        bw_lines_free(&t->streams[i].lines);
    bw_buf_free(&t->progress_text);
    bw_trace_free(&t->trace);
    pthread_mutex_destroy(&t->state_lock);
    free(t);
}

int bw_teller_start(struct bw_teller **out, const struct bw_teller_plan *plan, struct bw_feed *feed)
{
    struct bw_teller *t = *out = calloc(1, sizeof *t);
    if (!t)
        return BW_ENOMEM;
    t->plan = *plan;
    t->task = plan->task;
    t->birth = plan->again ? UNNUMBERED : UNSAID;
    pthread_mutex_init(&t->state_lock, NULL);
    t->feed = feed;
    t->pace.interval_us = PROGRESS_INTERVAL_US;
    for (int i = 0; i < BW_N_STREAMS; i++) {
        struct teller_stream *s = &t->streams[i];
        *s = (struct teller_stream){.teller = t,
                                    .kind = i == BW_STDOUT ? BW_LOG_STDOUT : BW_LOG_STDERR};
        s->lines =
            (struct bw_lines){.max = LINE_BYTES_MAX, .returns = true, .on_line = on_line, .ctx = s};
    }
    int err = bw_outbox_create(&t->outbox, wake, t);
    if (!err)
        err = bw_log_spool_create(&t->spool, plan->spool_bytes);
    if (!err)
        err = bw_backlog_create(&t->backlog, plan->cli->bus, wake, t);
    if (!err)
        err = bw_thread_start(&t->thread, "teller", run, t);
    if (err)
        destroy(out);
    return err;
}

void bw_teller_state(void *teller, const struct bw_order *state)
{
    struct bw_teller *t = teller;
    pthread_mutex_lock(&t->state_lock);
    t->state = *state;
    pthread_mutex_unlock(&t->state_lock);
    bw_feed_wake(t->feed);
}

void bw_teller_finish(struct bw_teller *t, const struct bw_run_end *end)
{
    t->end = *end;
    t->ended = true;
    bw_feed_close(t->feed);
}

void bw_teller_hurry(struct bw_teller *t)
{
    t->hurry = true;
    bw_feed_wake(t->feed);
}

bool bw_teller_is_done(const struct bw_teller *t)
{
    return t->done;
}

void bw_teller_end(struct bw_teller **teller, struct bw_teller_report *report)
{
    bw_thread_join(&(*teller)->thread);
    *report = (*teller)->report;
    destroy(teller);
}

/* Commands that nobody answered. */
#include "unanswered.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/metrics.h"
#include "intake.h"
#include "wire/event_type.h"
#include "wire/mp.h"
#include "wire/topic.h"
#include "wire/utf8.h"

BW_COUNTER(commands_unanswered, "bellwire_commands_unanswered_total",
           "Commands that nobody answered in time.");

enum { ANSWER_S = 30, WORKER_SHOWN = 64 };

struct bw_unanswered {
    struct bw_intake intake; /* first; busy while it is with the writer */
    bool busy;
    uint32_t answer_s;
    struct bw_unanswered_sink sink;
    struct bw_buf events, message; /* what intake borrows from while it is busy */
    uint32_t n;
};

/* The writer's thread: every fate is told. */
static void done(struct bw_batch *first)
{
    struct bw_unanswered *u = (struct bw_unanswered *)(void *)first;
    for (size_t i = 0; i < first->n_items; i++)
        if (first->items[i].draft.result.seq)
            bw_metric_add(&commands_unanswered, 1);
    bw_intake_clear(&u->intake);
    u->busy = false;
}

/* "cancel was asked 30 s ago, and w1 did not answer". A task may have nobody who could. */
static void say(char *out, size_t size, const struct bw_task *row, uint32_t after_s)
{
    struct bw_str worker = bw_utf8_cut(row->worker, WORKER_SHOWN);
    if (worker.len == 0)
        worker = BW_STR("its worker (which it does not name)");
    snprintf(out, size, "%s was asked %u s ago, and %.*s did not answer",
             bw_action_name(row->command), after_s, BW_STR_ARG(worker));
}

static void put_event(void *ctx, const struct bw_task *row)
{
    struct bw_unanswered *u = ctx;
    struct bw_mp_map event, data;
    char message[192];
    say(message, sizeof message, row, u->answer_s);
    bw_mp_map_begin(&event, &u->events);
    bw_mp_put_cstr(&event, "event_type", bw_event_kind_name(BW_TASK_COMMAND_UNANSWERED));
    bw_mp_put_cstr(&event, "topic", BW_TOPIC_SYSTEM);
    bw_mp_put_cstr(&event, "source", BW_SOURCE_BUS);
    bw_mp_put_cstr(&event, "message", message);
    bw_mp_key(&event, "data");
    bw_mp_map_begin(&data, &u->events);
    bw_mp_put_str(&data, "id", row->id);
    bw_mp_put_cstr(&data, "action", bw_action_name(row->command));
    bw_mp_put_str(&data, "command_id", row->command_id);
    bw_mp_put_u64(&data, "after_s", u->answer_s);
    bw_mp_map_end(&data);
    bw_mp_map_end(&event);
    u->n++;
}

static int post(struct bw_unanswered *u)
{
    struct bw_fault fault = {0};
    bw_buf_reset(&u->message);
    bw_rpc_publish_begin(&u->message, u->n);
    bw_buf_puts(&u->message, bw_buf_str(&u->events));
    if (u->events.failed || u->message.failed)
        return BW_ENOMEM;
    int err = bw_intake_unacked(&u->intake, bw_buf_str(&u->message), &fault);
    if (!err)
        err = u->intake.batch.n_waiting == u->n ? 0 : BW_EINTERNAL;
    if (err)
        return err;
    u->intake.batch.done = done;
    u->busy = true;
    err = u->sink.post(u->sink.ctx, &u->intake.batch);
    u->busy = !err;
    return err;
}

void bw_unanswered_look(struct bw_unanswered *u, struct bw_journal *journal)
{
    if (u->busy)
        return;
    int64_t before_us = bw_clock_wall_us() - (int64_t)u->answer_s * 1000000;
    u->n = 0;
    bw_buf_reset(&u->events);
    int err = journal->ops->unanswered(journal, before_us, BW_BATCH_EVENTS_MAX, put_event, u);
    if (!err && u->n > 0)
        err = post(u);
    if (!err || err == BW_ECLOSED)
        return;
    bw_intake_clear(&u->intake);
    diag_warn("UNANSWERED-FAILED", "code=%s text=%s; the next look tries again", bw_err_code(err),
              bw_err_text(err));
}

int bw_unanswered_create(uint32_t answer_s, struct bw_unanswered_sink sink,
                         struct bw_unanswered **out)
{
    *out = NULL;
    struct bw_unanswered *u = calloc(1, sizeof *u);
    if (!u)
        return BW_ENOMEM;
    if (bw_intake_init(&u->intake) < 0) {
        free(u);
        return BW_ENOMEM;
    }
    u->answer_s = answer_s ? answer_s : ANSWER_S;
    u->sink = sink;
    *out = u;
    return 0;
}

void bw_unanswered_destroy(struct bw_unanswered **unanswered)
{
    struct bw_unanswered *u = *unanswered;
    *unanswered = NULL;
    if (!u)
        return;
    bw_intake_fini(&u->intake);
    bw_buf_free(&u->events);
    bw_buf_free(&u->message);
    free(u);
}

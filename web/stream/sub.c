/* Subscriptions: beginning, replacing, ending. */
#include "web/stream/sub.h"

#include <stdlib.h>
#include <string.h>

#include "web/stream/catchup.h"
#include "web/stream/engine.h"
#include "web/stream/frame.h"

static void say_fault(struct bw_conn *conn, const char *topic, const struct bw_fault *fault)
{
    bw_frame_error(&conn->engine->scratch, topic, fault);
    bw_conn_say_scratch(conn);
}

static void say_error(struct bw_conn *conn, const char *topic, int err, const char *message)
{
    struct bw_fault fault;
    bw_fault(&fault, err, "", "%s", message);
    say_fault(conn, topic, &fault);
}

/* --- Ending -------------------------------------------------------------------------- */

void bw_sub_destroy(struct bw_sub *sub)
{
    bw_filter_unref(&sub->filter);
    bw_job_destroy(&sub->job);
    free(sub);
}

void bw_sub_end(struct bw_sub *sub)
{
    struct bw_conn *conn = sub->conn;
    bool job_is_away = sub->state == BW_SUB_ASKING;
    struct bw_sub **at = &conn->subs;
    while (*at != sub)
        at = &(*at)->next;
    *at = sub->next;
    conn->n_subs--;
    if (sub->state == BW_SUB_LIVE)
        bw_view_leave(sub);
    sub->view->users--;
    sub->state = BW_SUB_ENDED;
    if (conn->turn == sub)
        bw_catchup_end_turn(conn);
    if (!job_is_away)
        bw_sub_destroy(sub);
}

void bw_sub_end_all(struct bw_conn *conn)
{
    while (conn->subs)
        bw_sub_end(conn->subs);
}

void bw_sub_refuse(struct bw_sub *sub)
{
    say_fault(sub->conn, sub->view->topic, &sub->view->lease->fault);
    bw_sub_end(sub);
}

/* --- Beginning ----------------------------------------------------------------------- */

static struct bw_sub *find(const struct bw_conn *conn, const char *topic)
{
    for (struct bw_sub *sub = conn->subs; sub; sub = sub->next)
        if (strcmp(sub->view->topic, topic) == 0)
            return sub;
    return NULL;
}

static struct bw_sub *create(struct bw_conn *conn, const struct bw_command *command)
{
    struct bw_sub *sub = calloc(1, sizeof *sub);
    if (!sub)
        return NULL;
    sub->conn = conn;
    sub->filter = bw_filter_ref(command->filter);
    sub->had_after = command->has_after;
    sub->snapshot = command->snapshot;
    sub->conflate = command->conflate;
    sub->view = bw_view_get(conn->engine, command->topic);
    if (!sub->view || !bw_catchup_prepare(sub)) {
        bw_sub_destroy(sub);
        return NULL;
    }
    sub->job->after =
        command->has_after ? command->after : (struct bw_cursor){.kind = BW_CURSOR_LATEST};
    sub->view->users++;
    sub->next = conn->subs;
    conn->subs = sub;
    conn->n_subs++;
    return sub;
}

/* Subscribing again to a live topic changes the filter and, unless the client says where to begin,
 * keeps the place. */
static void replace(struct bw_sub *old, struct bw_command *command)
{
    struct bw_place now;
    if (old->state == BW_SUB_LIVE && !command->has_after && !command->snapshot &&
        bw_hub_now(old->conn->engine->hub, &now)) {
        command->has_after = true;
        command->after =
            (struct bw_cursor){BW_CURSOR_AT, now.epoch, old->view->slots[old->slot].seq};
    }
    bw_sub_end(old);
}

void bw_sub_subscribe(struct bw_conn *conn, struct bw_command *command)
{
    struct bw_sub *sub = find(conn, command->topic);
    if (sub)
        replace(sub, command);
    sub = NULL;
    if (conn->n_subs >= conn->engine->options.max_subscriptions)
        say_error(conn, command->topic, BW_EBUSY,
                  "this connection has as many subscriptions as are allowed");
    else if (!(sub = create(conn, command)))
        say_error(conn, command->topic, BW_ENOMEM, "out of memory");
    if (sub && sub->view->channel)
        bw_catchup_begin(sub);
    bw_filter_unref(&command->filter);
}

void bw_sub_unsubscribe(struct bw_conn *conn, const char *topic)
{
    struct bw_sub *sub = find(conn, topic);
    if (!sub) {
        say_error(conn, topic, BW_ENOTFOUND, "there is no subscription to this topic");
        return;
    }
    bw_sub_end(sub);
    bw_frame_unsubscribed(&conn->engine->scratch, topic);
    bw_conn_say_scratch(conn);
}

/* --- Room in the socket -------------------------------------------------------------- */

void bw_sub_resume_all(struct bw_conn *conn)
{
    for (struct bw_sub *sub = conn->subs; sub; sub = sub->next)
        if (sub->state == BW_SUB_LIVE)
            bw_view_set_ready(sub, true);
    if (conn->turn && conn->turn->state == BW_SUB_PAGING)
        bw_catchup_send_page(conn->turn);
}

void bw_sub_pause_all(struct bw_conn *conn)
{
    for (struct bw_sub *sub = conn->subs; sub; sub = sub->next)
        if (sub->state == BW_SUB_LIVE)
            bw_view_set_ready(sub, false);
}

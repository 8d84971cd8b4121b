/* Following topics: joining what the bus publishes with what it kept, without a gap.
 *
 * DESIGN. A topic's place is a sequence number up to which all of the topic's events were
 * delivered. Because the sequence is one for all topics, the place need not be that of an event of
 * the topic: a subscription that begins at 1000 has seen every topic up to 1000, also those that it
 * has never heard of. An event is therefore old      if its seq is not beyond the place: it was
 * delivered already, it is skipped; next     if its prev is not beyond the place; early otherwise:
 * something before it is missing. What is missing is fetched with `events`, up to the early event's
 * prev, before the event itself is delivered. Heartbeats tell each topic's last seq; one beyond the
 * place is fetched the same way. Nothing is set aside meanwhile: what arrives waits in the inbox,
 * and what does not fit there is missing again, and fetched.
 *
 * The bus is asked for its state (`stats`) after each connect, and when a message is of another
 * epoch; only that answer may change the epoch, because messages of an old journal may still be in
 * the inbox. */
#include <stdlib.h>
#include <string.h>
/* uthash ends the program when it has no memory, unless it is told to go on. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/diag.h"
#include "envelope.h"
#include "reply.h"
#include "subscription.h"
#include "wait.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/topic.h"

enum {
    PAGE_EVENTS = 1000,
    TOPICS_AT_ONCE = 64, /* in one request */
    PAUSE_MIN_MS = 50,
    PAUSE_MAX_MS = 2000,
};

struct bw_followed {
    uint64_t place;
    uint64_t target; /* known to exist; beyond the place: to be fetched */
    UT_hash_handle hh;
    size_t len;
    char name[];
};

/* --- Topics ------------------------------------------------------------------------------------
 */

static bool is_wanted(const struct bellwire_subscription *s, struct bw_str topic)
{
    if (!s->topics)
        return true;
    for (char **t = s->topics; *t; t++)
        if (bw_str_is(topic, *t))
            return true;
    return false;
}

/* The topic, which begins at the base when it is new. NULL: not wanted, or out of memory: then its
 * next message or heartbeat finds everything still missing. */
static struct bw_followed *follow(struct bellwire_subscription *s, struct bw_str topic)
{
    struct bw_followed *t;
    HASH_FIND(hh, s->followed, topic.ptr, topic.len, t);
    if (t || !bw_topic_valid(topic) || !is_wanted(s, topic))
        return t;
    t = calloc(1, sizeof *t + topic.len + 1);
    if (!t)
        return NULL;
    t->place = s->base;
    t->len = topic.len;
    memcpy(t->name, topic.ptr, topic.len);
    HASH_ADD_KEYPTR(hh, s->followed, t->name, t->len, t);
    if (!t->hh.tbl) {
        free(t);
        return NULL;
    }
    return t;
}

static void advance(struct bellwire_subscription *s, struct bw_followed *t, uint64_t seq)
{
    if (t->place < seq)
        t->place = seq;
    if (s->reached < seq)
        s->reached = seq;
}

static void aim(struct bw_followed *t, uint64_t seq)
{
    if (t->target < seq)
        t->target = seq;
}

/* --- Telling -----------------------------------------------------------------------------------
 */

/* Delivers an event if it is not old. */
static void deliver(struct bellwire_subscription *s, struct bw_followed *t)
{
    if (s->view.event.seq <= t->place)
        return;
    advance(s, t, s->view.event.seq);
    s->options.on_event(s->options.arg, &s->view.event);
}

/* After catching up with what `state` told. */
static void tell_reached(struct bellwire_subscription *s, const struct bw_envelope *state)
{
    char cursor[BW_CURSOR_LEN + 1];
    if (!s->options.on_reached || state->epoch != s->epoch || state->head == 0)
        return;
    bw_cursor_format(s->epoch, state->head, cursor);
    s->options.on_reached(s->options.arg, cursor);
}

static void tell_reset(struct bellwire_subscription *s, const char *topic,
                       enum bellwire_reset reason, uint64_t seq)
{
    char cursor[BW_CURSOR_LEN + 1];
    if (!s->options.on_reset)
        return;
    bw_cursor_format(s->epoch, seq, cursor);
    s->options.on_reset(s->options.arg, topic, reason, cursor);
}

/* Nothing known holds any more: every topic goes on from `head`. */
static void restart(struct bellwire_subscription *s, enum bellwire_reset reason, uint32_t epoch,
                    uint64_t head)
{
    bw_follow_free(s);
    s->epoch = epoch;
    s->base = s->reached = head;
    s->begun = true;
    if (!s->topics)
        tell_reset(s, "", reason, head);
    for (char **t = s->topics; t && *t; t++)
        tell_reset(s, *t, reason, head);
}

/* --- Asking ------------------------------------------------------------------------------------
 */

static int pause_after_failure(struct bellwire_subscription *s, int err)
{
    bool is_usual =
        err == BW_EUNAVAILABLE || err == BW_ETIMEDOUT || err == BW_ECLOSED || err == BW_EBUSY;
    if (s->failures == 0 && !is_usual)
        diag_warn("CLIENT-SUBSCRIBE-RETRY", "error=%s message=%s", bw_err_code(err),
                  bw_err_text(err));
    int32_t ms = s->failures < 5 ? PAUSE_MIN_MS << s->failures : PAUSE_MAX_MS;
    s->failures++;
    return bw_call_pause(&s->call, ms);
}

static int read_answer(nng_msg *msg, struct bw_envelope *out)
{
    char code[32];
    int err = bw_envelope_of_answer((struct bw_str){nng_msg_body(msg), nng_msg_len(msg)}, out);
    if (err || out->ok)
        return err;
    snprintf(code, sizeof code, "%.*s", BW_STR_ARG(out->code));
    return bw_err_from_code(code);
}

/* Asks once. *out borrows from *answer, which is NULL after an error. */
static int ask_once(struct bellwire_subscription *s, struct bw_str request, nng_msg **answer,
                    struct bw_envelope *out)
{
    int64_t deadline_us = bw_deadline_us(s->handle->timeout_ms);
    int err = bw_call_run(&s->call, request, deadline_us, true, answer);
    if (err)
        return err;
    err = read_answer(*answer, out);
    if (err) {
        nng_msg_free(*answer);
        *answer = NULL;
    }
    return err;
}

/* Asks until there is a good answer, for the caller to free. BW_ECLOSED: the subscription ends. */
static int ask(struct bellwire_subscription *s, const struct bw_rpc_request *q, nng_msg **answer,
               struct bw_envelope *out)
{
    struct bw_buf request = {0};
    int err;
    *answer = NULL;
    do {
        bw_buf_reset(&request);
        bw_rpc_request_encode(&request, q);
        err = request.failed ? BW_ENOMEM : ask_once(s, bw_buf_str(&request), answer, out);
        if (err && pause_after_failure(s, err) != 0) {
            err = BW_ECLOSED;
            break;
        }
    } while (err);
    s->failures = 0;
    bw_buf_free(&request);
    return err;
}

/* --- Catching up -------------------------------------------------------------------------------
 */

/* The topics that are behind, at most TOPICS_AT_ONCE of them, and what of the journal they need. */
struct behind {
    struct bw_followed *topics[TOPICS_AT_ONCE];
    struct bw_str names[TOPICS_AT_ONCE];
    size_t n;
    uint64_t after, up_to;
};

static bool find_behind(struct bellwire_subscription *s, struct behind *b)
{
    b->n = 0;
    for (struct bw_followed *t = s->followed; t && b->n < TOPICS_AT_ONCE; t = t->hh.next) {
        if (t->target <= t->place)
            continue;
        if (b->n == 0 || t->place < b->after)
            b->after = t->place;
        if (b->n == 0 || t->target > b->up_to)
            b->up_to = t->target;
        b->topics[b->n] = t;
        b->names[b->n++] = (struct bw_str){t->name, t->len};
    }
    return b->n > 0;
}

/* Takes in one page of what is missing. */
static void take_page(struct bellwire_subscription *s, const struct behind *b,
                      struct bw_envelope *page)
{
    while (bw_envelope_next(page)) {
        if (bw_view_read(&s->view, &page->events, page->epoch) != 0)
            continue; /* of a newer bus, perhaps: it cannot be told, but what follows can */
        struct bw_followed *t = follow(s, bw_str(s->view.event.topic));
        if (t)
            deliver(s, t);
    }
    /* The page held everything of these topics up to its end. */
    uint64_t end = page->more && page->next > b->after ? page->next : b->up_to;
    for (size_t i = 0; i < b->n; i++)
        advance(s, b->topics[i], end);
}

static void take_reset(struct bellwire_subscription *s, const struct behind *b,
                       const struct bw_envelope *page)
{
    if (page->epoch != s->epoch) {
        restart(s, BELLWIRE_RESET_EPOCH, page->epoch, page->head);
    } else if (bw_str_is(page->reset, "ahead")) {
        restart(s, BELLWIRE_RESET_AHEAD, page->epoch, page->head);
    } else {
        for (size_t i = 0; i < b->n; i++) {
            advance(s, b->topics[i], page->head);
            tell_reset(s, b->topics[i]->name, BELLWIRE_RESET_RETENTION, page->head);
        }
    }
}

/* Until no topic is behind. */
static int catch_up(struct bellwire_subscription *s)
{
    struct behind b;
    while (find_behind(s, &b)) {
        struct bw_rpc_request q = {
            .op = BW_RPC_EVENTS,
            .topics = {b.names, b.n},
            .after = {.kind = BW_CURSOR_AT, .epoch = s->epoch, .seq = b.after},
            .limit = PAGE_EVENTS,
            .up_to = b.up_to,
        };
        struct bw_envelope page;
        nng_msg *answer;
        int err = ask(s, &q, &answer, &page);
        if (err)
            return err;
        if (page.reset.len > 0 || page.epoch != s->epoch)
            take_reset(s, &b, &page);
        else
            take_page(s, &b, &page);
        nng_msg_free(answer);
    }
    return 0;
}

/* --- Arrivals ----------------------------------------------------------------------------------
 */

/* The first time: from where the subscription was asked to begin. */
static void begin(struct bellwire_subscription *s, const struct bw_envelope *state)
{
    const struct bw_cursor *after = &s->after;
    s->begun = true;
    s->epoch = state->epoch;
    s->base = state->head;
    if (after->kind == BW_CURSOR_OLDEST)
        s->base = state->oldest > 0 ? state->oldest - 1 : 0;
    else if (after->kind == BW_CURSOR_AT && after->epoch != state->epoch)
        restart(s, BELLWIRE_RESET_EPOCH, state->epoch, state->head);
    else if (after->kind == BW_CURSOR_AT && after->seq > state->head)
        restart(s, BELLWIRE_RESET_AHEAD, state->epoch, state->head);
    else if (after->kind == BW_CURSOR_AT)
        s->base = after->seq;
    s->reached = s->base;
}

/* Fetches what is missing up to these heads. */
static int catch_up_with(struct bellwire_subscription *s, struct bw_envelope *state)
{
    struct bw_str topic;
    uint64_t head;
    bool all = true;
    while (bw_envelope_head(state, &topic, &head)) {
        struct bw_followed *t = head > s->base ? follow(s, topic) : NULL;
        if (t)
            aim(t, head);
        else if (head > s->base && is_wanted(s, topic))
            all = false;
    }
    int err = catch_up(s);
    if (!err && all)
        tell_reached(s, state);
    return err;
}

int bw_follow_synchronise(struct bellwire_subscription *s)
{
    struct bw_rpc_request q = {.op = BW_RPC_STATS};
    struct bw_envelope state;
    nng_msg *answer;
    int err = ask(s, &q, &answer, &state);
    if (err)
        return err;
    if (!s->begun)
        begin(s, &state);
    else if (state.epoch != s->epoch)
        restart(s, BELLWIRE_RESET_EPOCH, state.epoch, state.head);
    else if (state.head < s->reached)
        restart(s, BELLWIRE_RESET_AHEAD, state.epoch, state.head);
    err = catch_up_with(s, &state);
    nng_msg_free(answer);
    return err;
}

static int take_events(struct bellwire_subscription *s, struct bw_envelope *message)
{
    struct bw_followed *t = follow(s, message->topic);
    if (!t)
        return 0;
    if (message->prev > t->place) {
        uint32_t epoch = s->epoch;
        aim(t, message->prev);
        int err = catch_up(s);
        if (err || s->epoch != epoch)
            return err; /* another journal: this message was of the old one */
        t = follow(s, message->topic);
    }
    while (t && bw_envelope_next(message)) {
        if (bw_view_read(&s->view, &message->events, message->epoch) == 0)
            deliver(s, t);
    }
    return 0;
}

int bw_follow_message(struct bellwire_subscription *s, struct bw_str bytes)
{
    struct bw_envelope message;
    if (!s->begun || bw_envelope_of_message(bytes, &message) != 0)
        return 0;
    if (message.epoch != s->epoch) {
        int err = bw_follow_synchronise(s);
        if (err || message.epoch != s->epoch)
            return err;
    }
    if (!bw_str_is(message.topic, BW_TOPIC_HEAD))
        return take_events(s, &message);
    return catch_up_with(s, &message);
}

void bw_follow_free(struct bellwire_subscription *s)
{
    struct bw_followed *t = s->followed;
    HASH_CLEAR(hh, s->followed); /* they stay linked to one another */
    while (t) {
        struct bw_followed *next = t->hh.next;
        free(t);
        t = next;
    }
}

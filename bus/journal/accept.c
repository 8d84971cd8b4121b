/* Deciding the fate of each draft of a batch, in memory: fold, encode, give the next seq. */
#include "journal/append.h"

#include "base/uuid.h"
#include "wire/command.h"
#include "wire/topic.h"

/* What an event does to the task it speaks of. */
struct effect {
    int fold; /* enum bw_fold_result */
    struct bw_task after;
    const msgpack_object *docs[BW_N_DOCS];
};

static int64_t topic_id(const struct bw_topic *topic)
{
    return topic ? topic->id : 0;
}

/* The task that an event is linked to, or NULL: only the house's own topics speak of tasks. */
static int find_task(struct bw_appender *a, const struct bw_event *e, const struct bw_topic *topic,
                     struct bw_cached_task **out)
{
    *out = NULL;
    if (e->task_id.len == 0 || topic_id(topic) < 1 || topic_id(topic) > BW_N_LANES)
        return 0;
    return bw_task_cache_get(&a->tasks, e->task_id, out);
}

/* Negative: refused, and the fault says why. */
static int fold(const struct bw_event *event, const struct bw_topic *topic,
                const struct bw_cached_task *task, struct effect *effect, struct bw_fault *fault)
{
    effect->fold = BW_FOLD_NONE;
    if (!task || topic->id != BW_TOPIC_SYSTEM_ID)
        return 0;
    effect->fold = bw_task_fold(task->now.exists ? &task->now.row : NULL, event, &effect->after,
                                effect->docs, fault);
    return effect->fold < 0 ? effect->fold : 0;
}

/* The bytes that are stored, published and replayed. */
static void encode(struct bw_appender *a, const struct bw_cached_task *task,
                   const struct effect *effect, struct bw_accepted *out)
{
    const struct bw_task *row = NULL;
    if (effect->fold != BW_FOLD_NONE)
        row = &effect->after;
    else if (task && task->now.exists)
        row = &task->now.row;
    out->body_at = a->bodies.len;
    bw_event_encode(&a->bodies, out->event, row);
    out->body_len = a->bodies.len - out->body_at;
}

/* Negative: refused. Only producers are held to it; what the bus says itself is small. */
static int limit_size(struct bw_appender *a, const struct bw_accepted *e, struct bw_fault *fault)
{
    if (e->body_len <= a->event_bytes_max || a->bodies.failed)
        return 0;
    a->bodies.len = e->body_at;
    return bw_fault(fault, BW_ETOOBIG, "",
                    "the event has %zu bytes; at most %u are allowed (put large values elsewhere "
                    "and their address into data)",
                    e->body_len, a->event_bytes_max);
}

static void apply_to_row(struct bw_appender *a, struct bw_task_change *change,
                         const struct effect *effect)
{
    struct bw_task_state *now = &change->task->now;
    change->row_changed = true;
    if (now->exists)
        a->state.tasks[now->row.status]--;
    now->exists = effect->fold == BW_FOLD_APPLIED;
    if (now->exists) {
        now->row = effect->after;
        a->state.tasks[now->row.status]++;
    } else {
        change->docs_gone = true;
    }
    for (int i = 0; i < BW_N_DOCS; i++)
        if (!now->exists || effect->docs[i])
            change->docs[i] = now->exists ? effect->docs[i] : NULL;
}

static int apply(struct bw_appender *a, struct bw_cached_task *task, const struct effect *effect,
                 uint64_t seq, struct bw_accepted *out)
{
    struct bw_task_change *change = bw_task_cache_change(&a->tasks, task);
    if (!change)
        return BW_ENOMEM;
    if (task->now.key == 0)
        task->now.key = a->state.next_key++;
    struct bw_lane_end *end = &task->now.lanes[out->topic->id - 1];
    out->lane = bw_lane(task->now.key, out->topic->id);
    out->lane_prev = end->seq;
    end->seq = seq;
    end->count++;
    out->marked = end->count % BW_LANE_MARK_EVERY == 0;
    if (effect->fold != BW_FOLD_NONE)
        apply_to_row(a, change, effect);
    return 0;
}

/* Gives an event the next place; it is not taken yet. */
static void place(struct bw_appender *a, struct bw_event *event, const struct bw_topic *topic)
{
    event->seq = a->state.head + 1;
    event->prev = topic ? topic->head : 0;
    event->received_at_us = a->now_us;
}

/* Takes an encoded event, which is the next in a->accepted. Negative: the whole batch fails. */
static int take(struct bw_appender *a, struct bw_topic *topic, struct bw_cached_task *task,
                const struct effect *effect)
{
    struct bw_accepted *e = &a->accepted[a->n_accepted];
    int err = 0;
    if (!topic && !(topic = bw_topics_add(&a->topics, e->event->topic)))
        return BW_ENOMEM;
    e->topic = topic;
    if (task)
        err = apply(a, task, effect, e->event->seq, e);
    bw_topics_advance(&a->topics, topic, e->event->seq);
    a->state.head = e->event->seq;
    a->n_accepted++;
    return err;
}

/* What follows from a command, with what the bus gives an event. */
struct derived {
    struct bw_consequence consequence;
    struct bw_id id;
    char id_text[BW_UUID_LEN + 1];
};

/* The event that follows, one seq behind the command, and what it does to the task; NULL, and
 * result->fault: the command is refused, or there is no memory. */
static struct derived *follow(struct bw_appender *a, const struct bw_draft *command,
                              const struct bw_cached_task *task, const struct bw_topic *topic,
                              struct effect *effect, struct bw_fault *fault)
{
    struct derived *d = msgpack_zone_malloc(&a->derived, sizeof *d);
    if (!d) {
        bw_fault(fault, BW_ENOMEM, "", "out of memory");
        return NULL;
    }
    struct bw_event *event = &d->consequence.event;
    if (bw_command_check(&command->event, task && task->now.exists ? &task->now.row : NULL,
                         &d->consequence, fault) < 0)
        return NULL;
    bw_uuid7(d->id_text);
    event->id = bw_str(d->id_text);
    bw_id_set(&d->id, event->id);
    event->timestamp_us = a->now_us;
    place(a, event, topic);
    event->seq++;
    if (fold(event, topic, task, effect, fault) < 0)
        return NULL;
    if (effect->fold != BW_FOLD_APPLIED) {
        bw_fault(fault, BW_ECONFLICT, "data.action", "the task does not take it");
        return NULL;
    }
    return d;
}

/* As decide(), for a command: it is taken together with what follows from it, or not at all. */
static int decide_command(struct bw_appender *a, struct bw_draft *d, const struct bw_id *id,
                          struct bw_topic *topic, struct bw_cached_task *task)
{
    static const struct effect none = {.fold = BW_FOLD_NONE};
    struct bw_topic *system = bw_topics_find(&a->topics, BW_STR(BW_TOPIC_SYSTEM));
    struct bw_accepted *e = &a->accepted[a->n_accepted];
    struct effect effect;
    struct derived *follows = follow(a, d, task, system, &effect, &d->result.fault);
    if (!follows)
        return d->result.fault.err == BW_ENOMEM ? BW_ENOMEM : 0;
    e[0] = (struct bw_accepted){.event = &d->event, .id = id};
    encode(a, task, &none, &e[0]);
    if (limit_size(a, &e[0], &d->result.fault) < 0)
        return 0;
    int err = take(a, topic, task, &none);
    if (err)
        return err;
    e[1] = (struct bw_accepted){.event = &follows->consequence.event, .id = &follows->id};
    encode(a, task, &effect, &e[1]);
    d->result.seq = d->event.seq;
    d->result.effect = follows->consequence.effect;
    return take(a, system, task, &effect);
}

/* 0: the draft's fate is decided, whatever it is. Negative: the whole batch fails. */
static int decide(struct bw_appender *a, size_t i)
{
    struct bw_draft *d = a->drafts[i];
    struct bw_accepted *e = &a->accepted[a->n_accepted];
    struct bw_topic *topic = bw_topics_find(&a->topics, d->event.topic);
    struct bw_cached_task *task;
    struct effect effect;
    if (!topic && bw_topics_full(&a->topics)) {
        bw_fault(&d->result.fault, BW_ETOOBIG, "topic",
                 "would be one more than the %d topics allowed; use one that exists",
                 BW_TOPICS_MAX);
        return 0;
    }
    int err = find_task(a, &d->event, topic, &task);
    if (err)
        return err;
    place(a, &d->event, topic);
    if (topic_id(topic) == BW_TOPIC_CONTROL_ID && bw_is_command(&d->event))
        return decide_command(a, d, &a->seen.ids[i], topic, task);
    if (fold(&d->event, topic, task, &effect, &d->result.fault) < 0)
        return 0;
    if (effect.fold == BW_FOLD_STALE) {
        d->result.stale = true;
        return 0;
    }
    *e = (struct bw_accepted){.event = &d->event, .id = &a->seen.ids[i]};
    encode(a, task, &effect, e);
    if (limit_size(a, e, &d->result.fault) < 0)
        return 0;
    d->result.seq = d->event.seq;
    return take(a, topic, task, &effect);
}

static bool was_seen(struct bw_appender *a, size_t i)
{
    struct bw_publish_result *result = &a->drafts[i]->result;
    size_t first = bw_seen_first(&a->seen, i);
    result->seq = a->seen.seq_before[i] ? a->seen.seq_before[i] : a->drafts[first]->result.seq;
    result->duplicate = result->seq != 0;
    return result->duplicate;
}

int bw_accept_all(struct bw_appender *a)
{
    int err = 0;
    for (size_t i = 0; i < a->n_drafts && !err; i++) {
        struct bw_draft *d = a->drafts[i];
        bw_publish_result_init(&d->result, d->event.id);
        if (d->event.id.len == 0)
            bw_fault(&d->result.fault, BW_EINVAL, "id", "is required");
        else if (!was_seen(a, i))
            err = decide(a, i);
    }
    return err || !a->bodies.failed ? err : BW_ENOMEM;
}

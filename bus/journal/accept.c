/* Deciding the fate of each draft of a batch, in memory: fold, encode, give the next seq. */
#include "journal/append.h"

/* What an event does to the task it speaks of. */
struct effect {
    int fold; /* enum bw_fold_result */
    struct bw_task after;
    const msgpack_object *docs[BW_N_DOCS];
};

static void refuse_too_big(struct bw_draft *d, size_t len, uint32_t max)
{
    bw_fault(&d->result.fault, BW_ETOOBIG, "",
             "the event has %zu bytes; at most %u are allowed (put large values elsewhere and "
             "their address into data)",
             len, max);
}

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

/* Negative: refused, and the draft says why. */
static int fold(struct bw_draft *d, const struct bw_topic *topic, const struct bw_cached_task *task,
                struct effect *effect)
{
    effect->fold = BW_FOLD_NONE;
    if (!task || topic->id != BW_TOPIC_SYSTEM_ID)
        return 0;
    effect->fold = bw_task_fold(task->now.exists ? &task->now.row : NULL, &d->event, &effect->after,
                                effect->docs, &d->result.fault);
    return effect->fold < 0 ? effect->fold : 0;
}

/* The bytes that are stored, published and replayed. Negative: refused. */
static int encode(struct bw_appender *a, struct bw_draft *d, const struct bw_cached_task *task,
                  const struct effect *effect, struct bw_accepted *out)
{
    const struct bw_task *row = NULL;
    if (effect->fold != BW_FOLD_NONE)
        row = &effect->after;
    else if (task && task->now.exists)
        row = &task->now.row;
    out->body_at = a->bodies.len;
    bw_event_encode(&a->bodies, &d->event, row);
    out->body_len = a->bodies.len - out->body_at;
    if (out->body_len <= a->event_bytes_max || a->bodies.failed)
        return 0;
    refuse_too_big(d, out->body_len, a->event_bytes_max);
    a->bodies.len = out->body_at;
    return BW_ETOOBIG;
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

/* 0: the draft's fate is decided, whatever it is. Negative: the whole batch fails. */
static int decide(struct bw_appender *a, size_t i)
{
    struct bw_draft *d = a->drafts[i];
    struct bw_accepted *out = &a->accepted[a->n_accepted];
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
    d->event.seq = a->state.head + 1;
    d->event.prev = topic ? topic->head : 0;
    d->event.received_at_us = a->now_us;
    if (fold(d, topic, task, &effect) < 0)
        return 0;
    if (effect.fold == BW_FOLD_STALE) {
        d->result.stale = true;
        return 0;
    }
    *out = (struct bw_accepted){.draft = i};
    if (encode(a, d, task, &effect, out) < 0)
        return 0;
    if (!topic && !(topic = bw_topics_add(&a->topics, d->event.topic)))
        return BW_ENOMEM;
    out->topic = topic;
    if (task)
        err = apply(a, task, &effect, d->event.seq, out);
    bw_topics_advance(&a->topics, topic, d->event.seq);
    d->result.seq = a->state.head = d->event.seq;
    a->n_accepted++;
    return err;
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
        d->result = (struct bw_publish_result){.id = d->event.id};
        if (d->event.id.len == 0)
            bw_fault(&d->result.fault, BW_EINVAL, "id", "is required");
        else if (!was_seen(a, i))
            err = decide(a, i);
    }
    return err || !a->bodies.failed ? err : BW_ENOMEM;
}

/* What a commit changed about tasks, sorted, and what is to be written of each. */
#include "journal/changes.h"

#include <stdlib.h>

void bw_changes_free(struct bw_changes *changes)
{
    free(changes->sorted);
    *changes = (struct bw_changes){0};
}

/* What queries look for is only written when it changed, and then only the indexes that it is in.
 * While a task runs, nothing of it does. */
static unsigned found(const struct bw_task_change *c)
{
    const struct bw_task *was = &c->before.row, *is = &c->task->now.row;
    if (!c->before.exists || was->created_at_us != is->created_at_us ||
        !bw_str_eq(was->type, is->type) || !bw_str_eq(was->owner, is->owner) ||
        !bw_str_eq(was->resource, is->resource) || !bw_str_eq(was->queue, is->queue))
        return BW_WRITES_FOUND_ANEW;
    return was->status != is->status || is->status != BW_RUNNING ? BW_WRITES_MOVED : 0;
}

static unsigned text(const struct bw_task_state *was, const struct bw_task_state *is)
{
    if (was->exists && is->exists && bw_str_eq(was->row.title, is->row.title))
        return 0;
    return (was->exists ? BW_WRITES_TEXT_GONE : 0u) | (is->exists ? BW_WRITES_TEXT : 0u);
}

static unsigned command(const struct bw_task_state *was, const struct bw_task_state *is)
{
    bool had = was->exists && was->row.command, has = is->exists && is->row.command;
    if (has)
        return had && bw_str_eq(was->row.command_id, is->row.command_id) ? 0 : BW_WRITES_COMMAND;
    return had ? BW_WRITES_COMMAND_GONE : 0;
}

/* The end of the lane in topic system goes with the row, if there is one. */
static unsigned lane(const struct bw_task_state *was, struct bw_task_state *is)
{
    enum { SYSTEM = BW_TOPIC_SYSTEM_ID - 1 };
    if (is->lanes[SYSTEM].count == was->lanes[SYSTEM].count)
        return 0;
    is->system_in_lanes = !is->exists;
    if (!is->exists)
        return BW_WRITES_LANE;
    return BW_WRITES_ROW | (was->system_in_lanes ? BW_WRITES_LANE_GONE : 0u);
}

static unsigned writes_of(const struct bw_task_change *c)
{
    const struct bw_task_state *was = &c->before;
    struct bw_task_state *is = &c->task->now;
    unsigned writes = (was->key == 0 ? BW_WRITES_KEY : 0u) | lane(was, is);
    if (!c->row_changed)
        return writes;
    for (int doc = 0; doc < BW_N_DOCS; doc++)
        if (c->docs[doc] || c->docs_gone)
            writes |= BW_WRITES_DOCS;
    if (is->exists)
        writes |= found(c);
    else if (was->exists)
        writes |= BW_WRITES_ROW_GONE;
    return writes | text(was, is) | command(was, is);
}

static int by_key(const void *x, const void *y)
{
    int64_t a = (*(struct bw_task_change *const *)x)->key;
    int64_t b = (*(struct bw_task_change *const *)y)->key;
    return (a > b) - (a < b);
}

int bw_changes_sort(struct bw_changes *changes, const struct bw_task_cache *cache)
{
    size_t n = cache->n_changes;
    bool sorted = true;
    if (n > changes->cap) {
        struct bw_task_change **more =
            realloc(changes->sorted, 2 * n * sizeof(struct bw_task_change *));
        if (!more)
            return BW_ENOMEM;
        changes->sorted = more;
        changes->cap = 2 * n;
    }
    changes->n = n;
    changes->writes = 0;
    /* The newest comes first; new tasks, at least, have their keys in the order of their coming. */
    for (struct bw_task_change *c = cache->changes; c; c = c->next) {
        changes->sorted[--n] = c;
        c->key = c->task->now.key;
        c->writes = writes_of(c);
        changes->writes |= c->writes;
        sorted = sorted && (!c->next || c->next->task->now.key < c->key);
    }
    if (!sorted)
        qsort(changes->sorted, changes->n, sizeof(struct bw_task_change *), by_key);
    return 0;
}

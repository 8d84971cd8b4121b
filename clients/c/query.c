/* The questions that most programs ask, as requests. */
#include <stdlib.h>

#include "client.h"
#include "wire/cursor.h"
#include "wire/rpc.h"

/* The memory of a request's lists. */
struct lists {
    struct bw_str *v;
    size_t n, cap;
    bool failed;
};

static void add(struct lists *l, struct bw_str value)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 16;
        struct bw_str *v = realloc(l->v, cap * sizeof *v);
        if (!v) {
            l->failed = true;
            return;
        }
        l->v = v;
        l->cap = cap;
    }
    l->v[l->n++] = value;
}

/* Where a set lies in the lists: a pointer would not survive the next realloc(). */
struct range {
    size_t begin, n;
};

static struct range split(struct lists *l, const char *text)
{
    struct range r = {l->n, 0};
    while (text && *text) {
        size_t len = strcspn(text, ",");
        if (len > 0)
            add(l, (struct bw_str){text, len});
        text += len + (text[len] == ',');
    }
    r.n = l->n - r.begin;
    return r;
}

static struct bw_str_set set_of(const struct lists *l, struct range r)
{
    return (struct bw_str_set){l->v + r.begin, r.n};
}

static int ask(struct bellwire *h, const struct bw_rpc_request *q, struct bellwire_reply **out)
{
    struct bw_buf request = {0};
    *out = NULL;
    bw_rpc_request_encode(&request, q);
    int err = request.failed ? BW_ENOMEM : bellwire_request(h, request.data, request.len, 0, out);
    bw_buf_free(&request);
    return err;
}

/* NULL or "" is before the first event retained. */
static int take_after(const char *after, struct bw_cursor *out)
{
    *out = (struct bw_cursor){.kind = BW_CURSOR_OLDEST};
    if (!after || !*after)
        return 0;
    return bw_cursor_parse(bw_str(after), "after", out, NULL);
}

static int take_sort(const char *sort, struct bw_task_query *q)
{
    if (!sort || !*sort)
        return 0;
    q->ascending = *sort != '-';
    sort += *sort == '-';
    if (strcmp(sort, "updated_at") == 0)
        q->sort = BW_SORT_UPDATED_AT;
    else if (strcmp(sort, "created_at") == 0)
        q->sort = BW_SORT_CREATED_AT;
    else
        return BW_EINVAL;
    return 0;
}

int bellwire_tasks(struct bellwire *handle, const struct bellwire_task_filter *filter,
                   struct bellwire_reply **out)
{
    static const struct bellwire_task_filter any = {0};
    const struct bellwire_task_filter *f = filter ? filter : &any;
    struct bw_rpc_request q = {.op = BW_RPC_TASKS, .limit = f->limit};
    struct lists l = {0};
    *out = NULL;
    if (f->limit > BW_RPC_LIMIT_MAX || take_sort(f->sort, &q.tasks) != 0)
        return BW_EINVAL;
    struct range id = split(&l, f->id), type = split(&l, f->type), owner = split(&l, f->owner),
                 resource = split(&l, f->resource), queue = split(&l, f->queue),
                 status = split(&l, f->status);
    q.tasks.id = set_of(&l, id);
    q.tasks.type = set_of(&l, type);
    q.tasks.owner = set_of(&l, owner);
    q.tasks.resource = set_of(&l, resource);
    q.tasks.queue = set_of(&l, queue);
    q.tasks.status = set_of(&l, status);
    q.tasks.q = bw_str(f->q);
    q.tasks.page = bw_str(f->page);
    int err = l.failed ? BW_ENOMEM : ask(handle, &q, out);
    free(l.v);
    return err;
}

int bellwire_task(struct bellwire *handle, const char *id, struct bellwire_reply **out)
{
    struct bw_rpc_request q = {.op = BW_RPC_TASK, .task_id = bw_str(id)};
    return ask(handle, &q, out);
}

int bellwire_logs(struct bellwire *handle, const char *id, const char *after, const char *level,
                  uint32_t limit, struct bellwire_reply **out)
{
    struct bw_rpc_request q = {
        .op = BW_RPC_LOGS, .task_id = bw_str(id), .level = bw_str(level), .limit = limit};
    *out = NULL;
    if (limit > BW_RPC_LIMIT_MAX || take_after(after, &q.after) != 0)
        return BW_EINVAL;
    return ask(handle, &q, out);
}

int bellwire_log_end(struct bellwire *handle, const char *id, const char *before, const char *level,
                     uint32_t limit, struct bellwire_reply **out)
{
    struct bw_rpc_request q = {.op = BW_RPC_LOGS,
                               .task_id = bw_str(id),
                               .backwards = true,
                               .after = {.kind = BW_CURSOR_OLDEST},
                               .before = {.kind = BW_CURSOR_LATEST},
                               .level = bw_str(level),
                               .limit = limit};
    *out = NULL;
    if (limit > BW_RPC_LIMIT_MAX ||
        (before && *before && bw_cursor_parse(bw_str(before), "before", &q.before, NULL) != 0))
        return BW_EINVAL;
    return ask(handle, &q, out);
}

int bellwire_events(struct bellwire *handle, const char *const *topics, const char *after,
                    uint32_t limit, struct bellwire_reply **out)
{
    struct bw_rpc_request q = {.op = BW_RPC_EVENTS, .limit = limit};
    struct lists l = {0};
    *out = NULL;
    if (limit > BW_RPC_LIMIT_MAX || take_after(after, &q.after) != 0)
        return BW_EINVAL;
    for (; topics && *topics; topics++)
        add(&l, bw_str(*topics));
    q.topics = (struct bw_str_set){l.v, l.n};
    int err = l.failed ? BW_ENOMEM : ask(handle, &q, out);
    free(l.v);
    return err;
}

int bellwire_values(struct bellwire *handle, const char *field, const char *prefix, uint32_t limit,
                    struct bellwire_reply **out)
{
    struct bw_rpc_request q = {.op = BW_RPC_VALUES, .prefix = bw_str(prefix), .limit = limit};
    *out = NULL;
    if (limit > BW_RPC_LIMIT_MAX || !bw_task_field_parse(bw_str(field), &q.field))
        return BW_EINVAL;
    return ask(handle, &q, out);
}

int bellwire_workers(struct bellwire *handle, uint32_t limit, struct bellwire_reply **out)
{
    struct bw_rpc_request q = {.op = BW_RPC_WORKERS, .limit = limit};
    *out = NULL;
    return limit > BW_RPC_LIMIT_MAX ? BW_EINVAL : ask(handle, &q, out);
}

int bellwire_stats(struct bellwire *handle, struct bellwire_reply **out)
{
    struct bw_rpc_request q = {.op = BW_RPC_STATS};
    return ask(handle, &q, out);
}

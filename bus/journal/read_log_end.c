/* The verb `logs`, backwards: the last lines of a task's log, or the last before some place. A lane
 * is linked from its end, so this reads only what it gives, and what the level refuses. */
#include "journal/event_filter.h"
#include "journal/reader.h"

enum { DEFAULT_LIMIT = 100 };

/* The lines of one answer, last first. */
struct lines {
    uint64_t seqs[BW_RPC_LIMIT_MAX];
    uint32_t n;
    size_t bytes;
    bool more;      /* there are earlier ones … */
    uint64_t begin; /* … before this place */
};

/* Whether there is room for one more. */
static bool take(struct lines *l, uint32_t limit, uint64_t seq, size_t bytes)
{
    if (l->n == limit || (l->n > 0 && l->bytes + bytes > BW_RPC_REPLY_BYTES))
        return false;
    l->seqs[l->n++] = seq;
    l->bytes += bytes;
    return true;
}

static int collect(struct bw_reader *r, const struct bw_rpc_request *q, uint64_t before,
                   struct lines *l)
{
    uint32_t limit = q->limit ? q->limit : DEFAULT_LIMIT;
    uint64_t seq = 0, prev = 0;
    int64_t key;
    int err = bw_read_key(r, q->task_id, &key);
    if (err == 1)
        err = bw_event_lane_before(&r->events, BW_TOPIC_LOGS_ID, bw_lane(key, BW_TOPIC_LOGS_ID),
                                   before, &seq);
    for (int looked = 0; err == 1 && seq > 0; looked++) {
        struct bw_str body;
        bool wanted = true;
        err = bw_event_read(&r->events, BW_TOPIC_LOGS_ID, seq, &body, &prev);
        if (err == 1 && q->level.len > 0)
            err = bw_event_filter_pass(q, true, &r->zone, body, &wanted) ? BW_EIO : 1;
        if (err != 1 || looked == BW_READ_EVENTS_LOOKED ||
            (wanted && !take(l, limit, seq, body.len)))
            break;
        l->begin = seq;
        seq = prev;
    }
    l->more = err == 1 && seq > 0;
    return err < 0 ? err : 0;
}

static int put(struct bw_reader *r, const struct lines *l, struct bw_answer *a)
{
    bw_answer_array(a, "events");
    for (uint32_t i = l->n; i > 0; i--) {
        struct bw_str body;
        uint64_t prev;
        int err = bw_event_read(&r->events, BW_TOPIC_LOGS_ID, l->seqs[i - 1], &body, &prev);
        if (err != 1)
            return err ? err : BW_EIO;
        bw_answer_item(a, body);
    }
    bw_answer_array_end(a);
    return 0;
}

int bw_read_log_end(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                    struct bw_fault *fault)
{
    struct lines l = {.n = 0};
    struct bw_answer a;
    const char *reset;
    uint64_t place;
    (void)fault;
    bw_read_from(r, q->before, &place, &reset);
    bool whole = q->before.kind == BW_CURSOR_LATEST;
    bw_answer_begin(&a, out, &r->state);
    if (reset)
        bw_mp_put_cstr(&a.map, "reset", reset);
    int err = reset ? 0 : collect(r, q, whole ? place + 1 : place, &l);
    if (!err)
        err = put(r, &l, &a);
    if (err)
        return err;
    bw_mp_put_bool(&a.map, "more", l.more);
    if (l.more)
        bw_mp_put_u64(&a.map, "earlier", l.begin);
    bw_mp_put_u64(&a.map, "next", reset ? r->state.head : place);
    bw_answer_end(&a);
    return 0;
}

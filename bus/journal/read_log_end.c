/* The verb `logs`, backwards: the last lines of a task's log or of all, or the last before some
 * place. A lane is linked from its end, so this reads only what it gives, and what the level or the
 * text refuses. */
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

/* Going through a log from its end: one task's lane, from link to link, or the whole topic. */
struct walk {
    struct bw_reader *r;
    uint64_t seq;       /* of the lane: the next to give; 0: there is none */
    sqlite3_stmt *scan; /* of the topic; NULL: a lane is walked */
};

static int walk_begin(struct walk *w, struct bw_str task_id, uint64_t before)
{
    struct bw_event_statements *events = &w->r->events;
    int64_t key;
    if (task_id.len == 0) {
        w->scan = bw_event_topic_before(events, BW_TOPIC_LOGS_ID, before);
        return 0;
    }
    int err = bw_read_key(w->r, task_id, &key);
    if (err == 1)
        err = bw_event_lane_before(events, BW_TOPIC_LOGS_ID, bw_lane(key, BW_TOPIC_LOGS_ID), before,
                                   &w->seq);
    return err < 0 ? err : 0;
}

/* 1: a line; 0: no more; negative. */
static int walk_next(struct walk *w, uint64_t *seq, struct bw_str *body)
{
    int err;
    *seq = w->seq;
    if (!w->scan)
        return w->seq == 0 ? 0
                           : bw_event_read(&w->r->events, BW_TOPIC_LOGS_ID, *seq, body, &w->seq);
    err = bw_db_row(w->scan);
    if (err == 1) {
        *seq = bw_place_seq(sqlite3_column_int64(w->scan, 0));
        *body = bw_db_str(w->scan, 1);
    }
    return err;
}

static int collect(struct bw_reader *r, const struct bw_rpc_request *q, uint64_t before,
                   struct lines *l)
{
    uint32_t limit = q->limit ? q->limit : DEFAULT_LIMIT;
    struct walk w = {.r = r};
    struct bw_str body;
    uint64_t seq;
    int err = walk_begin(&w, q->task_id, before);
    for (int looked = 0; !err && (err = walk_next(&w, &seq, &body)) == 1; looked++) {
        bool wanted = true;
        err = 0;
        if (looked == BW_READ_EVENTS_LOOKED)
            l->more = true;
        else if (q->level.len + q->text.len > 0)
            err = bw_event_filter_pass(q, true, &r->zone, body, &wanted);
        if (err || l->more)
            break;
        l->more = wanted && !take(l, limit, seq, body.len);
        if (l->more)
            break;
        l->begin = seq;
    }
    if (w.scan)
        sqlite3_reset(w.scan);
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

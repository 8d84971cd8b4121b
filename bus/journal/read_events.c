/* The verbs `events` and `logs`: sources merged by seq, filtered, one page. */
#include "journal/reader.h"

#include <stdlib.h>

#include "journal/event_filter.h"
#include "wire/topic.h"

enum { DEFAULT_LIMIT = 100 };

/* One read under way. */
struct page {
    struct bw_reader *r;
    const struct bw_rpc_request *q;
    uint64_t after, end; /* wanted are the events beyond `after`, not beyond `end` */
    struct bw_event_source *sources;
    uint32_t n_sources;
    bool by_lane;     /* the sources give only the wanted tasks */
    bool is_filtered; /* each event must be looked into */
    struct bw_answer answer;
};

static int topic_id(struct bw_reader *r, struct bw_str name, int64_t *id)
{
    sqlite3_stmt *st = r->st[BW_READ_TOPIC_ID];
    bw_db_bind_text(st, 1, name);
    int found = bw_db_row(st);
    if (found == 1) {
        *id = sqlite3_column_int64(st, 0);
        sqlite3_reset(st);
    }
    return found;
}

/* Opens the next source and puts its first event into the merge; not twice, even if it was asked
 * for twice. */
static int add_source(struct page *p, int64_t topic, int64_t lane)
{
    struct bw_event_source *s = &p->sources[p->n_sources];
    uint64_t seq;
    for (uint32_t i = 0; i < p->n_sources; i++)
        if (p->sources[i].topic == topic && p->sources[i].lane == lane)
            return 0;
    bw_event_source_open(s, &p->r->events, topic, lane, p->after, p->end);
    int err = bw_event_source_next(s, &seq);
    p->n_sources++;
    if (err != 1)
        return err;
    return bw_merge_push(&p->r->merge, (struct bw_merge_item){(int64_t)seq, 0, p->n_sources - 1});
}

static int add_lanes(struct page *p, const struct bw_str_set *ids, int64_t topic)
{
    int err = 0;
    for (size_t i = 0; i < ids->n && err >= 0; i++) {
        int64_t key;
        err = bw_read_key(p->r, ids->v[i], &key);
        if (err == 1)
            err = add_source(p, topic, bw_lane(key, topic));
    }
    return err;
}

static int add_topic(struct page *p, struct bw_str name, const struct bw_str_set *ids)
{
    int64_t id;
    int found = topic_id(p->r, name, &id);
    if (found != 1)
        return found;
    return p->by_lane ? add_lanes(p, ids, id) : add_source(p, id, 0);
}

static bool has_lanes(struct bw_str topic)
{
    return bw_str_is(topic, BW_TOPIC_SYSTEM) || bw_str_is(topic, BW_TOPIC_LOGS) ||
           bw_str_is(topic, BW_TOPIC_CONTROL);
}

static int open_sources(struct page *p, const struct bw_str_set *topics,
                        const struct bw_str_set *ids)
{
    p->by_lane = ids->n > 0;
    for (size_t i = 0; i < topics->n; i++)
        p->by_lane = p->by_lane && has_lanes(topics->v[i]);
    p->sources = calloc(topics->n * (p->by_lane ? ids->n : 1) + 1, sizeof *p->sources);
    if (!p->sources)
        return BW_ENOMEM;
    const struct bw_rpc_request *q = p->q;
    p->is_filtered =
        q->owners.n + q->resources.n + q->event_types.n + q->level.len + q->text.len > 0 ||
        (ids->n > 0 && !p->by_lane);
    int err = 0;
    for (size_t i = 0; i < topics->n && err >= 0; i++)
        err = add_topic(p, topics->v[i], ids);
    return err < 0 ? err : 0;
}

static void close_sources(struct page *p)
{
    for (uint32_t i = 0; i < p->n_sources; i++)
        bw_event_source_close(&p->sources[i]);
    free(p->sources);
}

/* Appends events until the page is full, or there are no more, or enough were looked at. */
static int fill(struct page *p, bool *more, uint64_t *next)
{
    struct bw_merge *merge = &p->r->merge;
    uint32_t limit = p->q->limit ? p->q->limit : DEFAULT_LIMIT;
    int err = 0;
    *next = p->after;
    for (int looked = 0; merge->n > 0 && p->answer.n < limit && looked < BW_READ_EVENTS_LOOKED;
         looked++) {
        struct bw_merge_item item = merge->items[0];
        struct bw_event_source *s = &p->sources[item.source];
        struct bw_str body;
        uint64_t seq = (uint64_t)item.value;
        bool wanted = true;
        err = bw_event_source_body(s, seq, &body);
        if (!err && p->is_filtered)
            err = bw_event_filter_pass(p->q, p->by_lane, &p->r->zone, body, &wanted);
        if (err)
            return err;
        if (wanted && bw_answer_is_full(&p->answer, body.len))
            break;
        if (wanted)
            bw_answer_item(&p->answer, body);
        *next = seq;
        (void)bw_merge_pop(merge);
        err = bw_event_source_next(s, &seq);
        if (err == 1)
            err = bw_merge_push(merge, (struct bw_merge_item){(int64_t)seq, 0, item.source});
        if (err)
            return err;
    }
    *more = merge->n > 0;
    if (!*more && p->end > p->after)
        *next = p->end;
    return 0;
}

static int read_page(struct page *p, const struct bw_str_set *topics, const struct bw_str_set *ids,
                     struct bw_buf *out)
{
    const char *reset;
    uint64_t next = 0;
    bool more = false;
    bw_read_from(p->r, p->q->after, &p->after, &reset);
    p->end = p->r->state.head;
    if (p->q->up_to > 0 && p->q->up_to < p->end)
        p->end = p->q->up_to;
    bw_answer_begin(&p->answer, out, &p->r->state);
    if (reset)
        bw_mp_put_cstr(&p->answer.map, "reset", reset);
    bw_answer_array(&p->answer, "events");
    int err = reset ? 0 : open_sources(p, topics, ids);
    if (!err && !reset)
        err = fill(p, &more, &next);
    close_sources(p);
    if (err)
        return err;
    bw_answer_array_end(&p->answer);
    bw_mp_put_bool(&p->answer.map, "more", more);
    bw_mp_put_u64(&p->answer.map, "next", reset ? p->r->state.head : next);
    bw_answer_end(&p->answer);
    return 0;
}

int bw_read_events(struct bw_reader *r, const struct bw_rpc_request *q, struct bw_buf *out,
                   struct bw_fault *fault)
{
    static const struct bw_str logs = BW_STR(BW_TOPIC_LOGS);
    const struct bw_str_set one_topic = {&logs, 1}, one_task = {&q->task_id, q->task_id.len > 0};
    bool is_logs = q->op == BW_RPC_LOGS;
    struct page p = {.r = r, .q = q};
    (void)fault;
    return read_page(&p, is_logs ? &one_topic : &q->topics, is_logs ? &one_task : &q->task_ids,
                     out);
}

/* What a request for server-sent events or a long-poll asks of the streams. */
#include "web/watches.h"

#include <stdlib.h>

#include "wire/event.h"
#include "wire/mp.h"
#include "wire/topic.h"
#include "web/rest/params.h"
#include "web/rest/rest.h"
#include "web/stream/stream.h"
#include "web/stream/watch.h"

enum { EVENTS_MAX = 1000, EVENTS_USUAL = 100, WAIT_MAX_S = 60, WORD_MAX = 16, DEPTH_MAX = 4 };

/* --- On its way to the streams ------------------------------------------------------- */

/* A watch, and where it goes. */
struct departure {
    struct bw_stream *stream;
    struct bw_watch *watch;
};

static void drop(void *arg)
{
    struct departure *d = arg;
    bw_watch_free(&d->watch);
    free(d);
}

static int take(void *arg, int fd, uint64_t address, struct bw_str headers)
{
    struct departure *d = arg;
    bw_buf_puts(&d->watch->headers, headers);
    if (d->watch->headers.failed)
        return BW_ENOMEM;
    int err = bw_stream_adopt_watch(d->stream, fd, address, d->watch);
    if (err == 0)
        free(d);
    return err;
}

/* Takes the watch. */
static void leave(const struct bw_rest *rest, struct bw_watch *watch, struct bw_fault *fault,
                  struct bw_http_answer *answer)
{
    struct departure *d = fault->err == 0 ? malloc(sizeof *d) : NULL;
    if (!d) {
        bw_watch_free(&watch);
        if (fault->err == 0)
            bw_fault(fault, BW_ENOMEM, "", "out of memory");
        bw_http_fault(answer, fault);
        return;
    }
    *d = (struct departure){rest->streams, watch};
    answer->status = 200; /* what HEAD is told */
    answer->content_type = watch->is_long_poll ? "application/json" : "text/event-stream";
    answer->taker = (struct bw_http_taker){take, drop, d};
}

/* --- What is asked ------------------------------------------------------------------- */

static struct bw_watch *create(struct bw_params *p)
{
    struct bw_watch *watch = calloc(1, sizeof *watch);
    if (!watch && p->fault.err == 0)
        bw_fault(&p->fault, BW_ENOMEM, "", "out of memory");
    return watch;
}

/* Values of the four parameters that narrow a feed. */
struct narrowing {
    struct bw_str_set task_id, owner, resource, event_types;
};

static void pack_set(msgpack_packer *pk, const char *name, struct bw_str_set set)
{
    bw_mp_cstr(pk, name);
    if (set.n == 0) {
        msgpack_pack_nil(pk);
        return;
    }
    msgpack_pack_array(pk, set.n);
    for (size_t i = 0; i < set.n; i++)
        bw_mp_str(pk, set.v[i]);
}

/* The same filter as a WebSocket's message would give. */
static void take_filter(struct bw_params *p, const struct narrowing *n, struct bw_filter **out)
{
    struct bw_buf packed = {0};
    msgpack_packer pk;
    msgpack_zone zone;
    msgpack_object map;
    if (p->fault.err != 0)
        return;
    bw_mp_packer(&pk, &packed);
    msgpack_pack_map(&pk, 4);
    pack_set(&pk, "task_id", n->task_id);
    pack_set(&pk, "owner", n->owner);
    pack_set(&pk, "resource", n->resource);
    pack_set(&pk, "event_types", n->event_types);
    if (packed.failed || !msgpack_zone_init(&zone, MSGPACK_ZONE_CHUNK_SIZE)) {
        bw_fault(&p->fault, BW_ENOMEM, "", "out of memory");
    } else {
        if (bw_mp_unpack(bw_buf_str(&packed), DEPTH_MAX, &zone, &map, &p->fault) == 0 &&
            bw_filter_create(out, &map, &p->fault) != 0 && p->fault.err == 0)
            bw_fault(&p->fault, BW_ENOMEM, "", "out of memory");
        msgpack_zone_destroy(&zone);
    }
    bw_buf_free(&packed);
}

/* otherwise: NULL-terminated names, if the parameter is not given. */
static void take_feed(struct bw_params *p, const char *name, const char *const *otherwise,
                      enum bw_encoding encoding, struct bw_feed **out)
{
    struct bw_str usual[BW_FEED_TOPICS_MAX];
    struct bw_fault fault = {0};
    struct bw_str_set topics = bw_params_set(p, name);
    if (p->fault.err != 0)
        return;
    if (topics.n == 0) {
        for (; otherwise[topics.n]; topics.n++)
            usual[topics.n] = bw_str(otherwise[topics.n]);
        topics.v = usual;
    }
    if (bw_feed_create(out, topics, encoding, &fault) != 0)
        bw_fault(&p->fault, fault.err, name, "%s", fault.message);
}

static bool take_bool(struct bw_params *p, const char *name, bool otherwise)
{
    struct bw_str word = bw_params_str(p, name, WORD_MAX);
    bool yes = bw_str_is(word, "true") || bw_str_is(word, "1");
    if (word.ptr && !yes && !bw_str_is(word, "false") && !bw_str_is(word, "0") && p->fault.err == 0)
        bw_fault(&p->fault, BW_EINVAL, name, "must be true or false");
    return word.ptr ? yes : otherwise;
}

/* EventSource says where it was in a header, and keeps the address that it was first given. What is
 * no cursor of ours is one of another journal: the client is told so in band, because EventSource
 * gives up for ever after any other answer. */
static void take_place(struct bw_params *p, const struct bw_http_request *request,
                       struct bw_watch *watch)
{
    struct bw_str last_id = bw_http_header(request, "Last-Event-ID");
    struct bw_fault ignored = {0};
    watch->after = bw_params_cursor(p, "after", BW_CURSOR_LATEST);
    watch->has_after = bw_query_get(p->query, "after").ptr != NULL;
    if (last_id.len == 0)
        return;
    watch->has_after = true;
    if (bw_cursor_parse(last_id, "Last-Event-ID", &watch->after, &ignored) != 0)
        watch->after = (struct bw_cursor){.kind = BW_CURSOR_AT};
}

static void take_catchup(struct bw_params *p, struct bw_watch *watch, bool with_snapshot)
{
    struct bw_str word = bw_params_str(p, "catchup", WORD_MAX);
    bool has_rows = watch->feed && watch->feed->has_rows;
    watch->conflate = bw_str_is(word, "conflate");
    watch->snapshot = take_bool(p, "snapshot", with_snapshot && has_rows);
    if (p->fault.err != 0)
        return;
    if (word.ptr && !watch->conflate && !bw_str_is(word, "replay"))
        bw_fault(&p->fault, BW_EINVAL, "catchup", "expected replay or conflate");
    else if (watch->conflate && (!has_rows || bw_feed_is_merged(watch->feed)))
        bw_fault(&p->fault, BW_EINVAL, "catchup",
                 "conflate is for topic system alone: other topics have no rows");
    else if (watch->snapshot && !has_rows)
        bw_fault(&p->fault, BW_EINVAL, "snapshot",
                 "a snapshot is for topic system: other topics have no rows");
}

/* --- Server-sent events -------------------------------------------------------------- */

/* task_id: narrows it to this one; ptr NULL: to what the query says. */
static void stream(const struct bw_rest *rest, const struct bw_http_request *request,
                   struct bw_str task_id, const char *const *topics, struct bw_http_answer *answer)
{
    struct bw_params p;
    bw_params_begin(&p, &request->query);
    struct bw_watch *watch = create(&p);
    const struct narrowing narrowing = {
        .task_id = task_id.ptr ? (struct bw_str_set){&task_id, 1} : bw_params_set(&p, "task_id"),
        .owner = bw_params_set(&p, "owner"),
        .resource = bw_params_set(&p, "resource"),
        .event_types = bw_params_set(&p, "event_types"),
    };
    if (watch) {
        take_feed(&p, "topics", topics, BW_ENCODING_SSE, &watch->feed);
        take_place(&p, request, watch);
        take_catchup(&p, watch, task_id.ptr != NULL);
        take_filter(&p, &narrowing, &watch->filter);
    }
    bw_http_answer_header(answer, "X-Accel-Buffering", "no"); /* nginx would collect it */
    leave(rest, watch, &p.fault, answer);
    bw_params_free(&p);
}

void bw_watch_stream(void *ctx, const struct bw_http_request *request,
                     struct bw_http_answer *answer)
{
    static const char *const topics[] = {BW_TOPIC_SYSTEM, NULL};
    stream(ctx, request, (struct bw_str){NULL, 0}, topics, answer);
}

/* A task's own events and its log, from the row as it is now. */
void bw_watch_task(void *ctx, const struct bw_http_request *request, struct bw_http_answer *answer)
{
    static const char *const topics[] = {BW_TOPIC_SYSTEM, BW_TOPIC_LOGS, NULL};
    stream(ctx, request, request->args[0], topics, answer);
}

/* --- Long-polls ---------------------------------------------------------------------- */

static void wait_for_events(const struct bw_rest *rest, struct bw_params *p, uint32_t wait_s,
                            struct bw_http_answer *answer)
{
    static const char *const topics[] = {BW_TOPIC_SYSTEM, NULL};
    struct bw_watch *watch = create(p);
    const struct narrowing narrowing = {
        .task_id = bw_params_set(p, "task_id"),
        .owner = bw_params_set(p, "owner"),
        .resource = bw_params_set(p, "resource"),
        .event_types = bw_params_set(p, "event_types"),
    };
    if (watch) {
        take_feed(p, "topic", topics, BW_ENCODING_LIST, &watch->feed);
        take_filter(p, &narrowing, &watch->filter);
        watch->is_long_poll = true;
        watch->has_after = true;
        watch->after = bw_params_cursor(p, "after", BW_CURSOR_OLDEST);
        watch->limit = bw_params_u32(p, "limit", 1, EVENTS_MAX, EVENTS_USUAL);
        watch->wait_s = wait_s;
    }
    leave(rest, watch, &p->fault, answer);
}

void bw_watch_events(void *ctx, const struct bw_http_request *request,
                     struct bw_http_answer *answer)
{
    struct bw_params p;
    bw_params_begin(&p, &request->query);
    uint32_t wait_s = bw_params_u32(&p, "wait", 0, WAIT_MAX_S, 0);
    if (p.fault.err == 0 && wait_s == 0)
        bw_rest_get_events(ctx, request, answer);
    else
        wait_for_events(ctx, &p, wait_s, answer);
    bw_params_free(&p);
}

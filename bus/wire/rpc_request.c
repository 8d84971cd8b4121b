/* Requests to the bus. Which members a verb has is said once, in `verbs`; reading and writing both
 * go by it. */
#include "wire/rpc.h"

#include "wire/mp.h"
#include "wire/topic.h"
#include "wire/utf8.h"

enum {
    NAME_MAX_BYTES = 256, /* values of filters */
    PAGE_MAX_BYTES = 512,
};

enum member {
    M_EVENTS = 1 << 0,
    M_TOPICS = 1 << 1,
    M_AFTER = 1 << 2,
    M_LIMIT = 1 << 3,
    M_UP_TO = 1 << 4,
    M_EVENT_FILTER = 1 << 5,
    M_TASK_ID = 1 << 6,
    M_LOG = 1 << 7,
    M_TASK_FILTER = 1 << 8,
    M_PAGE = 1 << 9,
    M_BEFORE = 1 << 10,
    M_KNOWN = 1 << 11,
    M_FIELD = 1 << 12,
    M_SERIES = 1 << 13,
};

static const struct {
    const char *op;
    unsigned members;
} verbs[BW_RPC_N_OPS] = {
    [BW_RPC_PUBLISH] = {"publish", M_EVENTS},
    [BW_RPC_EVENTS] = {"events", M_TOPICS | M_AFTER | M_LIMIT | M_UP_TO | M_EVENT_FILTER},
    [BW_RPC_TASKS] = {"tasks", M_TASK_FILTER | M_PAGE | M_LIMIT | M_KNOWN},
    [BW_RPC_TASK] = {"task", M_TASK_ID | M_KNOWN},
    [BW_RPC_LOGS] = {"logs", M_LOG | M_AFTER | M_BEFORE | M_LIMIT},
    [BW_RPC_CHANGED] = {"changed", M_AFTER | M_LIMIT | M_TASK_FILTER},
    [BW_RPC_VALUES] = {"values", M_FIELD | M_LIMIT},
    [BW_RPC_WORKERS] = {"workers", M_LIMIT},
    [BW_RPC_STATS] = {"stats", 0},
    [BW_RPC_HISTORY] = {"history", M_SERIES | M_LIMIT},
};

static const char *const sorts[] = {
    [BW_SORT_UPDATED_AT] = "updated_at",
    [BW_SORT_CREATED_AT] = "created_at",
};

static const char *const fields[BW_N_TASK_FIELDS] = {
    [BW_FIELD_TYPE] = "type",     [BW_FIELD_QUEUE] = "queue",   [BW_FIELD_OWNER] = "owner",
    [BW_FIELD_STATUS] = "status", [BW_FIELD_WORKER] = "worker", [BW_FIELD_RESOURCE] = "resource",
};

bool bw_task_field_parse(struct bw_str name, enum bw_task_field *out)
{
    for (int i = 0; i < BW_N_TASK_FIELDS; i++)
        if (bw_str_is(name, fields[i])) {
            *out = (enum bw_task_field)i;
            return true;
        }
    return false;
}

/* A request being read. The first fault stays. */
struct reading {
    const msgpack_object *map;
    msgpack_zone *zone;
    struct bw_fault fault;
};

static void refuse(struct reading *r, int err, const char *key, const char *why)
{
    if (r->fault.err == 0)
        bw_fault(&r->fault, err, key, "%s", why);
}

static struct bw_str take_str(struct reading *r, const char *key, size_t max)
{
    struct bw_str s = {0};
    bw_mp_get_str(r->map, key, max, &s, &r->fault);
    return s;
}

/* What the values of a set must be. accept may put another string in a value's place. */
struct value_rule {
    bool (*accept)(struct bw_str *value);
    const char *must;
};

static bool accept_name(struct bw_str *value)
{
    return value->len <= NAME_MAX_BYTES && bw_utf8_valid(*value);
}

static bool accept_topic(struct bw_str *value)
{
    return bw_topic_valid(*value);
}

/* Any system's word is accepted; ours is what the journal sees. */
static bool accept_status(struct bw_str *value)
{
    enum bw_status status;
    if (!bw_status_parse(*value, &status))
        return false;
    *value = bw_str(bw_status_name(status));
    return true;
}

static const struct value_rule names = {
    accept_name, "must be a string, or an array of strings, of at most 256 bytes each"};
static const struct value_rule topics = {
    accept_topic, "must be a topic's name, or an array of them: letters, digits and ._-"};
static const struct value_rule statuses = {
    accept_status,
    "must be one or several of pending running paused completed failed cancelled timeout"};

/* A string, or an array of them. An empty array is refused: its sender may have meant "none". */
static struct bw_str_set take_set(struct reading *r, const char *key, const struct value_rule *rule)
{
    static const struct bw_str_set none = {0};
    const msgpack_object *o = bw_mp_get(r->map, key);
    if (bw_mp_is_nil(o))
        return none;
    bool is_array = o->type == MSGPACK_OBJECT_ARRAY;
    const msgpack_object *items = is_array ? o->via.array.ptr : o;
    size_t n = is_array ? o->via.array.size : 1;
    if (n == 0 || n > BW_FILTER_VALUES_MAX) {
        refuse(r, BW_EINVAL, key, "must be 1 to 1000 values; leave it out for any");
        return none;
    }
    struct bw_str *v = msgpack_zone_malloc(r->zone, n * sizeof *v);
    if (!v) {
        refuse(r, BW_ENOMEM, key, "out of memory");
        return none;
    }
    for (size_t i = 0; i < n; i++) {
        bool is_str = items[i].type == MSGPACK_OBJECT_STR;
        if (is_str)
            v[i] = bw_mp_as_str(&items[i]);
        if (!is_str || !rule->accept(&v[i])) {
            refuse(r, BW_EINVAL, key, rule->must);
            return none;
        }
    }
    return (struct bw_str_set){v, n};
}

static void take_events(struct reading *r, struct bw_rpc_request *q)
{
    q->events = bw_mp_get(r->map, "events");
    if (!q->events || q->events->type != MSGPACK_OBJECT_ARRAY || q->events->via.array.size == 0 ||
        q->events->via.array.size > BW_BATCH_EVENTS_MAX)
        refuse(r, BW_EINVAL, "events", "must be an array of 1 to 1000 events");
}

/* False: there is none, or it is malformed, which is a fault. */
static bool take_cursor(struct reading *r, const char *key, struct bw_cursor *out)
{
    struct bw_str text = take_str(r, key, BW_CURSOR_LEN);
    return text.len > 0 && bw_cursor_parse(text, key, out, &r->fault) == 0;
}

static void take_after(struct reading *r, struct bw_rpc_request *q)
{
    if (!take_cursor(r, "after", &q->after))
        q->after.kind = BW_CURSOR_OLDEST;
}

static void take_limit(struct reading *r, struct bw_rpc_request *q)
{
    uint64_t n = 0;
    bw_mp_get_u64(r->map, "limit", &n, &r->fault);
    if (n > BW_RPC_LIMIT_MAX)
        refuse(r, BW_EINVAL, "limit", "must be at most 1000");
    q->limit = (uint32_t)n;
}

static void take_level(struct reading *r, struct bw_rpc_request *q)
{
    q->level = take_str(r, "level", NAME_MAX_BYTES);
    if (q->level.len > 0 && !bw_str_is(q->level, "debug") && !bw_str_is(q->level, "info") &&
        !bw_str_is(q->level, "warning") && !bw_str_is(q->level, "error"))
        refuse(r, BW_EINVAL, "level", "must be debug, info, warning or error");
}

static void take_log(struct reading *r, struct bw_rpc_request *q)
{
    q->task_id = take_str(r, "task_id", BW_TASK_ID_MAX);
    q->text = take_str(r, "text", NAME_MAX_BYTES);
    take_level(r, q);
}

static void take_field(struct reading *r, struct bw_rpc_request *q)
{
    struct bw_str field = take_str(r, "field", NAME_MAX_BYTES);
    q->prefix = take_str(r, "prefix", NAME_MAX_BYTES);
    if (!bw_task_field_parse(field, &q->field))
        refuse(r, BW_EINVAL, "field", "must be type, owner, resource, queue, worker or status");
}

static void take_series(struct reading *r, struct bw_rpc_request *q)
{
    q->series = take_set(r, "series", &names);
    if (bw_mp_get_u64(r->map, "step_s", &q->step_s, &r->fault) && q->step_s != 5 &&
        q->step_s != 120)
        refuse(r, BW_EINVAL, "step_s", "must be 5 or 120");
}

static void take_page(struct reading *r, struct bw_task_query *t)
{
    struct bw_str sort = take_str(r, "sort", NAME_MAX_BYTES);
    if (bw_str_is(sort, sorts[BW_SORT_CREATED_AT]))
        t->sort = BW_SORT_CREATED_AT;
    else if (sort.len > 0 && !bw_str_is(sort, sorts[BW_SORT_UPDATED_AT]))
        refuse(r, BW_EINVAL, "sort", "must be updated_at or created_at");
    bw_mp_get_bool(r->map, "ascending", &t->ascending, &r->fault);
    t->page = take_str(r, "page", PAGE_MAX_BYTES);
}

static void take_task_filter(struct reading *r, struct bw_task_query *t)
{
    t->id = take_set(r, "id", &names);
    t->type = take_set(r, "type", &names);
    t->owner = take_set(r, "owner", &names);
    t->resource = take_set(r, "resource", &names);
    t->queue = take_set(r, "queue", &names);
    t->status = take_set(r, "status", &statuses);
    t->q = take_str(r, "q", NAME_MAX_BYTES);
}

static void take_event_filter(struct reading *r, struct bw_rpc_request *q)
{
    q->task_ids = take_set(r, "task_ids", &names);
    q->owners = take_set(r, "owners", &names);
    q->resources = take_set(r, "resources", &names);
    q->event_types = take_set(r, "event_types", &names);
}

static void take_topics(struct reading *r, struct bw_rpc_request *q)
{
    static const struct bw_str system_topic = BW_STR(BW_TOPIC_SYSTEM);
    q->topics = take_set(r, "topics", &topics);
    if (q->topics.n == 0)
        q->topics = (struct bw_str_set){&system_topic, 1};
}

static void take_task_id(struct reading *r, struct bw_rpc_request *q)
{
    q->task_id = take_str(r, "task_id", BW_TASK_ID_MAX);
    if (q->task_id.len == 0)
        refuse(r, BW_EINVAL, "task_id", "is required");
}

static void take_op(struct reading *r, struct bw_rpc_request *q)
{
    uint64_t version = 0;
    if (!bw_mp_get_u64(r->map, "v", &version, &r->fault) || version != BW_RPC_VERSION)
        refuse(r, BW_EVERSION, "v", "must be 1, the version of the protocol spoken here");
    struct bw_str op = take_str(r, "op", NAME_MAX_BYTES);
    for (int i = 0; i < BW_RPC_N_OPS; i++)
        if (bw_str_is(op, verbs[i].op)) {
            q->op = (enum bw_rpc_op)i;
            return;
        }
    refuse(
        r, BW_EUNSUPPORTED, "op",
        "must be publish, events, tasks, task, logs, changed, values, workers, stats or history");
}

int bw_rpc_request_decode(const msgpack_object *map, msgpack_zone *zone, struct bw_rpc_request *out,
                          struct bw_fault *fault)
{
    struct reading r = {.map = map, .zone = zone};
    struct bw_rpc_request q = {0};
    if (map->type != MSGPACK_OBJECT_MAP)
        return bw_fault(fault, BW_EINVAL, "", "a request must be a map");
    take_op(&r, &q);
    unsigned members = r.fault.err ? 0 : verbs[q.op].members;
    if (members & M_EVENTS)
        take_events(&r, &q);
    if (members & M_TOPICS)
        take_topics(&r, &q);
    if (members & M_AFTER)
        take_after(&r, &q);
    if (members & M_BEFORE)
        q.backwards = take_cursor(&r, "before", &q.before);
    if (members & M_KNOWN)
        (void)take_cursor(&r, "known", &q.known);
    if (members & M_LIMIT)
        take_limit(&r, &q);
    if (members & M_UP_TO)
        bw_mp_get_u64(map, "up_to", &q.up_to, &r.fault);
    if (members & M_EVENT_FILTER)
        take_event_filter(&r, &q);
    if (members & M_TASK_ID)
        take_task_id(&r, &q);
    if (members & M_LOG)
        take_log(&r, &q);
    if (members & M_TASK_FILTER)
        take_task_filter(&r, &q.tasks);
    if (members & M_SERIES)
        take_series(&r, &q);
    if (members & M_FIELD)
        take_field(&r, &q);
    if (members & M_PAGE)
        take_page(&r, &q.tasks);
    if (r.fault.err)
        return bw_fault(fault, r.fault.err, r.fault.field, "%s", r.fault.message);
    *out = q;
    return 0;
}

static void put_known_str(struct bw_mp_map *m, const char *key, struct bw_str s)
{
    if (s.len > 0)
        bw_mp_put_str(m, key, s);
}

static void put_set(struct bw_mp_map *m, const char *key, struct bw_str_set set)
{
    if (set.n == 0)
        return;
    bw_mp_key(m, key);
    msgpack_pack_array(&m->pk, set.n);
    for (size_t i = 0; i < set.n; i++)
        bw_mp_str(&m->pk, set.v[i]);
}

static void put_cursor(struct bw_mp_map *m, const char *key, struct bw_cursor cursor)
{
    char text[BW_CURSOR_LEN + 1];
    switch (cursor.kind) {
    case BW_CURSOR_OLDEST:
        bw_mp_put_cstr(m, key, "oldest");
        break;
    case BW_CURSOR_LATEST:
        bw_mp_put_cstr(m, key, "latest");
        break;
    default:
        bw_cursor_format(cursor.epoch, cursor.seq, text);
        bw_mp_put_cstr(m, key, text);
    }
}

static void put_task_filter(struct bw_mp_map *m, const struct bw_task_query *t)
{
    put_set(m, "id", t->id);
    put_set(m, "type", t->type);
    put_set(m, "owner", t->owner);
    put_set(m, "resource", t->resource);
    put_set(m, "queue", t->queue);
    put_set(m, "status", t->status);
    put_known_str(m, "q", t->q);
}

void bw_rpc_request_encode(struct bw_buf *out, const struct bw_rpc_request *q)
{
    unsigned members = verbs[q->op].members;
    struct bw_mp_map m;
    bw_mp_map_begin(&m, out);
    bw_mp_put_u64(&m, "v", BW_RPC_VERSION);
    bw_mp_put_cstr(&m, "op", verbs[q->op].op);
    if (members & M_TOPICS)
        put_set(&m, "topics", q->topics);
    if (members & M_AFTER)
        put_cursor(&m, "after", q->after);
    if ((members & M_BEFORE) && q->backwards)
        put_cursor(&m, "before", q->before);
    if ((members & M_KNOWN) && q->known.epoch)
        put_cursor(&m, "known", q->known);
    if ((members & M_LIMIT) && q->limit)
        bw_mp_put_u64(&m, "limit", q->limit);
    if ((members & M_UP_TO) && q->up_to)
        bw_mp_put_u64(&m, "up_to", q->up_to);
    if (members & M_EVENT_FILTER) {
        put_set(&m, "task_ids", q->task_ids);
        put_set(&m, "owners", q->owners);
        put_set(&m, "resources", q->resources);
        put_set(&m, "event_types", q->event_types);
    }
    if (members & M_TASK_ID)
        bw_mp_put_str(&m, "task_id", q->task_id);
    if (members & M_LOG) {
        put_known_str(&m, "task_id", q->task_id);
        put_known_str(&m, "level", q->level);
        put_known_str(&m, "text", q->text);
    }
    if (members & M_TASK_FILTER)
        put_task_filter(&m, &q->tasks);
    if (members & M_SERIES) {
        put_set(&m, "series", q->series);
        if (q->step_s)
            bw_mp_put_u64(&m, "step_s", q->step_s);
    }
    if (members & M_FIELD) {
        bw_mp_put_cstr(&m, "field", fields[q->field]);
        put_known_str(&m, "prefix", q->prefix);
    }
    if (members & M_PAGE) {
        bw_mp_put_cstr(&m, "sort", sorts[q->tasks.sort]);
        bw_mp_put_bool(&m, "ascending", q->tasks.ascending);
        put_known_str(&m, "page", q->tasks.page);
    }
    bw_mp_map_end(&m);
}

void bw_rpc_publish_begin(struct bw_buf *out, uint32_t n)
{
    msgpack_packer pk;
    bw_mp_packer(&pk, out);
    msgpack_pack_map(&pk, 3);
    bw_mp_cstr(&pk, "v");
    msgpack_pack_int(&pk, BW_RPC_VERSION);
    bw_mp_cstr(&pk, "op");
    bw_mp_cstr(&pk, verbs[BW_RPC_PUBLISH].op);
    bw_mp_cstr(&pk, "events");
    msgpack_pack_array(&pk, n);
}

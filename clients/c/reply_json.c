/* An answer as JSON.
 *
 * The bus's answers hold places in the journal as numbers beside one `epoch`; in JSON they become
 * cursors, so that nobody has to know what a cursor is made of. Events and task rows look as they
 * do everywhere else in JSON. What is not known here is passed on as it is. */
#include "reply.h"
#include "wire/cursor.h"
#include "wire/event.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/task.h"

struct json {
    struct bw_buf *out;
    uint32_t epoch;
    const msgpack_object *docs;
    bool begun;
};

static void begin_member(struct json *j, struct bw_str key)
{
    if (j->begun)
        bw_buf_putc(j->out, ',');
    j->begun = true;
    bw_json_string(j->out, key);
    bw_buf_putc(j->out, ':');
}

static void put_cursor(struct json *j, uint64_t seq)
{
    char cursor[BW_CURSOR_LEN + 1];
    size_t n = bw_cursor_format(j->epoch, seq, cursor);
    bw_json_string(j->out, (struct bw_str){cursor, n});
}

static bool put_event(struct json *j, const msgpack_object *o)
{
    struct bw_event event;
    if (bw_event_decode(o, &event, NULL) != 0)
        return false;
    bw_buf_putc(j->out, '{');
    bw_event_json(j->out, &event, j->epoch);
    bw_buf_putc(j->out, '}');
    return true;
}

static bool put_task(struct json *j, const msgpack_object *o)
{
    const msgpack_object *docs[BW_N_DOCS] = {0};
    struct bw_task task;
    if (bw_task_decode(o, &task, NULL) != 0)
        return false;
    if (j->docs)
        for (int d = 0; d < BW_N_DOCS; d++)
            docs[d] = bw_mp_get(j->docs, bw_doc_name((enum bw_doc)d));
    bw_task_json(j->out, &task, j->docs ? docs : NULL);
    return true;
}

/* What cannot be read as an event or a row is left out: the bus would be of another version. */
static void put_list(struct json *j, const msgpack_object *list,
                     bool (*put)(struct json *, const msgpack_object *))
{
    bool first = true;
    bw_buf_putc(j->out, '[');
    for (uint32_t i = 0; i < list->via.array.size; i++) {
        size_t begin = j->out->len;
        if (!first)
            bw_buf_putc(j->out, ',');
        if (put(j, &list->via.array.ptr[i]))
            first = false;
        else
            j->out->len = begin;
    }
    bw_buf_putc(j->out, ']');
}

static void put_member(struct json *j, struct bw_str key, const msgpack_object *v)
{
    bool is_seq = v->type == MSGPACK_OBJECT_POSITIVE_INTEGER;
    bool is_list = v->type == MSGPACK_OBJECT_ARRAY;
    if (bw_str_is(key, "ok") || bw_str_is(key, "epoch") || bw_str_is(key, "docs") ||
        (bw_str_is(key, "next") && is_seq))
        return;
    begin_member(j, key);
    if (is_seq && (bw_str_is(key, "head") || bw_str_is(key, "oldest") || bw_str_is(key, "earlier")))
        put_cursor(j, v->via.u64);
    else if (is_list && bw_str_is(key, "events"))
        put_list(j, v, put_event);
    else if (is_list && bw_str_is(key, "tasks"))
        put_list(j, v, put_task);
    else if (!bw_str_is(key, "task") || !put_task(j, v))
        bw_json_object(j->out, v);
}

void bw_reply_json(struct bw_buf *out, const msgpack_object *root)
{
    struct json j = {.out = out, .docs = bw_mp_get(root, "docs")};
    uint64_t epoch = 0, place = 0;
    bool has_epoch = bw_mp_get_u64(root, "epoch", &epoch, NULL);
    j.epoch = (uint32_t)epoch;
    bw_buf_putc(out, '{');
    for (uint32_t i = 0; i < root->via.map.size; i++) {
        const msgpack_object_kv *kv = &root->via.map.ptr[i];
        if (kv->key.type == MSGPACK_OBJECT_STR)
            put_member(&j, bw_mp_as_str(&kv->key), &kv->val);
    }
    if (bw_mp_get(root, "total") && !bw_mp_get(root, "next")) {
        begin_member(&j, BW_STR("next"));
        bw_buf_puts(out, BW_STR("null"));
    }
    if (has_epoch &&
        (bw_mp_get_u64(root, "next", &place, NULL) || bw_mp_get_u64(root, "head", &place, NULL))) {
        begin_member(&j, BW_STR("cursor"));
        put_cursor(&j, place);
    }
    bw_buf_putc(out, '}');
}

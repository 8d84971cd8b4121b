/* Tasks, written: each write becomes one event on topic `system`, so whoever watches sees it like
 * any other, and the answer is the task as the bus then has it. */
#include <stdio.h>

#include "base/uuid.h"
#include "web/rest/ask.h"
#include "web/rest/body.h"
#include "web/rest/tasks.h"
#include "wire/event_type.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/topic.h"

#define SOURCE "http"

/* A write under way. */
struct write {
    const struct bw_rest *rest;
    struct bw_body body; /* its root is a map, or nil for DELETE */
    struct bw_str id;
    char id_text[BW_UUID_LEN + 1]; /* where it was not a string in the body */
    struct bw_fault fault;
};

/* The event that says what the body's status says. */
static enum bw_event_kind kind_of(const msgpack_object *body)
{
    const msgpack_object *status = bw_mp_get(body, "status");
    enum bw_status s;
    if (bw_mp_is_nil(status))
        return BW_TASK_UPDATED;
    if (status->type != MSGPACK_OBJECT_STR || !bw_status_parse(bw_mp_as_str(status), &s))
        return BW_TASK_STATUS_CHANGED; /* the bus says what is wrong with it */
    if (s == BW_COMPLETED)
        return BW_TASK_COMPLETED;
    return s == BW_FAILED || s == BW_TIMEOUT ? BW_TASK_FAILED : BW_TASK_STATUS_CHANGED;
}

/* The body's members as the event's data, under the id that was settled on. */
static void put_data(msgpack_packer *pk, const msgpack_object *body, struct bw_str id)
{
    const bool is_map = body->type == MSGPACK_OBJECT_MAP;
    uint32_t n = is_map ? body->via.map.size : 0;
    bool has_id = is_map && bw_mp_get(body, "id");
    msgpack_pack_map(pk, n + (has_id ? 0 : 1));
    bw_mp_cstr(pk, "id");
    bw_mp_str(pk, id);
    for (uint32_t i = 0; i < n; i++) {
        const msgpack_object_kv *kv = &body->via.map.ptr[i];
        if (kv->key.type == MSGPACK_OBJECT_STR && bw_str_is(bw_mp_as_str(&kv->key), "id"))
            continue;
        bw_mp_object(pk, &kv->key);
        bw_mp_object(pk, &kv->val);
    }
}

/* Publishes the event. BW_ECONFLICT if the task did not take it. *epoch and *seq say where it is.
 */
static int publish(struct write *w, enum bw_event_kind kind, uint32_t *epoch, uint64_t *seq)
{
    struct bw_buf request = {0};
    struct bw_mp_map event;
    struct bw_publish_result result;
    bw_rpc_publish_begin(&request, 1);
    bw_mp_map_begin(&event, &request);
    bw_mp_put_cstr(&event, "event_type", bw_event_kind_name(kind));
    bw_mp_put_cstr(&event, "topic", BW_TOPIC_SYSTEM);
    bw_mp_put_cstr(&event, "source", SOURCE);
    const msgpack_object *message = bw_mp_get(&w->body.root, "message");
    if (message && message->type == MSGPACK_OBJECT_STR)
        bw_mp_put_str(&event, "message", bw_mp_as_str(message));
    bw_mp_key(&event, "data");
    put_data(&event.pk, &w->body.root, w->id);
    bw_mp_map_end(&event);
    int err = bw_rest_publish_one(w->rest, &request, epoch, &result, &w->fault);
    bw_buf_free(&request);
    if (!err && result.stale)
        err = bw_fault(&w->fault, BW_ECONFLICT, "status",
                       "the task is final in this attempt; a higher \"attempt\" opens it again");
    *seq = result.seq;
    return err;
}

/* Reads the body, which must be an object whose id, if it names one, is that of the path. */
static int begin(struct write *w, const struct bw_rest *rest, const struct bw_http_request *request)
{
    *w = (struct write){.rest = rest, .id = request->args[0]};
    int err = bw_body_decode(request, &w->body, &w->fault);
    if (err)
        return err;
    if (w->body.root.type != MSGPACK_OBJECT_MAP)
        return bw_fault(&w->fault, BW_EINVAL, "", "the body must be an object with task fields");
    const msgpack_object *given = bw_mp_get(&w->body.root, "id");
    if (!bw_mp_is_nil(given)) {
        struct bw_str id = bw_body_id(given, w->id_text);
        if (id.len == 0)
            return bw_fault(&w->fault, BW_EINVAL, "id", "must be a string that is not empty");
        if (w->id.len && !bw_str_eq(w->id, id))
            return bw_fault(&w->fault, BW_EINVAL, "id", "is not the id in the path");
        w->id = id;
    }
    if (w->id.len > BW_TASK_ID_MAX)
        return bw_fault(&w->fault, BW_EINVAL, "id", "has %zu bytes; at most %d are allowed",
                        w->id.len, BW_TASK_ID_MAX);
    return 0;
}

/* The path of a task in a header: what may not stand in a path is percent-encoded. */
static void put_location(struct bw_http_answer *answer, struct bw_str id)
{
    char path[3 * BW_TASK_ID_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < id.len && n + 3 < sizeof path; i++) {
        unsigned char c = (unsigned char)id.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c && strchr("-._~", c));
        n += (size_t)snprintf(path + n, sizeof path - n, plain ? "%c" : "%%%02X", c);
    }
    path[n] = '\0';
    bw_http_answer_header(answer, "Location", "/api/v1/tasks/%s", path);
}

/* Publishes, and answers with the task, or with what went wrong anywhere so far. */
static void finish(struct write *w, int err, enum bw_event_kind kind, int status,
                   struct bw_http_answer *answer)
{
    uint32_t epoch;
    uint64_t seq;
    if (!err)
        err = publish(w, kind, &epoch, &seq);
    if (err)
        bw_http_fault(answer, &w->fault);
    else
        bw_rest_answer_task(w->rest, w->id, status, answer);
    if (answer->status == 201)
        put_location(answer, w->id);
    bw_body_free(&w->body);
}

void bw_rest_create_task(void *ctx, const struct bw_http_request *request,
                         struct bw_http_answer *answer)
{
    struct write w;
    int err = begin(&w, ctx, request);
    if (!err && w.id.len == 0) {
        bw_uuid7(w.id_text);
        w.id = bw_str(w.id_text);
    } else if (!err) {
        err = bw_rest_find_task(w.rest, w.id, &w.fault);
        if (err == 0)
            err =
                bw_fault(&w.fault, BW_EEXIST, "id", "there is a task of this id; PATCH changes it");
        else if (err == BW_ENOTFOUND)
            err = 0;
    }
    finish(&w, err, BW_TASK_CREATED, 201, answer);
}

void bw_rest_patch_task(void *ctx, const struct bw_http_request *request,
                        struct bw_http_answer *answer)
{
    struct write w;
    int err = begin(&w, ctx, request);
    if (!err)
        err = bw_rest_find_task(w.rest, w.id, &w.fault);
    finish(&w, err, kind_of(&w.body.root), 200, answer);
}

void bw_rest_put_task(void *ctx, const struct bw_http_request *request,
                      struct bw_http_answer *answer)
{
    struct write w;
    int err = begin(&w, ctx, request), found = 0;
    if (!err)
        found = bw_rest_find_task(w.rest, w.id, &w.fault);
    if (found != BW_ENOTFOUND)
        finish(&w, err ? err : found, kind_of(&w.body.root), 200, answer);
    else
        finish(&w, 0, BW_TASK_CREATED, 201, answer);
}

void bw_rest_delete_task(void *ctx, const struct bw_http_request *request,
                         struct bw_http_answer *answer)
{
    struct write w = {.rest = ctx, .id = request->args[0]};
    uint32_t epoch;
    uint64_t seq;
    int err = bw_rest_find_task(w.rest, w.id, &w.fault);
    if (!err)
        err = publish(&w, BW_TASK_DELETED, &epoch, &seq);
    if (err) {
        bw_http_fault(answer, &w.fault);
        return;
    }
    bw_rest_begin(answer, 200);
    bw_buf_puts(&answer->body, BW_STR("{\"id\":"));
    bw_json_string(&answer->body, w.id);
    bw_buf_puts(&answer->body, BW_STR(",\"deleted\":true}"));
    bw_rest_end(answer, epoch, seq);
}

/* Events as they come by HTTP, made into events as the bus takes them.
 *
 * A CloudEvent becomes an event so:
 *   source, id   source; and id = source, a space, id: only the two together are unique there
 *   type, time   event_type, timestamp
 *   data         data if it is an object, else {"value": data}; data_base64 likewise
 *   subject      data.id, if data has none: it is the task
 *   topic, message   extension attributes with our own meaning
 * Other attributes are left out. */
#include "web/rest/event_body.h"

#include <stdlib.h>
#include <strings.h>

#include "web/http/query.h"
#include "web/rest/body.h"
#include "wire/event.h"
#include "wire/mp.h"
#include "wire/topic.h"

static bool is_type(const struct bw_http_request *request, const char *type)
{
    struct bw_str have = bw_http_media_type(request);
    return have.len == strlen(type) && strncasecmp(have.ptr, type, have.len) == 0;
}

enum bw_event_form bw_event_form(const struct bw_http_request *request)
{
    if (is_type(request, "application/cloudevents+json") ||
        is_type(request, "application/cloudevents-batch+json"))
        return BW_FORM_CLOUDEVENT;
    return bw_http_header(request, "ce-specversion").ptr ? BW_FORM_BINARY : BW_FORM_PLAIN;
}

/* --- Bellwire's own form --- */

static bool is_key(const msgpack_object_kv *kv, const char *key)
{
    return kv->key.type == MSGPACK_OBJECT_STR && bw_str_is(bw_mp_as_str(&kv->key), key);
}

/* A payload, its id as a string; `subject` is the id of one that has none. */
static void put_data(msgpack_packer *pk, const msgpack_object *data, struct bw_str subject)
{
    char text[BW_BODY_ID_TEXT];
    const bool add = subject.len && !bw_mp_get(data, "id") && !bw_mp_get(data, "task_id");
    msgpack_pack_map(pk, data->via.map.size + (add ? 1 : 0));
    if (add) {
        bw_mp_cstr(pk, "id");
        bw_mp_str(pk, subject);
    }
    for (uint32_t i = 0; i < data->via.map.size; i++) {
        const msgpack_object_kv *kv = &data->via.map.ptr[i];
        struct bw_str id = {NULL, 0};
        if (is_key(kv, "id") || is_key(kv, "task_id"))
            id = bw_body_id(&kv->val, text);
        bw_mp_object(pk, &kv->key);
        if (id.len)
            bw_mp_str(pk, id);
        else
            bw_mp_object(pk, &kv->val);
    }
}

/* The topic to add to an event, if any: the bus knows the topics of its own types. */
static struct bw_str topic_to_add(struct bw_str type, struct bw_str topic)
{
    return bw_topic_of_type(type).len > 0 ? (struct bw_str){NULL, 0} : topic;
}

static void put_plain(struct bw_buf *out, const msgpack_object *item, struct bw_str topic)
{
    struct bw_mp_map m;
    struct bw_str type = {NULL, 0};
    struct bw_fault wrong = {0}; /* the bus says so */
    if (!bw_mp_is_nil(bw_mp_get(item, "topic")))
        topic.len = 0;
    bw_mp_get_str(item, "event_type", SIZE_MAX, &type, &wrong);
    topic = topic_to_add(type, topic);
    bw_mp_map_begin(&m, out);
    if (topic.len)
        bw_mp_put_str(&m, "topic", topic);
    for (uint32_t i = 0; i < item->via.map.size; i++) {
        const msgpack_object_kv *kv = &item->via.map.ptr[i];
        if (topic.len && is_key(kv, "topic"))
            continue; /* nil */
        bw_mp_object(&m.pk, &kv->key);
        m.n++;
        if (is_key(kv, "data") && kv->val.type == MSGPACK_OBJECT_MAP)
            put_data(&m.pk, &kv->val, (struct bw_str){NULL, 0});
        else
            bw_mp_object(&m.pk, &kv->val);
    }
    bw_mp_map_end(&m);
}

/* --- CloudEvents --- */

struct cloudevent {
    struct bw_str specversion, id, source, type, subject, time, topic, message;
    const msgpack_object *data; /* NULL for none */
};

static int check(const struct cloudevent *ce, struct bw_fault *fault)
{
    if (!bw_str_is(ce->specversion, "1.0"))
        return bw_fault(fault, BW_EINVAL, "specversion", "only CloudEvents 1.0 are taken");
    if (ce->id.len == 0 || ce->source.len == 0 || ce->type.len == 0)
        return bw_fault(fault, BW_EINVAL,
                        ce->id.len == 0       ? "id"
                        : ce->source.len == 0 ? "source"
                                              : "type",
                        "a CloudEvent must have this attribute");
    if (ce->source.len + 1 + ce->id.len > BW_EVENT_ID_MAX)
        return bw_fault(fault, BW_EINVAL, "id", "source and id together have more than %d bytes",
                        BW_EVENT_ID_MAX - 1);
    return 0;
}

static void put_attribute(struct bw_mp_map *m, const char *key, struct bw_str s)
{
    if (s.len)
        bw_mp_put_str(m, key, s);
}

static void put_cloudevent(struct bw_buf *out, const struct cloudevent *ce, struct bw_str topic)
{
    char id[BW_EVENT_ID_MAX];
    struct bw_mp_map m;
    memcpy(id, ce->source.ptr, ce->source.len);
    id[ce->source.len] = ' ';
    memcpy(id + ce->source.len + 1, ce->id.ptr, ce->id.len);
    bw_mp_map_begin(&m, out);
    bw_mp_put_str(&m, "id", (struct bw_str){id, ce->source.len + 1 + ce->id.len});
    bw_mp_put_str(&m, "event_type", ce->type);
    bw_mp_put_str(&m, "source", ce->source);
    put_attribute(&m, "topic", ce->topic.len ? ce->topic : topic_to_add(ce->type, topic));
    put_attribute(&m, "message", ce->message);
    put_attribute(&m, "timestamp", ce->time);
    msgpack_object empty = {.type = MSGPACK_OBJECT_MAP};
    msgpack_object_kv value = {.key = {.type = MSGPACK_OBJECT_STR}};
    const msgpack_object *data = ce->data ? ce->data : &empty;
    if (data->type != MSGPACK_OBJECT_MAP) {
        value.key.via.str.ptr = "value";
        value.key.via.str.size = 5;
        value.val = *data;
        empty.via.map.ptr = &value;
        empty.via.map.size = 1;
        data = &empty;
    }
    bw_mp_key(&m, "data");
    put_data(&m.pk, data, ce->subject);
    bw_mp_map_end(&m);
}

static int put_structured(struct bw_buf *out, const msgpack_object *item, struct bw_str topic,
                          struct bw_fault *fault)
{
    struct bw_fault wrong = {0};
    struct cloudevent ce = {.data = bw_mp_get(item, "data")};
    const struct {
        const char *name;
        struct bw_str *to;
    } attributes[] = {{"specversion", &ce.specversion},
                      {"id", &ce.id},
                      {"source", &ce.source},
                      {"type", &ce.type},
                      {"subject", &ce.subject},
                      {"time", &ce.time},
                      {"topic", &ce.topic},
                      {"message", &ce.message}};
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        bw_mp_get_str(item, attributes[i].name, SIZE_MAX, attributes[i].to, &wrong);
    if (wrong.err)
        return bw_fault(fault, wrong.err, wrong.field, "%s", wrong.message);
    if (bw_mp_is_nil(ce.data))
        ce.data = bw_mp_get(item, "data_base64");
    if (bw_mp_is_nil(ce.data))
        ce.data = NULL;
    int err = check(&ce, fault);
    if (!err)
        put_cloudevent(out, &ce, topic);
    return err;
}

/* An attribute from its header, which the binding percent-encodes; decoded into *at. */
static int take_header(const struct bw_http_request *request, const char *name, char **at,
                       struct bw_str *out, struct bw_fault *fault)
{
    struct bw_str value = bw_http_header(request, name);
    if (value.len == 0)
        return 0;
    memcpy(*at, value.ptr, value.len);
    *out = (struct bw_str){*at, value.len};
    *at += value.len;
    if (bw_percent_decode((*at) - value.len, &out->len, false) != 0)
        return bw_fault(fault, BW_EINVAL, name, "not percent-encoded UTF-8");
    return 0;
}

static int put_binary(struct bw_buf *out, const struct bw_http_request *request,
                      const msgpack_object *item, struct bw_str topic, struct bw_fault *fault)
{
    struct cloudevent ce = {.data = item};
    const struct {
        const char *name;
        struct bw_str *to;
    } attributes[] = {{"ce-specversion", &ce.specversion},
                      {"ce-id", &ce.id},
                      {"ce-source", &ce.source},
                      {"ce-type", &ce.type},
                      {"ce-subject", &ce.subject},
                      {"ce-time", &ce.time},
                      {"ce-topic", &ce.topic},
                      {"ce-message", &ce.message}};
    const size_t n = sizeof attributes / sizeof *attributes;
    size_t total = 1;
    int err = 0;
    for (size_t i = 0; i < n; i++)
        total += bw_http_header(request, attributes[i].name).len;
    char *memory = malloc(total), *at = memory;
    if (!memory)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    for (size_t i = 0; i < n && !err; i++)
        err = take_header(request, attributes[i].name, &at, attributes[i].to, fault);
    if (!err)
        err = check(&ce, fault);
    if (!err)
        put_cloudevent(out, &ce, topic);
    free(memory);
    return err;
}

int bw_event_body_put(struct bw_buf *out, enum bw_event_form form,
                      const struct bw_http_request *request, const msgpack_object *item,
                      struct bw_str topic, struct bw_fault *fault)
{
    if (form == BW_FORM_BINARY)
        return put_binary(out, request, item, topic, fault);
    if (item->type != MSGPACK_OBJECT_MAP)
        return bw_fault(fault, BW_EINVAL, "", "an event must be an object");
    if (form == BW_FORM_CLOUDEVENT)
        return put_structured(out, item, topic, fault);
    put_plain(out, item, topic);
    return 0;
}

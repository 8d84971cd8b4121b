/* What a command to many tasks asks for. */
#include "web/rest/bulk_request.h"

#include <stdio.h>

#include "web/rest/commands.h"
#include "wire/mp.h"

/* One request being read: the first fault stays. */
struct reading {
    msgpack_zone *zone;
    struct bw_fault *fault;
};

static void refuse(struct reading *r, int err, const char *field, const char *why)
{
    if (r->fault->err == 0)
        bw_fault(r->fault, err, field, "%s", why);
}

static void check_members(struct reading *r, const msgpack_object *map, const char *prefix,
                          const char *known)
{
    if (r->fault->err == 0)
        r->fault->err = bw_body_check_members(map, prefix, known, r->fault);
}

static void take_action(struct reading *r, struct bw_bulk_request *out)
{
    const msgpack_object *o = bw_mp_get(&out->body.root, "action");
    if (!bw_mp_is_nil(o) && o->type == MSGPACK_OBJECT_STR)
        out->action_name = bw_mp_as_str(o);
    out->deletes = bw_str_is(out->action_name, "delete");
    if (!out->deletes && !bw_action_parse(out->action_name, &out->action))
        refuse(r, BW_EINVAL, "action",
               "must be start, pause, resume, stop, cancel, retry or delete");
}

/* Strings, or whole numbers where `numbers` is true. */
static struct bw_str_set take_values(struct reading *r, const msgpack_object *o, const char *field,
                                     bool numbers)
{
    bool is_array = o->type == MSGPACK_OBJECT_ARRAY;
    const msgpack_object *items = is_array ? o->via.array.ptr : o;
    size_t n = is_array ? o->via.array.size : 1;
    if (n == 0 || n > BW_FILTER_VALUES_MAX) {
        refuse(r, BW_EINVAL, field, "must be 1 to 1000 values");
        return (struct bw_str_set){0};
    }
    struct bw_str *v = msgpack_zone_malloc(r->zone, n * sizeof *v);
    for (size_t i = 0; v && i < n; i++) {
        char *text = numbers ? msgpack_zone_malloc(r->zone, BW_BODY_ID_TEXT) : NULL;
        v[i] = (struct bw_str){0};
        if (text)
            v[i] = bw_body_id(&items[i], text);
        else if (items[i].type == MSGPACK_OBJECT_STR)
            v[i] = bw_mp_as_str(&items[i]);
        if (v[i].len == 0)
            refuse(r, BW_EINVAL, field, "must be strings that are not empty");
    }
    if (!v)
        refuse(r, BW_ENOMEM, field, "out of memory");
    return (struct bw_str_set){v, n};
}

static struct bw_str_set take_set(struct reading *r, const msgpack_object *filter, const char *key)
{
    char field[32];
    const msgpack_object *o = bw_mp_get(filter, key);
    snprintf(field, sizeof field, "filter.%s", key);
    if (bw_mp_is_nil(o))
        return (struct bw_str_set){0};
    return take_values(r, o, field, false);
}

static struct bw_str take_text(struct reading *r, const msgpack_object *map, const char *key,
                               const char *field, size_t max)
{
    const msgpack_object *o = bw_mp_get(map, key);
    if (bw_mp_is_nil(o))
        return (struct bw_str){0};
    if (o->type == MSGPACK_OBJECT_STR && o->via.str.size <= max)
        return bw_mp_as_str(o);
    refuse(r, BW_EINVAL, field, "must be a string, and is too long or none");
    return (struct bw_str){0};
}

static void take_filter(struct reading *r, const msgpack_object *filter, struct bw_task_query *out)
{
    if (filter->type != MSGPACK_OBJECT_MAP) {
        refuse(r, BW_EINVAL, "filter", "must be an object; {} is every task");
        return;
    }
    check_members(r, filter, "filter.", "id type owner resource queue status q");
    *out = (struct bw_task_query){
        .id = take_set(r, filter, "id"),
        .type = take_set(r, filter, "type"),
        .owner = take_set(r, filter, "owner"),
        .resource = take_set(r, filter, "resource"),
        .queue = take_set(r, filter, "queue"),
        .status = take_set(r, filter, "status"),
        .q = take_text(r, filter, "q", "filter.q", 256),
    };
}

int bw_bulk_request_read(const struct bw_http_request *request, struct bw_bulk_request *out,
                         struct bw_fault *fault)
{
    *out = (struct bw_bulk_request){.deletes = false};
    int err = bw_body_decode(request, &out->body, fault);
    if (err)
        return err;
    const msgpack_object *root = &out->body.root;
    struct reading r = {&out->body.zone, fault};
    if (root->type != MSGPACK_OBJECT_MAP)
        return bw_fault(fault, BW_EINVAL, "", "the body must be an object");
    check_members(&r, root, "", "action ids filter reason page");
    take_action(&r, out);
    const msgpack_object *ids = bw_mp_get(root, "ids"), *filter = bw_mp_get(root, "filter");
    if (bw_mp_is_nil(ids) == bw_mp_is_nil(filter))
        refuse(&r, BW_EINVAL, "ids", "give either ids or a filter");
    else if (!bw_mp_is_nil(ids) && !bw_mp_is_nil(bw_mp_get(root, "page")))
        refuse(&r, BW_EINVAL, "page", "goes with a filter; ids are all taken at once");
    else if (!bw_mp_is_nil(ids))
        out->ids = take_values(&r, ids, "ids", true);
    else
        take_filter(&r, filter, &out->filter);
    out->filter.page = take_text(&r, root, "page", "page", BW_BULK_PAGE_MAX);
    return fault->err ? fault->err : bw_rest_take_reason(root, &out->reason, fault);
}

void bw_bulk_request_free(struct bw_bulk_request *request)
{
    bw_body_free(&request->body);
}

/* Filters: reading them from a message, and matching by hash. */
#include "web/stream/filter.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"
#include "wire/mp.h"

static const struct {
    const char *name;
    size_t max_len;
} members[BW_N_KEYS] = {
    [BW_KEY_TASK] = {"task_id", BW_TASK_ID_MAX},
    [BW_KEY_OWNER] = {"owner", BW_TASK_ID_MAX},
    [BW_KEY_RESOURCE] = {"resource", BW_TASK_ID_MAX},
    [BW_KEY_TYPE] = {"event_types", BW_EVENT_TYPE_MAX},
};

struct bw_filter {
    atomic_uint refs;
    struct list {
        size_t n; /* 0: not asked for */
        struct bw_str *values;
        uint64_t *hashes; /* sorted; not in the order of the values */
    } lists[BW_N_KEYS];
};

uint64_t bw_filter_hash(struct bw_str value)
{
    if (value.len == 0)
        return 0;
    uint64_t hash = bw_hash(value);
    return hash ? hash : 1;
}

/* --- Making -------------------------------------------------------------------------- */

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int take_value(struct list *list, const msgpack_object *o, enum bw_key key,
                      struct bw_fault *fault)
{
    const char *name = members[key].name;
    if (o->type != MSGPACK_OBJECT_STR || o->via.str.size == 0 ||
        o->via.str.size > members[key].max_len)
        return bw_fault(fault, BW_EINVAL, "filter", "%s: expected strings of 1 to %zu bytes", name,
                        members[key].max_len);
    char *copy = malloc(o->via.str.size);
    if (!copy)
        return bw_fault(fault, BW_ENOMEM, "filter", "out of memory");
    memcpy(copy, o->via.str.ptr, o->via.str.size);
    list->values[list->n] = (struct bw_str){copy, o->via.str.size};
    list->hashes[list->n] = bw_filter_hash(list->values[list->n]);
    list->n++;
    return 0; /* cppcheck-suppress memleak ; the list owns the copy */
}

static int take_list(struct list *list, const msgpack_object *o, enum bw_key key, size_t room,
                     struct bw_fault *fault)
{
    const msgpack_object *values = o;
    size_t n = 1;
    if (o->type == MSGPACK_OBJECT_ARRAY) {
        values = o->via.array.ptr;
        n = o->via.array.size;
    }
    if (n == 0)
        return bw_fault(fault, BW_EINVAL, "filter", "%s: an empty list would match nothing",
                        members[key].name);
    if (n > room)
        return bw_fault(fault, BW_ETOOBIG, "filter", "more than %d values", BW_FILTER_VALUES_MAX);
    list->values = calloc(n, sizeof *list->values);
    list->hashes = calloc(n, sizeof *list->hashes);
    int err =
        list->values && list->hashes ? 0 : bw_fault(fault, BW_ENOMEM, "filter", "out of memory");
    for (size_t i = 0; i < n && err == 0; i++)
        err = take_value(list, &values[i], key, fault);
    if (err == 0)
        qsort(list->hashes, list->n, sizeof *list->hashes, compare_hashes);
    return err;
}

int bw_filter_create(struct bw_filter **out, const msgpack_object *map, struct bw_fault *fault)
{
    *out = NULL;
    if (map->type != MSGPACK_OBJECT_MAP)
        return bw_fault(fault, BW_EINVAL, "filter", "expected an object");
    struct bw_filter *filter = calloc(1, sizeof *filter);
    if (!filter)
        return bw_fault(fault, BW_ENOMEM, "filter", "out of memory");
    atomic_init(&filter->refs, 1);
    size_t room = BW_FILTER_VALUES_MAX;
    bool any = false;
    int err = 0;
    for (int key = 0; key < BW_N_KEYS && err == 0; key++) {
        const msgpack_object *o = bw_mp_get(map, members[key].name);
        if (!o || o->type == MSGPACK_OBJECT_NIL)
            continue;
        any = true;
        err = take_list(&filter->lists[key], o, (enum bw_key)key, room, fault);
        room -= filter->lists[key].n;
    }
    if (err == 0 && any)
        *out = filter;
    else
        bw_filter_unref(&filter);
    return err;
}

struct bw_filter *bw_filter_ref(struct bw_filter *filter)
{
    if (filter)
        atomic_fetch_add_explicit(&filter->refs, 1, memory_order_relaxed);
    return filter;
}

void bw_filter_unref(struct bw_filter **filter)
{
    struct bw_filter *mine = *filter;
    *filter = NULL;
    if (!mine || atomic_fetch_sub_explicit(&mine->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (int key = 0; key < BW_N_KEYS; key++) {
        struct list *list = &mine->lists[key];
        for (size_t i = 0; i < list->n; i++)
            free((char *)list->values[i].ptr);
        free(list->values);
        free(list->hashes);
    }
    free(mine);
}

static struct bw_str member(const msgpack_object *data, const char *key)
{
    struct bw_str value = {0};
    struct bw_fault ignored = {0};
    if (data)
        bw_mp_get_str(data, key, SIZE_MAX, &value, &ignored);
    return value;
}

void bw_filter_keys(const struct bw_event *event, uint64_t key[BW_N_KEYS])
{
    key[BW_KEY_TASK] = bw_filter_hash(event->task_id);
    key[BW_KEY_OWNER] = bw_filter_hash(member(event->data, "owner"));
    key[BW_KEY_RESOURCE] = bw_filter_hash(member(event->data, "resource"));
    key[BW_KEY_TYPE] = bw_filter_hash(event->event_type);
}

/* --- Asking -------------------------------------------------------------------------- */

static bool has(const struct list *list, uint64_t hash)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->hashes[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->n && list->hashes[low] == hash;
}

bool bw_filter_match(const struct bw_filter *filter, const uint64_t key[BW_N_KEYS])
{
    for (int k = 0; k < BW_N_KEYS; k++)
        if (filter->lists[k].n > 0 && !has(&filter->lists[k], key[k]))
            return false;
    return true;
}

struct bw_str_set bw_filter_values(const struct bw_filter *filter, enum bw_key key)
{
    if (!filter)
        return (struct bw_str_set){0};
    return (struct bw_str_set){filter->lists[key].values, filter->lists[key].n};
}

struct bw_hashes bw_filter_narrowest(const struct bw_filter *filter, enum bw_key *key)
{
    int k = 0;
    while (k < BW_N_KEYS - 1 && filter->lists[k].n == 0)
        k++;
    *key = (enum bw_key)k;
    return (struct bw_hashes){filter->lists[k].hashes, filter->lists[k].n};
}

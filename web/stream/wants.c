/* The index of what is wanted: buckets of values, each with those who want it. */
#include "web/stream/wants.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 16 };

/* A value that somebody wants. */
struct bw_wanted {
    struct bw_wanted *next; /* of the bucket */
    uint64_t mark;
    struct bw_want *first;
};

/* A name may be a task's and an owner's: these are two values. The hash is a good one already. */
static uint64_t mark_of(enum bw_key key, uint64_t hash)
{
    return hash + (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15);
}

static struct bw_wanted **bucket_of(const struct bw_wants_index *index, uint64_t mark)
{
    return &index->buckets[mark & (index->n_buckets - 1)];
}

static struct bw_wanted *find(const struct bw_wants_index *index, uint64_t mark)
{
    if (index->n_buckets == 0)
        return NULL;
    struct bw_wanted *value = *bucket_of(index, mark);
    while (value && value->mark != mark)
        value = value->next;
    return value;
}

/* --- Values -------------------------------------------------------------------------- */

/* Room for one value more, as many buckets as values. */
static bool reserve(struct bw_wants_index *index)
{
    if (index->n_values < index->n_buckets)
        return true;
    struct bw_wants_index grown = {.n_buckets =
                                       index->n_buckets ? index->n_buckets * 2 : FIRST_BUCKETS};
    grown.buckets = calloc(grown.n_buckets, sizeof(struct bw_wanted *));
    if (!grown.buckets)
        return false;
    for (size_t i = 0; i < index->n_buckets; i++) {
        for (struct bw_wanted *value = index->buckets[i], *next; value; value = next) {
            struct bw_wanted **bucket = bucket_of(&grown, value->mark);
            next = value->next;
            value->next = *bucket;
            *bucket = value;
        }
    }
    free(index->buckets);
    index->buckets = grown.buckets;
    index->n_buckets = grown.n_buckets;
    return true;
}

static struct bw_wanted *find_or_add(struct bw_wants_index *index, uint64_t mark)
{
    struct bw_wanted *value = find(index, mark);
    if (value || !reserve(index))
        return value;
    value = calloc(1, sizeof *value);
    if (!value)
        return NULL;
    struct bw_wanted **bucket = bucket_of(index, mark);
    value->mark = mark;
    value->next = *bucket;
    *bucket = value;
    index->n_values++;
    return value;
}

static void remove_value(struct bw_wants_index *index, struct bw_wanted *value)
{
    struct bw_wanted **at = bucket_of(index, value->mark);
    while (*at != value)
        at = &(*at)->next;
    *at = value->next;
    index->n_values--;
    free(value);
}

void bw_wants_index_free(struct bw_wants_index *index)
{
    free(index->buckets);
    *index = (struct bw_wants_index){0};
}

/* --- Who wants them ------------------------------------------------------------------ */

bool bw_wants_add(struct bw_wants_index *index, const struct bw_filter *filter, struct bw_sub *sub,
                  struct bw_wants *out)
{
    enum bw_key key;
    struct bw_hashes asked = bw_filter_narrowest(filter, &key);
    *out = (struct bw_wants){.list = calloc(asked.n, sizeof *out->list)};
    if (!out->list)
        return false;
    for (size_t i = 0; i < asked.n; i++) {
        if (i > 0 && asked.v[i] == asked.v[i - 1])
            continue; /* it was asked for twice */
        struct bw_wanted *value = find_or_add(index, mark_of(key, asked.v[i]));
        if (!value) {
            bw_wants_remove(index, out);
            return false;
        }
        struct bw_want *want = &out->list[out->n++];
        *want = (struct bw_want){value->first, &value->first, value, sub};
        if (want->next)
            want->next->at = &want->next;
        value->first = want;
    }
    return true;
}

void bw_wants_remove(struct bw_wants_index *index, struct bw_wants *wants)
{
    for (size_t i = 0; i < wants->n; i++) {
        const struct bw_want *want = &wants->list[i];
        *want->at = want->next;
        if (want->next)
            want->next->at = want->at;
        if (!want->value->first)
            remove_value(index, want->value);
    }
    free(wants->list);
    *wants = (struct bw_wants){0};
}

const struct bw_want *bw_wants_of(const struct bw_wants_index *index, enum bw_key key,
                                  uint64_t hash)
{
    const struct bw_wanted *value = hash ? find(index, mark_of(key, hash)) : NULL;
    return value ? value->first : NULL;
}

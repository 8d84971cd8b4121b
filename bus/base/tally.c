/* An open hash table from key to count: linear probing, at most half full, and what follows a place
 * that became free moves up, so that no search passes a hole. */
#include "base/tally.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

enum { CAP_MIN = 64 };

struct entry {
    uint64_t key; /* 0: free */
    unsigned count;
};

struct bw_tally {
    pthread_mutex_t lock;
    struct entry *entries;
    size_t n, cap; /* cap is a power of two */
};

int bw_tally_create(struct bw_tally **out)
{
    struct bw_tally *tally = *out = calloc(1, sizeof *tally);
    if (!tally)
        return BW_ENOMEM;
    tally->entries = calloc(CAP_MIN, sizeof *tally->entries);
    if (!tally->entries) {
        free(tally);
        *out = NULL;
        return BW_ENOMEM;
    }
    tally->cap = CAP_MIN;
    pthread_mutex_init(&tally->lock, NULL);
    return 0;
}

void bw_tally_destroy(struct bw_tally **tally)
{
    if (!*tally)
        return;
    pthread_mutex_destroy(&(*tally)->lock);
    free((*tally)->entries);
    free(*tally);
    *tally = NULL;
}

static size_t home_of(uint64_t key, size_t cap)
{
    return (key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & (cap - 1);
}

/* Where the key is, or the free place where it would be. */
static struct entry *find(struct entry *entries, size_t cap, uint64_t key)
{
    size_t at = home_of(key, cap);
    while (entries[at].key && entries[at].key != key)
        at = (at + 1) & (cap - 1);
    return &entries[at];
}

static bool grow(struct bw_tally *tally)
{
    size_t cap = tally->cap * 2;
    struct entry *entries = calloc(cap, sizeof *entries);
    if (!entries)
        return false;
    for (size_t i = 0; i < tally->cap; i++)
        if (tally->entries[i].key)
            *find(entries, cap, tally->entries[i].key) = tally->entries[i];
    free(tally->entries);
    tally->entries = entries;
    tally->cap = cap;
    return true;
}

int bw_tally_add(struct bw_tally *tally, uint64_t key, unsigned max)
{
    int err = 0;
    pthread_mutex_lock(&tally->lock);
    struct entry *entry = find(tally->entries, tally->cap, key);
    if (entry->count >= max) {
        err = BW_ETOOMANY;
    } else if (entry->key) {
        entry->count++;
    } else if (2 * (tally->n + 1) <= tally->cap || grow(tally)) {
        *find(tally->entries, tally->cap, key) = (struct entry){key, 1};
        tally->n++;
    } else {
        err = BW_ENOMEM;
    }
    pthread_mutex_unlock(&tally->lock);
    return err;
}

/* Frees a place, and moves up what would not be found behind it. */
static void vacate(struct bw_tally *tally, size_t hole)
{
    size_t mask = tally->cap - 1;
    struct entry *entries = tally->entries;
    for (size_t at = (hole + 1) & mask; entries[at].key; at = (at + 1) & mask) {
        size_t home = home_of(entries[at].key, tally->cap);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            entries[hole] = entries[at];
            hole = at;
        }
    }
    entries[hole] = (struct entry){0};
    tally->n--;
}

void bw_tally_remove(struct bw_tally *tally, uint64_t key)
{
    pthread_mutex_lock(&tally->lock);
    struct entry *entry = find(tally->entries, tally->cap, key);
    if (entry->count > 0 && --entry->count == 0)
        vacate(tally, (size_t)(entry - tally->entries));
    pthread_mutex_unlock(&tally->lock);
}

unsigned bw_tally_count(struct bw_tally *tally, uint64_t key)
{
    pthread_mutex_lock(&tally->lock);
    unsigned count = find(tally->entries, tally->cap, key)->count;
    pthread_mutex_unlock(&tally->lock);
    return count;
}

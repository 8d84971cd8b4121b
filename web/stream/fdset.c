/* The bitmap of descriptors. */
#include "web/stream/fdset.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { WORD_BITS = 64, FDS_MAX = 1 << 24 };

struct bw_fdset {
    size_t n;
    _Atomic uint64_t words[];
};

int bw_fdset_create(struct bw_fdset **out)
{
    struct rlimit limit;
    size_t n = FDS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < n)
        n = limit.rlim_max;
    size_t n_words = (n + WORD_BITS - 1) / WORD_BITS;
    *out = calloc(1, sizeof **out + n_words * sizeof(*out)->words[0]);
    if (!*out)
        return BW_ENOMEM;
    (*out)->n = n_words * WORD_BITS;
    return 0;
}

void bw_fdset_destroy(struct bw_fdset **set)
{
    free(*set);
    *set = NULL;
}

static bool is_inside(const struct bw_fdset *set, int fd)
{
    return fd >= 0 && (size_t)fd < set->n;
}

static uint64_t bit(int fd)
{
    return UINT64_C(1) << (fd % WORD_BITS);
}

bool bw_fdset_add(struct bw_fdset *set, int fd)
{
    if (!is_inside(set, fd))
        return false;
    atomic_fetch_or(&set->words[fd / WORD_BITS], bit(fd));
    return true;
}

void bw_fdset_remove(struct bw_fdset *set, int fd)
{
    if (is_inside(set, fd))
        atomic_fetch_and(&set->words[fd / WORD_BITS], ~bit(fd));
}

bool bw_fdset_has(const struct bw_fdset *set, int fd)
{
    return is_inside(set, fd) && (atomic_load(&set->words[fd / WORD_BITS]) & bit(fd));
}

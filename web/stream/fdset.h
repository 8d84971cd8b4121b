/* A set of descriptors, one bit each, that any thread may change and ask. */
#ifndef BW_STREAM_FDSET_H
#define BW_STREAM_FDSET_H

#include <stdbool.h>

#include "base/err.h"

struct bw_fdset;

/* Room for every descriptor that this process may have. */
int bw_fdset_create(struct bw_fdset **out) BW_MUST_CHECK;
void bw_fdset_destroy(struct bw_fdset **set);

/* False if fd is beyond the set's room. */
bool bw_fdset_add(struct bw_fdset *set, int fd);
void bw_fdset_remove(struct bw_fdset *set, int fd);
bool bw_fdset_has(const struct bw_fdset *set, int fd);

#endif

/* The ring of ready frames: mapping, writing, holding, finding. The scheme is told in ring.h. */
#include "web/stream/ring.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/metrics.h"

BW_COUNTER(frames_appended, "bellwire_ring_frames_total", "Frames appended to rings.");
BW_COUNTER(bytes_appended, "bellwire_ring_bytes_total", "Bytes appended to rings.");
BW_COUNTER(writer_waits, "bellwire_ring_waits_total",
           "Times the bridge waited for a stream thread that was still sending old frames.");

enum {
    BYTES_PER_ENTRY =
        256,     /* the index has one entry per so many bytes; smaller frames fill it first */
    SLACK = 32,  /* when making room, free 1/SLACK of the ring more, so that it is rare */
    SPINS = 64,  /* looks at a hold before yielding */
    YIELDS = 16, /* yields before sleeping */
    NAP_NS = 50000,
};

/* One memfd, mapped twice back to back. */
static char *map_mirrored(size_t size)
{
    char *base = NULL;
    int fd = memfd_create("bellwire-ring", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        goto out;
    char *room = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED)
        goto out;
    int prot = PROT_READ | PROT_WRITE;
    if (mmap(room, size, prot, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
        mmap(room + size, size, prot, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
        munmap(room, 2 * size);
        goto out;
    }
    base = room;
out:
    if (fd >= 0)
        close(fd); /* the mappings keep the memory */
    return base;
}

static size_t index_bytes(const struct bw_frames *f)
{
    return (f->index_mask + 1) * sizeof *f->index;
}

static struct bw_entry *map_index(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static size_t power_of_two_from(size_t n)
{
    size_t p = (size_t)sysconf(_SC_PAGESIZE);
    while (p < n)
        p *= 2;
    return p;
}

int bw_ring_create(struct bw_ring **out, size_t bytes, unsigned n_readers, uint64_t base)
{
    *out = NULL;
    if (bytes > SIZE_MAX / 4)
        return BW_ENOMEM;
    struct bw_ring *ring = aligned_alloc(BW_CACHE_LINE, sizeof *ring);
    if (!ring)
        return BW_ENOMEM;
    memset(ring, 0, sizeof *ring);
    struct bw_frames *f = &ring->frames;
    size_t size = power_of_two_from(bytes);
    f->byte_mask = size - 1;
    f->index_mask = size / BYTES_PER_ENTRY - 1;
    f->bytes = map_mirrored(size);
    f->index = map_index(index_bytes(f));
    ring->n_readers = n_readers;
    ring->holds = aligned_alloc(BW_CACHE_LINE, (n_readers + 1) * sizeof *ring->holds);
    if (!f->index || !f->bytes || !ring->holds) {
        bw_ring_destroy(&ring);
        return BW_ENOMEM;
    }
    for (unsigned r = 0; r < n_readers; r++)
        atomic_init(&ring->holds[r].number, BW_RING_NO_HOLD);
    f->index[0].prev = base;
    *out = ring;
    return 0;
}

void bw_ring_destroy(struct bw_ring **ring)
{
    struct bw_ring *mine = *ring;
    *ring = NULL;
    if (!mine)
        return;
    struct bw_frames *f = &mine->frames;
    if (f->bytes)
        munmap(f->bytes, 2 * (f->byte_mask + 1));
    if (f->index)
        munmap(f->index, index_bytes(f));
    free(mine->holds);
    free(mine);
}

static void wait_for_reader(const struct bw_ring *ring, unsigned reader, uint64_t tail)
{
    for (unsigned looks = 0; atomic_load(&ring->holds[reader].number) < tail; looks++) {
        if (looks == SPINS)
            bw_metric_add(&writer_waits, 1);
        if (looks > SPINS + YIELDS)
            nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
        else if (looks > SPINS)
            sched_yield();
    }
}

/* After this nobody reads anything below `tail`. */
static void move_tail(struct bw_ring *ring, uint64_t tail)
{
    atomic_store(&ring->tail, tail);
    for (unsigned r = 0; r < ring->n_readers; r++)
        wait_for_reader(ring, r, tail);
}

/* Room for `len` bytes and for one entry beyond the head's. */
static void make_room(struct bw_ring *ring, size_t len)
{
    const struct bw_frames *f = &ring->frames;
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t size = f->byte_mask + 1, n_index = f->index_mask + 1;
    if (bw_frames_len(f, tail, head) + len <= size && head + 2 - tail <= n_index)
        return;
    size -= size / SLACK;
    n_index -= n_index / SLACK;
    while (tail < head && (bw_frames_len(f, tail, head) + len > size || head + 2 - tail > n_index))
        tail++;
    move_tail(ring, tail);
}

void bw_ring_append(struct bw_ring *ring, uint64_t seq, const uint64_t key[BW_N_KEYS],
                    struct bw_str frame)
{
    const struct bw_frames *f = &ring->frames;
    if (frame.len > f->byte_mask / 2) {
        bw_ring_cut(ring, seq);
        return;
    }
    make_room(ring, frame.len);
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    struct bw_entry *entry = bw_frames_entry(f, head), *next = bw_frames_entry(f, head + 1);
    memcpy(bw_frames_at(f, entry->start), frame.ptr, frame.len);
    entry->seq = seq;
    memcpy(entry->key, key, sizeof entry->key);
    next->start = entry->start + frame.len;
    next->prev = seq;
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    bw_metric_add(&frames_appended, 1);
    bw_metric_add(&bytes_appended, (int64_t)frame.len);
}

uint64_t bw_ring_last(const struct bw_ring *ring)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    return bw_frames_entry(&ring->frames, head)->prev;
}

/* One number is skipped, so that a reader waiting at the head finds itself behind as well. The tail
 * passes the head for a moment: nobody can take the skipped number for a frame. */
void bw_ring_cut(struct bw_ring *ring, uint64_t base)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    move_tail(ring, head);
    struct bw_entry *next = bw_frames_entry(&ring->frames, head + 1);
    next->start = bw_frames_entry(&ring->frames, head)->start;
    next->prev = base;
    move_tail(ring, head + 1);
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

bool bw_ring_hold(struct bw_ring *ring, unsigned reader, uint64_t number)
{
    atomic_store(&ring->holds[reader].number, number);
    if (atomic_load(&ring->tail) <= number)
        return true;
    bw_ring_release(ring, reader);
    return false;
}

void bw_ring_release(struct bw_ring *ring, unsigned reader)
{
    atomic_store_explicit(&ring->holds[reader].number, BW_RING_NO_HOLD, memory_order_release);
}

bool bw_ring_join(struct bw_ring *ring, unsigned reader, uint64_t seq, uint64_t *number)
{
    uint64_t tail;
    do
        tail = atomic_load(&ring->tail);
    while (!bw_ring_hold(ring, reader, tail));
    if (bw_frames_entry(&ring->frames, tail)->prev > seq) {
        bw_ring_release(ring, reader);
        return false;
    }
    *number = bw_frames_find_seq(&ring->frames, tail, bw_ring_head(ring), seq);
    return bw_ring_hold(ring, reader, *number);
}

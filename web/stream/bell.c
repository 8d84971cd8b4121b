/* Bells, made of an eventfd and a flag. */
#include "web/stream/bell.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int bw_bell_open(struct bw_bell *bell)
{
    atomic_init(&bell->rung, false);
    bell->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return bell->fd >= 0 ? 0 : BW_EIO;
}

void bw_bell_close(struct bw_bell *bell)
{
    if (bell->fd >= 0)
        close(bell->fd);
    bell->fd = -1;
}

void bw_bell_ring(struct bw_bell *bell)
{
    const uint64_t one = 1;
    if (!atomic_exchange(&bell->rung, true) && write(bell->fd, &one, sizeof one) < 0)
        return; /* its counter is full: readable anyway */
}

void bw_bell_answer(struct bw_bell *bell)
{
    uint64_t count;
    if (read(bell->fd, &count, sizeof count) < 0)
        return; /* nobody rang */
    atomic_exchange(&bell->rung, false);
}

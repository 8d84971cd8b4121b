/* The door: how many connections may be inside, in all and from one address.
 *
 * Who is let in has a place, from before its handshake to its end, and gives it back. Any thread.
 */
#ifndef BW_STREAM_DOOR_H
#define BW_STREAM_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct bw_door;

int bw_door_create(struct bw_door **out, unsigned max, unsigned max_per_address) BW_MUST_CHECK;
void bw_door_destroy(struct bw_door **door);

/* Takes a place for a connection from this address (0: nobody's, counted only in all). BW_EBUSY: no
 * place is left; BW_ETOOMANY: none for this address; BW_ECLOSED: the door is. */
int bw_door_enter(struct bw_door *door, uint64_t address, struct bw_fault *fault) BW_MUST_CHECK;
void bw_door_leave(struct bw_door *door, uint64_t address);
/* Nobody is let in any more. */
void bw_door_close(struct bw_door *door);
bool bw_door_is_closed(const struct bw_door *door);
/* Places taken. */
unsigned bw_door_inside(const struct bw_door *door);

#endif

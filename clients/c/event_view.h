/* An event's bytes as callbacks see them. */
#ifndef BW_CLIENT_EVENT_VIEW_H
#define BW_CLIENT_EVENT_VIEW_H

#include "base/buf.h"
#include "base/err.h"
#include "bellwire.h"
#include "wire/scan.h"

struct bw_view {
    struct bellwire_received event;
    struct bw_buf text; /* the NUL-terminated strings of event */
};

/* Reads the event that stands next and goes on behind it, also after an error. The view borrows
 * from the bytes and from itself, until the next read. BW_EPROTO: not an event as the bus writes
 * them (if it is not msgpack, the scan has failed, too); BW_ENOMEM. */
int bw_view_read(struct bw_view *view, struct bw_scan *s, uint32_t epoch) BW_MUST_CHECK;
void bw_view_free(struct bw_view *view);

#endif

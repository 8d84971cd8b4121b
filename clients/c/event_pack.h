/* From what a program hands to bellwire_publish() to the event's bytes on the wire. */
#ifndef BW_CLIENT_EVENT_PACK_H
#define BW_CLIENT_EVENT_PACK_H

#include "base/buf.h"
#include "base/uuid.h"
#include "bellwire.h"
#include "wire/event.h"

/* An event that was checked and can be encoded. It borrows from the caller's event, and from
 * itself: it must not be copied or moved. */
struct bw_pack {
    struct bw_event event; /* without data */
    struct bw_str data;    /* a msgpack map, or empty */
    struct bw_str task_id; /* of task events, logs and commands; may be empty */
    struct bw_buf own;     /* what data points to when it is not the caller's */
    char uuid[BW_UUID_LEN + 1];
};

/* Checks everything that can be told without the bus: bounds of the strings, the topic's name,
 * data's JSON or msgpack, the whole size. Makes the id and the timestamp if there is none. A whole
 * number as a task's data.id or data.task_id becomes a string here; this is the only place that
 * does so, whichever way an event came in.
 * BW_EINVAL, BW_ETOOBIG or BW_ENOMEM, with *fault filled; nothing to free then. */
int bw_pack_begin(struct bw_pack *pack, const struct bellwire_event *event,
                  const char *default_source, struct bw_fault *fault) BW_MUST_CHECK;
void bw_pack_end(struct bw_pack *pack);

/* What has to stay in order with this: events of the same key. */
struct bw_str bw_pack_key(const struct bw_pack *pack);
/* No fewer bytes than bw_pack_encode() appends. */
size_t bw_pack_bytes_max(const struct bw_pack *pack);
/* Appends the event. */
void bw_pack_encode(const struct bw_pack *pack, struct bw_buf *out);
/* The id of an event that bw_pack_encode() appended. */
struct bw_str bw_pack_id(struct bw_str encoded);

#endif

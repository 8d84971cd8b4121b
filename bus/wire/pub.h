/* What the bus publishes to its subscribers: `topic` NUL msgpack map. nng matches subscriptions by
 * prefix, so "logs\0" subscribes to exactly one topic.
 *
 * On a topic's own name, one message per topic and commit of at most BW_PUB_BYTES_MAX:
 *     {v:1, epoch, prev, events:[event…]}
 * On `$head`, every second, which shows a lost last message:
 *     {v:1, epoch, head?, heads:{topic:seq…}}
 * `head` is the journal's: the heads are all there are up to it. Where they need several messages
 * it is left out. */
#ifndef BW_WIRE_PUB_H
#define BW_WIRE_PUB_H

#include <stdint.h>
#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { BW_PUB_BYTES_MAX = 1 << 20 };

struct bw_pub {
    struct bw_str topic;
    uint32_t epoch;
    uint64_t prev;                /* the topic's seq before the first of the events */
    const msgpack_object *events; /* array; NULL in a heartbeat */
    uint64_t head;                /* of a heartbeat; 0: not said */
    const msgpack_object *heads;  /* map topic → seq; NULL unless a heartbeat */
};

/* Appends everything up to the array header; n encoded events follow. */
void bw_pub_begin(struct bw_buf *out, struct bw_str topic, uint32_t epoch, uint64_t prev,
                  uint32_t n);
/* Appends everything up to the map header; n pairs (string, uint) follow. head 0: not said. */
void bw_pub_head_begin(struct bw_buf *out, uint32_t epoch, uint64_t head, uint32_t n);
/* Decodes a whole message; borrows from it and from the zone. BW_EPROTO, BW_EVERSION, BW_ENOMEM. */
int bw_pub_decode(struct bw_str message, msgpack_zone *zone, struct bw_pub *out) BW_MUST_CHECK;

#endif

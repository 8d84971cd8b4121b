/* What stands around events, in what the bus publishes and in its answers to `events` and `stats`:
 * read in place, with the events left as bytes. */
#ifndef BW_CLIENT_ENVELOPE_H
#define BW_CLIENT_ENVELOPE_H

#include "base/err.h"
#include "wire/scan.h"

struct bw_envelope {
    struct bw_str topic; /* of a published message */
    bool ok;             /* of an answer; if not, code says why */
    struct bw_str code;
    uint32_t epoch;
    uint64_t head, oldest, prev, next;
    bool more;
    struct bw_str reset;   /* "", "epoch", "retention" or "ahead" */
    struct bw_scan events; /* at the first event */
    uint32_t n_events;
    struct bw_scan heads; /* at the first topic */
    uint32_t n_heads;
};

/* A published message: a topic, a NUL byte, a map. BW_EPROTO. */
int bw_envelope_of_message(struct bw_str message, struct bw_envelope *out) BW_MUST_CHECK;
/* An answer. BW_EPROTO. */
int bw_envelope_of_answer(struct bw_str answer, struct bw_envelope *out) BW_MUST_CHECK;

/* Whether `events` stands at another event, which the caller then reads. */
bool bw_envelope_next(struct bw_envelope *envelope);
/* The next topic and its head. */
bool bw_envelope_head(struct bw_envelope *envelope, struct bw_str *topic, uint64_t *head);

#endif

/* What the server says to a watcher, in the encoding of its transport. docs/http.md lists it. */
#ifndef BW_STREAM_FRAME_H
#define BW_STREAM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/event.h"
#include "web/stream/encoding.h"

/* All of these append one whole frame; failure is the buffer's, as everywhere. */
void bw_frame_connected(struct bw_buf *out, enum bw_encoding encoding, unsigned heartbeat_s);
/* to_resume: from here on the client may resume at place. */
void bw_frame_subscribed(struct bw_buf *out, enum bw_encoding encoding, struct bw_str topic,
                         bool recovered, struct bw_place place, bool to_resume);
void bw_frame_unsubscribed(struct bw_buf *out, enum bw_encoding encoding, struct bw_str topic);
/* reason: "epoch", "retention" or "ahead". resume: from where the client may, if no snapshot
 * follows; else NULL. */
void bw_frame_reset(struct bw_buf *out, enum bw_encoding encoding, struct bw_str topic,
                    const char *reason, const struct bw_place *resume);
void bw_frame_pong(struct bw_buf *out, enum bw_encoding encoding);
/* topic and fault->field may be "". The code is bw_err_code(fault->err). */
void bw_frame_error(struct bw_buf *out, enum bw_encoding encoding, struct bw_str topic,
                    const struct bw_fault *fault);

void bw_frame_event(struct bw_buf *out, enum bw_encoding encoding, const struct bw_event *event,
                    uint32_t epoch);
/* Its JSON alone: for the bridge, which needs it in several encodings. */
void bw_frame_event_json(struct bw_buf *out, const struct bw_event *event, uint32_t epoch);

/* Appends ,"cursor":"<epoch>.<seq>" under the given name. */
void bw_frame_put_cursor(struct bw_buf *out, const char *name, struct bw_place place);

#endif

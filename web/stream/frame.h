/* What the server says to a watcher, as ready WebSocket text frames. docs/http.md lists them. */
#ifndef BW_STREAM_FRAME_H
#define BW_STREAM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "wire/event.h"

/* All of these append one whole frame; failure is the buffer's, as everywhere. */
void bw_frame_connected(struct bw_buf *out, unsigned heartbeat_s);
void bw_frame_subscribed(struct bw_buf *out, const char *topic, bool recovered, uint32_t epoch,
                         uint64_t seq);
void bw_frame_unsubscribed(struct bw_buf *out, const char *topic);
/* reason: "epoch", "retention" or "ahead" */
void bw_frame_reset(struct bw_buf *out, const char *topic, const char *reason);
void bw_frame_pong(struct bw_buf *out);
/* topic and fault->field may be "". The code is bw_err_code(fault->err). */
void bw_frame_error(struct bw_buf *out, const char *topic, const struct bw_fault *fault);

void bw_frame_event(struct bw_buf *out, const struct bw_event *event, uint32_t epoch);
/* The same without the WebSocket header: for the ring, which takes header and payload apart. */
void bw_frame_event_payload(struct bw_buf *out, const struct bw_event *event, uint32_t epoch);

/* For frames that are written piece by piece: begin, append the JSON text, end. */
size_t bw_frame_begin(struct bw_buf *out);
void bw_frame_end(struct bw_buf *out, size_t begun);
/* Appends ,"cursor":"<epoch>.<seq>" under the given name. */
void bw_frame_put_cursor(struct bw_buf *out, const char *name, uint32_t epoch, uint64_t seq);

#endif

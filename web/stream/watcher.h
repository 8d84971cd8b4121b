/* What a WebSocket connection is for: a watcher is greeted, and what it says is done. Apart from
 * conn.c, so that a test program can put something else in its place (tests/autobahn/). */
#ifndef BW_STREAM_WATCHER_H
#define BW_STREAM_WATCHER_H

#include "base/str.h"
#include "web/stream/conn.h"

/* The connection is new: says "connected". */
void bw_watcher_hello(struct bw_conn *conn);
/* A whole message. 0, or the status to close with. */
int bw_watcher_message(struct bw_conn *conn, enum bw_ws_opcode opcode, struct bw_str payload);

#endif

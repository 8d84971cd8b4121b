/* Transports: how a connection begins, what may be said on it and how, and how it ends. What is
 * common to all of them (rings, filters, catching up, replay) knows them only by this.
 *
 * All functions: the engine's thread. */
#ifndef BW_STREAM_TRANSPORT_H
#define BW_STREAM_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "web/stream/encoding.h"

struct bw_conn;
struct bw_feed;
struct bw_source;
struct bw_sub;

struct bw_transport {
    enum bw_encoding encoding; /* of its frames */

    /* --- The connection --- */
    void (*begin)(struct bw_conn *conn);
    void (*input)(struct bw_conn *conn, struct bw_str bytes);
    /* The client says no more. It may still listen, or be gone: what is sent now finds that out,
     * for who is gone resets the connection. NULL: who says no more is gone. */
    void (*half_closed)(struct bw_conn *conn);
    /* Once a second, while it is open. */
    void (*tick)(struct bw_conn *conn);
    /* The server ends it: what is to be said before. status and reason are a WebSocket's. */
    void (*goodbye)(struct bw_conn *conn, int status, const char *reason);

    /* --- Its subscriptions --- */
    /* It begins at place. recovered: nothing is missing before; else a reset follows. to_resume:
     * the client may come back with place as its cursor, even if it gets nothing more. */
    void (*subscribed)(struct bw_sub *sub, bool recovered, struct bw_place place, bool to_resume);
    /* What was known does not hold any more. False: that was all, the connection ends. */
    bool (*reset)(struct bw_sub *sub, const char *reason, struct bw_place place);
    /* Of a subscription to the feed. passing: it goes on by itself when the reason is gone. Else it
     * ends, or never began. */
    void (*fault)(struct bw_conn *conn, const struct bw_feed *feed, const struct bw_fault *fault,
                  bool passing);

    /* Takes frames of [from, to) and returns where to go on, as bw_conn_send() does. NULL: they are
     * sent as they are. */
    uint64_t (*send)(struct bw_conn *conn, const struct bw_source *source, uint64_t from,
                     uint64_t to);
};

extern const struct bw_transport bw_websocket, bw_websocket_deflate, bw_sse, bw_long_poll;

/* Of transports on which everything is said in frames. */
void bw_say_subscribed(struct bw_sub *sub, bool recovered, struct bw_place place, bool to_resume);
bool bw_say_reset(struct bw_sub *sub, const char *reason, struct bw_place place);
void bw_say_fault(struct bw_conn *conn, const struct bw_feed *feed, const struct bw_fault *fault,
                  bool passing);

#endif

/* WebSocket (RFC 6455) without sockets: bytes of a client in, messages and a verdict out.
 *
 * DESIGN. A watcher rarely speaks, so what a connection keeps between frames is 48 bytes. A header
 * is collected there until it is whole, and judged at once: a frame that announces more than is
 * allowed is refused before anything is allocated for it. Only then is an `arrival` lent from the
 * pool, which has wslay's frame reader (it unmasks and checks lengths and control frames); it goes
 * back when the frame is complete, so a pool needs one as long as frames come in one piece. A
 * compressed message (deflate.h) is inflated when it is whole, by the pool's one inflater. */
#ifndef BW_STREAM_WS_H
#define BW_STREAM_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum bw_ws_opcode {
    BW_WS_CONTINUATION = 0,
    BW_WS_TEXT = 1,
    BW_WS_BINARY = 2,
    BW_WS_CLOSE = 8,
    BW_WS_PING = 9,
    BW_WS_PONG = 10
};

enum bw_ws_status {
    BW_WS_NORMAL = 1000,
    BW_WS_GOING_AWAY = 1001,
    BW_WS_PROTOCOL_ERROR = 1002,
    BW_WS_UNSUPPORTED_DATA = 1003,
    BW_WS_NO_STATUS = 1005, /* never on the wire: a close frame without a body */
    BW_WS_INVALID_DATA = 1007,
    BW_WS_POLICY = 1008,
    BW_WS_TOO_BIG = 1009,
    BW_WS_INTERNAL_ERROR = 1011,
    BW_WS_RESTART = 1012,
};

enum { BW_WS_COMPRESSED = 0x40 }; /* in a frame's first byte: RSV1 of permessage-deflate */

enum { BW_WS_HEADER_MAX = 14, BW_WS_OUT_HEADER_MAX = 10, BW_WS_CONTROL_MAX = 125 };

struct bw_ws_arrival;
struct bw_inflater;

/* Where incoming frames are taken apart. One per thread. */
struct bw_ws_pool {
    struct bw_ws_arrival *spare;
    unsigned n_spare;
    size_t max_message_bytes; /* also of one that is inflated */
    struct bw_inflater *inflater;
};

/* What a connection remembers of its client's bytes. Zero-initialised is a fresh connection. */
struct bw_ws {
    struct bw_ws_arrival *arrival; /* while a payload is arriving */
    char *message;                 /* of the data message so far */
    uint32_t message_len, message_cap;
    uint8_t header[BW_WS_HEADER_MAX];
    uint8_t header_len;
    uint8_t opcode;      /* of the message that is arriving in fragments; 0: none */
    bool compressed;     /* that message is */
    bool closed;         /* by the client, as RFC 6455 wants it */
    uint8_t window_bits; /* set by the owner when permessage-deflate was agreed on: the client's */
    struct bw_utf8 {
        uint8_t need, low, high; /* bytes to come in this character, and bounds of the next one */
    } utf8;
};

/* Who is told. Each returns 0 to go on, or the status to close with. */
struct bw_ws_handler {
    /* A whole data message; the text of a text message is valid UTF-8. */
    int (*on_message)(void *arg, enum bw_ws_opcode opcode, struct bw_str payload);
    /* A ping or pong. */
    int (*on_control)(void *arg, enum bw_ws_opcode opcode, struct bw_str payload);
    /* A part of a message that does not end it; may be NULL. */
    int (*on_part)(void *arg);
};

/* Takes bytes as they came, however they are cut. 0: all taken, go on. Otherwise the connection
 * ends and this is the status that belongs into the close frame to the client: for a close frame of
 * its own the same status back (BW_WS_NO_STATUS: an empty close frame); else what it did wrong. */
int bw_ws_input(struct bw_ws *ws, struct bw_ws_pool *pool, struct bw_str bytes,
                const struct bw_ws_handler *handler, void *arg) BW_MUST_CHECK;
/* Frees what the connection holds. */
void bw_ws_free(struct bw_ws *ws);
void bw_ws_pool_free(struct bw_ws_pool *pool);

/* A final, unmasked frame's header; returns its length. */
size_t bw_ws_header(enum bw_ws_opcode opcode, size_t payload_len,
                    uint8_t out[BW_WS_OUT_HEADER_MAX]);
/* Appends a whole frame. */
void bw_ws_put_frame(struct bw_buf *out, enum bw_ws_opcode opcode, struct bw_str payload);
/* Appends a close frame; reason is cut to what fits. */
void bw_ws_put_close(struct bw_buf *out, int status, const char *reason);
/* "too big" and the like: why we close with this status. */
const char *bw_ws_reason(int status);

/* False as soon as the bytes so far cannot begin any valid text. At the end, need must be 0. */
bool bw_utf8_feed(struct bw_utf8 *state, struct bw_str bytes);

#endif

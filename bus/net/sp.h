/* What nng's REQ sockets say on a byte stream, and what they want to hear: the greeting, and
 * messages, each with the route by which its answer finds back. Pure: no I/O. */
#ifndef BW_NET_SP_H
#define BW_NET_SP_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* How a message begins. */
enum bw_sp_framing {
    BW_SP_TCP, /* tcp://, tls+tcp://: its length, 8 bytes */
    BW_SP_IPC, /* ipc://: the byte 1, its length */
};

enum {
    BW_SP_GREETING_BYTES = 8, /* each side says it once, before anything else */
    BW_SP_ROUTE_BYTES_MAX = 32,
};

/* A message. Everything is borrowed from what was read. */
struct bw_sp_message {
    size_t bytes;        /* all of it, with what stands before it */
    struct bw_str route; /* goes back with the answer, unchanged; empty: not to be answered */
    struct bw_str body;
};

/* What a REP socket says. */
struct bw_str bw_sp_greeting(void);
/* 0, or BW_EPROTO: `said` (BW_SP_GREETING_BYTES) is not what a REQ socket says. */
int bw_sp_greeting_check(const char *said) BW_MUST_CHECK;

/* Reads the message that `in` begins with. 1: it is *out. 0: there must be out->bytes bytes before
 * more can be told. BW_EPROTO, or BW_ETOOBIG for more than bytes_max of route and body: what
 * follows makes no sense any more. */
int bw_sp_read(enum bw_sp_framing framing, struct bw_str in, size_t bytes_max,
               struct bw_sp_message *out) BW_MUST_CHECK;

/* The same of a message of which a part has come, at least bw_sp_read()'s first wish and a route:
 * body is what there is of it. */
int bw_sp_read_part(enum bw_sp_framing framing, struct bw_str in,
                    struct bw_sp_message *out) BW_MUST_CHECK;

/* Begins a message; then append its body, then end it. Returns what the end wants to know. */
size_t bw_sp_begin(struct bw_buf *out, enum bw_sp_framing framing, struct bw_str route);
void bw_sp_end(struct bw_buf *out, enum bw_sp_framing framing, size_t began);

#endif

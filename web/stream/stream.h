/* The stream engine: every watcher's connection after the opening handshake.
 *
 * DESIGN. The bridge thread gets events from the bus and renders each once, as a ready frame, into
 * the ring of its topic. A stream thread owns an epoll set and its connections; a connection is a
 * place in a ring, and sending is send() from that place to the ring's head. No queue per client.
 * Who is behind the ring's tail is fed with pages that the replay thread fetches from the bus. */
#ifndef BW_STREAM_STREAM_H
#define BW_STREAM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "bellwire.h"

struct bw_stream;
struct bw_watch;

struct bw_stream_options {
    unsigned threads;           /* stream threads; 0: one per core */
    size_t ring_bytes;          /* of each topic's ring, rounded up to a power of two; 0: 16 MiB */
    unsigned max_topics;        /* rings that may exist; 0: 256 */
    unsigned max_connections;   /* 0: 100 000 */
    unsigned max_per_address;   /* connections from one address; 0: 256 */
    unsigned max_subscriptions; /* topics per connection; 0: 32 */
    size_t max_message_bytes;   /* of one message from a client; 0: 64 KiB */
    size_t reply_bytes_max;     /* replies waiting for a client that reads nothing; 0: 64 KiB */
    unsigned messages_per_s;    /* from a client, on average; ten times as many at once; 0: 50 */
    unsigned heartbeat_s;       /* ping a silent client after this; 0: 25 */
    unsigned ping_timeout_s;    /* close it when it does not answer for so long; 0: 20 */
    unsigned idle_s;            /* close a client that has no subscription for so long; 0: 300 */
};

/* Starts the threads. Borrows the handle, which must outlive the stream. */
int bw_stream_start(const struct bw_stream_options *options, struct bellwire *bus,
                    struct bw_stream **out) BW_MUST_CHECK;
/* Closes every connection with 1001 and joins all threads. Sets *stream to NULL. */
void bw_stream_stop(struct bw_stream **stream);

/* Takes a place for a connection that is about to come, before its handshake. `address` is whose it
 * is, as a number; 0: not counted by address. BW_EBUSY: max_connections; BW_ETOOMANY:
 * max_per_address; BW_ECLOSED: the stream is stopping. Any thread. */
int bw_stream_enter(struct bw_stream *stream, uint64_t address,
                    struct bw_fault *fault) BW_MUST_CHECK;
/* Gives a place back that no connection came to take. Any thread. */
void bw_stream_leave(struct bw_stream *stream, uint64_t address);

/* A connection that has a place and whose WebSocket handshake is done. window_bits: the client's,
 * if permessage-deflate without context takeover was agreed on; else 0. Any thread. 0: the stream
 * owns fd and the place now, and the client gets "connected". Else the caller still has both. */
int bw_stream_adopt_websocket(struct bw_stream *stream, int fd, uint64_t address,
                              unsigned window_bits) BW_MUST_CHECK;

/* The same for an HTTP request whose answer, head included, is the stream's to write. On success it
 * also owns the watch. */
int bw_stream_adopt_watch(struct bw_stream *stream, int fd, uint64_t address,
                          struct bw_watch *watch) BW_MUST_CHECK;

/* Lets nobody in any more. Any thread. */
void bw_stream_close_door(struct bw_stream *stream);
/* The door being closed: gives everybody what the journal had up to `head`, and sends them away
 * with 1012 and a hint when to come back. Returns when all are gone, or after timeout_ms. */
void bw_stream_drain(struct bw_stream *stream, uint64_t head, uint32_t timeout_ms);
bool bw_stream_is_draining(const struct bw_stream *stream);

/* Whether the bridge has heard from the bus lately. Any thread. */
bool bw_stream_is_live(const struct bw_stream *stream);
unsigned bw_stream_connections(const struct bw_stream *stream);
/* How many subscriptions there are to a topic. Any thread. */
unsigned bw_stream_subscriptions(const struct bw_stream *stream, struct bw_str topic);

/* Whether the streams own this descriptor: the hand-off looks only at the others. Any thread. */
bool bw_stream_owns_fd(const struct bw_stream *stream, int fd);

#endif

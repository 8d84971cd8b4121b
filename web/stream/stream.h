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
#include "bellwire.h"

struct bw_stream;

struct bw_stream_options {
    unsigned threads;           /* stream threads; 0: one per core */
    size_t ring_bytes;          /* of each topic's ring, rounded up to a power of two; 0: 16 MiB */
    unsigned max_topics;        /* rings that may exist; 0: 256 */
    unsigned max_connections;   /* 0: 100 000 */
    unsigned max_subscriptions; /* topics per connection; 0: 32 */
    size_t max_message_bytes;   /* of one message from a client; 0: 64 KiB */
    size_t reply_bytes_max;     /* replies waiting for a client that reads nothing; 0: 64 KiB */
    unsigned heartbeat_s;       /* ping a silent client after this, drop it after twice; 0: 25 */
};

/* Starts the threads. Borrows the handle, which must outlive the stream. */
int bw_stream_start(const struct bw_stream_options *options, struct bellwire *bus,
                    struct bw_stream **out) BW_MUST_CHECK;
/* Closes every connection with 1001 and joins all threads. Sets *stream to NULL. */
void bw_stream_stop(struct bw_stream **stream);

/* A connection whose WebSocket handshake is done. Any thread. 0: the stream owns fd now, and the
 * client gets "connected". BW_EBUSY (max_connections), BW_ECLOSED: the caller still owns fd. */
int bw_stream_adopt_websocket(struct bw_stream *stream, int fd) BW_MUST_CHECK;

/* Whether the bridge has heard from the bus lately. Any thread. */
bool bw_stream_is_live(const struct bw_stream *stream);
unsigned bw_stream_connections(const struct bw_stream *stream);

/* Whether the streams own this descriptor: the hand-off looks only at the others. Any thread. */
bool bw_stream_owns_fd(const struct bw_stream *stream, int fd);

#endif

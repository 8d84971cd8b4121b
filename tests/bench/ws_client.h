/* The client's side of the WebSocket, as far as the load generators need it. */
#ifndef BENCH_WS_CLIENT_H
#define BENCH_WS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "frames.h"

enum { OP_TEXT = 1, OP_PING = 9, OP_PONG = 10 };

/* The opening handshake for a path. */
#define BENCH_HANDSHAKE                                                                            \
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"                                 \
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"                                         \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static inline void bench_send_frame(int fd, int opcode, const char *payload, size_t n)
{
    unsigned char frame[1024] = {(unsigned char)(0x80 | opcode), (unsigned char)(0x80 | n)};
    size_t at = 2;
    if (n >= 126) {
        frame[1] = 0x80 | 126;
        frame[at++] = (unsigned char)(n >> 8);
        frame[at++] = (unsigned char)n;
    }
    at += 4; /* a mask of zeros */
    if (at + n > sizeof frame)
        exit(2);
    memcpy(frame + at, payload, n);
    if (send(fd, frame, at + n, MSG_NOSIGNAL) < 0)
        bench_die("send");
}

struct bench_frame {
    int opcode;
    const char *payload;
    size_t len, size; /* of the payload; of all */
};

/* The frame at p, if the n bytes there hold it whole. */
static inline bool bench_frame_at(const char *p, size_t n, struct bench_frame *out)
{
    const unsigned char *f = (const unsigned char *)p;
    if (n < 2)
        return false;
    size_t head = 2, len = f[1] & 127;
    if (len == 126) {
        head = 4;
        len = n >= 4 ? (size_t)(f[2] << 8 | f[3]) : 0;
    } else if (len == 127) {
        head = 10;
        len = n >= 10 ? (size_t)f[6] << 24 | (size_t)(f[7] << 16 | f[8] << 8 | f[9]) : 0;
    }
    *out = (struct bench_frame){f[0] & 15, p + head, len, head + len};
    return n >= head + len;
}

#endif

/* A watcher for tests: the client's end of a socket pair, speaking WebSocket. */
#ifndef WATCHER_H
#define WATCHER_H

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"
#include "base/buf.h"
#include "web/stream/stream.h"
#include "web/stream/ws.h"

enum { WATCH_MS = 30000 };

struct watcher {
    int fd;
    struct bw_buf in; /* bytes not yet taken */
    size_t taken;
};

/* Hands one end of a socket pair to the stream; small buffers make it easy to fill. */
static inline void watch_open(struct watcher *w, struct bw_stream *stream, int buffer_bytes)
{
    int fds[2];
    *w = (struct watcher){0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    if (buffer_bytes > 0) {
        setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
        setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    }
    assert_int_equal(bw_stream_enter(stream, 0, NULL), 0);
    assert_int_equal(bw_stream_adopt_websocket(stream, fds[1], 0, 0), 0);
    w->fd = fds[0];
}

static inline void watch_close(struct watcher *w)
{
    close(w->fd);
    bw_buf_free(&w->in);
}

static inline void watch_send_bytes(const struct watcher *w, const void *bytes, size_t len)
{
    assert_int_equal(send(w->fd, bytes, len, MSG_NOSIGNAL), len);
}

static inline void watch_send_frame(const struct watcher *w, enum bw_ws_opcode opcode,
                                    const char *payload)
{
    struct bw_buf frame = {0};
    bw_ws_put_frame(&frame, opcode, bw_str(payload));
    size_t header = frame.len - strlen(payload);
    struct bw_buf masked = {0};
    bw_buf_put(&masked, frame.data, header);
    masked.data[1] = (char)(masked.data[1] | 0x80);
    bw_buf_put(&masked, "\0\0\0\0", 4); /* a mask that changes nothing */
    bw_buf_put(&masked, payload, strlen(payload));
    watch_send_bytes(w, masked.data, masked.len);
    bw_buf_free(&frame);
    bw_buf_free(&masked);
}

static inline void watch_say(const struct watcher *w, const char *json)
{
    watch_send_frame(w, BW_WS_TEXT, json);
}

/* Waits for more bytes. False: the server has hung up. */
static inline bool watch_fill(struct watcher *w)
{
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    if (w->taken > 0) {
        memmove(w->in.data, w->in.data + w->taken, w->in.len - w->taken);
        w->in.len -= w->taken;
        w->taken = 0;
    }
    if (poll(&p, 1, WATCH_MS) != 1)
        fail_msg("nothing came");
    ssize_t n = recv(w->fd, bw_buf_reserve(&w->in, 65536), 65536, 0);
    if (n > 0)
        w->in.len += (size_t)n;
    return n > 0;
}

/* The next frame's payload, borrowed until the next call. False: the server has hung up. */
static inline bool watch_frame(struct watcher *w, int *opcode, struct bw_str *payload)
{
    for (;;) {
        const uint8_t *p = (const uint8_t *)w->in.data + w->taken;
        size_t have = w->in.len - w->taken, header = 2, len = 0;
        if (have >= 2) {
            len = p[1] & 0x7f;
            header = len == 126 ? 4 : len == 127 ? 10 : 2;
        }
        if (have >= header && header == 4)
            len = (size_t)p[2] << 8 | p[3];
        if (have >= header && header == 10)
            len = (size_t)p[6] << 24 | (size_t)p[7] << 16 | (size_t)p[8] << 8 | p[9];
        if (have >= 2 && have >= header && have >= header + len) {
            assert_int_equal(p[0] & 0xf0, 0x80);
            assert_int_equal(p[1] & 0x80, 0);
            *opcode = p[0] & 0x0f;
            *payload = (struct bw_str){(const char *)p + header, len};
            w->taken += header + len;
            return true;
        }
        if (!watch_fill(w))
            return false;
    }
}

/* The next text frame, which must be of this type. The caller decrefs. */
static inline json_t *watch_expect(struct watcher *w, const char *type)
{
    int opcode;
    struct bw_str text;
    json_error_t error;
    do
        if (!watch_frame(w, &opcode, &text))
            fail_msg("hung up; expected %s", type);
    while (opcode == BW_WS_PING);
    assert_int_equal(opcode, BW_WS_TEXT);
    json_t *o = json_loadb(text.ptr, text.len, 0, &error);
    if (!o)
        fail_msg("not JSON: %s", error.text);
    const char *got = json_string_value(json_object_get(o, "type"));
    if (strcmp(got, type) != 0)
        fail_msg("expected %s, got %.*s", type, (int)(text.len < 500 ? text.len : 500), text.ptr);
    return o;
}

static inline const char *member(const json_t *o, const char *key)
{
    const char *value = json_string_value(json_object_get(o, key));
    return value ? value : "";
}

/* Reads one event and returns the seq in its cursor. */
static inline uint64_t watch_event(struct watcher *w)
{
    json_t *o = watch_expect(w, "event");
    uint64_t seq = strtoull(strchr(member(o, "cursor"), '.') + 1, NULL, 10);
    json_decref(o);
    return seq;
}

enum { REASON_MAX = 124 };

/* Status and reason of the close frame that must come; the server hangs up then. */
static inline int watch_goodbye_because(struct watcher *w, char reason[REASON_MAX])
{
    int opcode;
    struct bw_str body;
    while (watch_frame(w, &opcode, &body)) {
        if (opcode != BW_WS_CLOSE)
            continue;
        int status =
            body.len < 2 ? BW_WS_NO_STATUS : (uint8_t)body.ptr[0] << 8 | (uint8_t)body.ptr[1];
        snprintf(reason, REASON_MAX, "%.*s", body.len > 2 ? (int)body.len - 2 : 0, body.ptr + 2);
        assert_false(watch_frame(w, &opcode, &body));
        return status;
    }
    fail_msg("hung up without a close frame");
    return 0;
}

static inline int watch_goodbye(struct watcher *w)
{
    char reason[REASON_MAX];
    return watch_goodbye_because(w, reason);
}

#endif

/* A watcher for tests that comes with an HTTP request: server-sent events, or a long-poll. */
#ifndef HTTP_WATCHER_H
#define HTTP_WATCHER_H

#include <netinet/in.h>

#include "world.h"
#include "web/stream/watch.h"

static inline struct bw_watch *new_watch(const char *topics, bool is_long_poll)
{
    struct bw_watch *watch = calloc(1, sizeof *watch);
    struct bw_str names[8];
    size_t n = 0;
    for (const char *at = topics; *at; n++) {
        names[n] = (struct bw_str){at, strcspn(at, ",")};
        at += names[n].len + (at[names[n].len] == ',');
    }
    enum bw_encoding encoding = is_long_poll ? BW_ENCODING_LIST : BW_ENCODING_SSE;
    assert_int_equal(bw_feed_create(&watch->feed, (struct bw_str_set){names, n}, encoding, NULL),
                     0);
    watch->is_long_poll = is_long_poll;
    watch->limit = 100;
    watch->wait_s = 60;
    bw_buf_puts(&watch->headers, BW_STR("X-Test: yes\r\n"));
    return watch;
}

static inline void set_after(struct bw_watch *watch, uint32_t epoch, uint64_t seq)
{
    watch->has_after = true;
    watch->after = (struct bw_cursor){BW_CURSOR_AT, epoch, seq};
}

/* Hands fds[1] to the stream. Takes the watch. */
static inline void come_with(struct world *world, struct watcher *w, struct bw_watch *watch,
                             const int fds[2])
{
    *w = (struct watcher){.fd = fds[0]};
    assert_int_equal(bw_stream_enter(world->stream, 0, NULL), 0);
    assert_int_equal(bw_stream_adopt_watch(world->stream, fds[1], 0, watch), 0);
}

static inline void come(struct world *world, struct watcher *w, struct bw_watch *watch)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    come_with(world, w, watch, fds);
}

static inline void come_by_tcp(struct world *world, struct watcher *w, struct bw_watch *watch)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fds[2] = {socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), -1};
    assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(connect(fds[0], (struct sockaddr *)&at, len), 0);
    fds[1] = accept(listener, NULL, NULL);
    assert_true(fds[1] >= 0);
    close(listener);
    come_with(world, w, watch, fds);
}

/* Everything up to and with `end`, as a string that lives until the next call. */
static inline const char *read_to(struct watcher *w, const char *end)
{
    static char text[1 << 20];
    for (;;) {
        const char *found = w->in.len > w->taken ? memmem(w->in.data + w->taken,
                                                          w->in.len - w->taken, end, strlen(end))
                                                 : NULL;
        if (found) {
            size_t len = (size_t)(found - (w->in.data + w->taken)) + strlen(end);
            assert_true(len < sizeof text);
            memcpy(text, w->in.data + w->taken, len);
            text[len] = '\0';
            w->taken += len;
            return text;
        }
        if (!watch_fill(w))
            fail_msg("hung up before \"%s\"", end);
    }
}

static inline void expect_head(struct watcher *w)
{
    const char *head = read_to(w, "\r\n\r\n");
    assert_non_null(strstr(head, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(head, "\r\nX-Test: yes\r\n"));
}

static inline void expect_stream(struct watcher *w, int n_topics)
{
    expect_head(w);
    assert_string_equal(read_to(w, "\n\n"), "retry: 2000\n\n");
    for (int i = 0; i < n_topics; i++)
        assert_non_null(strstr(read_to(w, "\n\n"), "event: subscribed\n"));
}

/* The next block with an id; its seq. */
static inline uint64_t next_seq(struct watcher *w)
{
    const char *id = NULL;
    while (!id)
        id = strstr(read_to(w, "\n\n"), "\nid: 1f0c22aa.");
    return strtoull(id + strlen("\nid: 1f0c22aa."), NULL, 10);
}

static inline json_t *read_answer(struct watcher *w)
{
    json_error_t error;
    expect_head(w);
    while (watch_fill(w))
        ;
    json_t *answer = json_loadb(w->in.data + w->taken, w->in.len - w->taken, 0, &error);
    if (!answer)
        fail_msg("%s", error.text);
    return answer;
}

#endif

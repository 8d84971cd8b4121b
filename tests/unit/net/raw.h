/* A client that is not nng: it says what bytes it likes. */
#ifndef TEST_NET_RAW_H
#define TEST_NET_RAW_H

#include "echo.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#define REQ_GREETING "\0SP\0\0\x30\0\0"
#define REP_GREETING "\0SP\0\0\x31\0\0"

#define ONE    "\1\0\0\0\0\0\0\0\7\x80\0\0\1one"
#define RE_ONE "\1\0\0\0\0\0\0\0\x0a\x80\0\0\1re:one"

static inline int dial(const struct echo *e)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/req", e->dir);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static inline void say(int fd, const void *bytes, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t sent = send(fd, (const char *)bytes + at, len - at, MSG_NOSIGNAL);
        assert_true(sent > 0);
        at += (size_t)sent;
    }
}

/* Fewer bytes when the server hangs up. */
static inline size_t hear(int fd, char *out, size_t len)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = recv(fd, out + got, len - got, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return got;
}

static inline void expect(int fd, const char *bytes, size_t len)
{
    char *got = malloc(len);
    assert_non_null(got);
    assert_int_equal(hear(fd, got, len), len);
    assert_memory_equal(got, bytes, len);
    free(got);
}

static inline int greet(const struct echo *e)
{
    int fd = dial(e);
    say(fd, REQ_GREETING, 8);
    expect(fd, REP_GREETING, 8);
    return fd;
}

static inline void expect_hang_up(int fd)
{
    char byte;
    assert_int_equal(hear(fd, &byte, 1), 0);
    close(fd);
}

static inline void expect_to_be_served(const struct echo *e)
{
    int fd = greet(e);
    say(fd, ONE, sizeof ONE - 1);
    expect(fd, RE_ONE, sizeof RE_ONE - 1);
    close(fd);
}

#endif

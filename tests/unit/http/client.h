/* A bare HTTP client for the tests of the server: sends bytes, reads bytes, waits for the end. */
#ifndef TEST_HTTP_CLIENT_H
#define TEST_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENT_PATIENCE_MS = 20000 };

#define WS_HANDSHAKE                                                                               \
    "GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                 \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

/* Connects to address:port, from a given source port if that is not 0. -1 on failure. */
static inline int client_connect_from(const char *address, unsigned port, unsigned source_port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons((uint16_t)source_port)};
    inet_pton(AF_INET, address, &to.sin_addr);
    inet_pton(AF_INET, "127.0.0.1", &from.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || (source_port && bind(fd, (struct sockaddr *)&from, sizeof from) != 0) ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

static inline int client_connect(unsigned port)
{
    return client_connect_from("127.0.0.1", port, 0);
}

static inline int client_send(int fd, const void *data, size_t len)
{
    for (size_t sent = 0; sent < len;) {
        ssize_t n = send(fd, (const char *)data + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            return -1;
        sent += (size_t)n;
    }
    return 0;
}

static inline int client_send_text(int fd, const char *text)
{
    return client_send(fd, text, strlen(text));
}

/* Reads until `until` is in what was read (NULL: until the other side ends), the buffer is full, or
 * patience is over. Always ends `out` with a NUL; returns the number of bytes. */
static inline size_t client_read(int fd, char *out, size_t size, const char *until)
{
    size_t len = 0;
    out[0] = '\0';
    while (len + 1 < size && !(until && memmem(out, len, until, strlen(until)))) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, CLIENT_PATIENCE_MS) <= 0)
            break;
        ssize_t n = recv(fd, out + len, size - 1 - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
        out[len] = '\0';
    }
    return len;
}

/* Sends a request on a new connection and reads everything up to its end. */
static inline size_t client_ask(unsigned port, const char *request, char *out, size_t size)
{
    int fd = client_connect(port);
    size_t len = 0;
    out[0] = '\0';
    if (fd >= 0 && client_send_text(fd, request) == 0)
        len = client_read(fd, out, size, NULL);
    if (fd >= 0)
        close(fd);
    return len;
}

#endif

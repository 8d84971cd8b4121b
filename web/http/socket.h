/* Which descriptor carries a connection of civetweb's, which does not tell. */
#ifndef BW_HTTP_SOCKET_H
#define BW_HTTP_SOCKET_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/err.h"

struct mg_connection;

/* Both ends of a TCP connection. No two connections that are open have the same. */
struct bw_socket_ends {
    struct sockaddr_in local, remote;
};

/* BW_EUNSUPPORTED: not TCP over IPv4. */
int bw_socket_ends_of(const struct mg_connection *conn, struct bw_socket_ends *out) BW_MUST_CHECK;

/* The lowest descriptor of this process that is a socket with these ends and that `skip` (may be
 * NULL) does not say to pass over; BW_ENOTFOUND if there is none. It belongs to whoever opened it:
 * the caller must know that it stays open meanwhile. */
int bw_socket_find(const struct bw_socket_ends *ends, bool (*skip)(void *ctx, int fd), void *ctx);

/* This process's socket that listens on a local port over IPv4; BW_ENOTFOUND if there is none. */
int bw_socket_find_listener(unsigned port);

#endif

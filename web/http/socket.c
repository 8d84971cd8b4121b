/* Which descriptor carries a connection of civetweb's.
 *
 * DESIGN. civetweb tells the peer's address and port, and the local address in the link that it
 * makes of a request. These four are compared with what the kernel says of each descriptor. The
 * local *address* matters: on a wildcard listener one peer address and port may be connected to two
 * of this host's addresses at once. The kernel gives out the lowest free descriptor, so when a
 * connection is open all lower numbers were taken once: looking upward from 0 ends at it early. */
#include "web/http/socket.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { LINK_MAX = 2048 }; /* of "http://1.2.3.4:80/path": only short paths are handed off */

static int parse_address(const char *text, unsigned port, struct sockaddr_in *out)
{
    *out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, text, &out->sin_addr) == 1 ? 0 : BW_EUNSUPPORTED;
}

int bw_socket_ends_of(const struct mg_connection *conn, struct bw_socket_ends *out)
{
    const struct mg_request_info *info = mg_get_request_info(conn);
    char link[LINK_MAX], address[INET_ADDRSTRLEN];
    if (mg_get_request_link(conn, link, sizeof link) < 0)
        return BW_EUNSUPPORTED;
    if (sscanf(link, "%*[a-z]://%15[0-9.]", address) != 1)
        return BW_EUNSUPPORTED;
    int err = parse_address(address, (unsigned)info->server_port, &out->local);
    return err ? err : parse_address(info->remote_addr, (unsigned)info->remote_port, &out->remote);
}

static bool is_end(const struct sockaddr_in *want, const struct sockaddr_in *have, socklen_t len)
{
    return len == sizeof *have && have->sin_family == AF_INET && have->sin_port == want->sin_port &&
           have->sin_addr.s_addr == want->sin_addr.s_addr;
}

static bool has_ends(int fd, const struct bw_socket_ends *ends)
{
    struct sockaddr_in have;
    socklen_t len = sizeof have;
    if (getpeername(fd, (struct sockaddr *)&have, &len) != 0 || !is_end(&ends->remote, &have, len))
        return false;
    len = sizeof have;
    return getsockname(fd, (struct sockaddr *)&have, &len) == 0 && is_end(&ends->local, &have, len);
}

int bw_socket_find(const struct bw_socket_ends *ends, bool (*skip)(void *ctx, int fd), void *ctx)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return BW_EIO;
    for (int fd = 0; (rlim_t)fd < limit.rlim_cur; fd++)
        if (!(skip && skip(ctx, fd)) && has_ends(fd, ends))
            return fd;
    return BW_ENOTFOUND;
}

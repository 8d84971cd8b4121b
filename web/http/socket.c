/* Which descriptor carries a connection of civetweb's.
 *
 * DESIGN. civetweb tells the peer's address and port, and the local address in the link that it
 * makes of a request. These four are compared with what the kernel says of each descriptor. The
 * local *address* matters: on a wildcard listener one peer address and port may be connected to two
 * of this host's addresses at once. The kernel gives out the lowest free descriptor, and workers
 * take connections up in the order in which they came. So one is nearly always close to the one
 * found before, be it the only one or one of thousands that wait for a worker: looking begins
 * there, in both directions. Otherwise it goes upward from 0; when a connection is open, all lower
 * numbers were taken once. One that is not found (the client has left) costs the way to the end of
 * the table. */
#include "web/http/socket.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum {
    LINK_MAX = 34 << 10, /* of "http://1.2.3.4:80/path": a whole request's head has less */
    MANY_FDS = 4 * 1024, /* looked at before it is worth asking how many there may be */
    BEFORE = 64,         /* so many before the one found last, and … */
    NEAR = 512,          /* … so many from there on are close to it */
};

static int parse_address(const char *text, unsigned port, struct sockaddr_in *out)
{
    *out = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    return inet_pton(AF_INET, text, &out->sin_addr) == 1 ? 0 : BW_EUNSUPPORTED;
}

int bw_socket_ends_of(const struct mg_connection *conn, struct bw_socket_ends *out)
{
    const struct mg_request_info *info = mg_get_request_info(conn);
    char address[INET_ADDRSTRLEN];
    char *link = malloc(LINK_MAX); /* too much for a worker's stack */
    bool has_address = link && mg_get_request_link(conn, link, LINK_MAX) >= 0 &&
                       sscanf(link, "%*[a-z]://%15[0-9.]", address) == 1;
    free(link);
    if (!has_address)
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
    struct sockaddr_in have = {0};
    socklen_t len = sizeof have;
    if (getpeername(fd, (struct sockaddr *)&have, &len) != 0 || !is_end(&ends->remote, &have, len))
        return false;
    len = sizeof have;
    return getsockname(fd, (struct sockaddr *)&have, &len) == 0 && is_end(&ends->local, &have, len);
}

/* One more than the highest descriptor that can be open; at least MANY_FDS. The limit on open files
 * may be a million, of which the table of this process holds a few thousand. */
static int fd_table_size(void)
{
    char line[128];
    int size = INT_MAX;
    FILE *status = fopen("/proc/self/status", "re");
    while (status && fgets(line, sizeof line, status) && sscanf(line, "FDSize: %d", &size) != 1)
        ;
    if (status)
        fclose(status);
    return size;
}

/* The lowest descriptor that `is_it` says yes to. */
static int find(bool (*is_it)(void *arg, int fd), void *arg)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return BW_EIO;
    for (int fd = 0, end = MANY_FDS; fd < end && (rlim_t)fd < limit.rlim_max; fd++) {
        if (is_it(arg, fd))
            return fd;
        if (fd + 1 == MANY_FDS)
            end = fd_table_size();
    }
    return BW_ENOTFOUND;
}

struct wanted {
    const struct bw_socket_ends *ends;
    bool (*skip)(void *ctx, int fd);
    void *ctx;
};

static bool is_wanted(void *arg, int fd)
{
    const struct wanted *w = arg;
    return !(w->skip && w->skip(w->ctx, fd)) && has_ends(fd, w->ends);
}

static int find_near(int last, struct wanted *w)
{
    for (int step = 0; step < NEAR; step++) {
        if (is_wanted(w, last + step))
            return last + step;
        if (step > 0 && step <= BEFORE && step <= last && is_wanted(w, last - step))
            return last - step;
    }
    return BW_ENOTFOUND;
}

int bw_socket_find(const struct bw_socket_ends *ends, bool (*skip)(void *ctx, int fd), void *ctx)
{
    static _Atomic int last;
    struct wanted wanted = {ends, skip, ctx};
    int fd = find_near(atomic_load_explicit(&last, memory_order_relaxed), &wanted);
    if (fd < 0)
        fd = find(is_wanted, &wanted);
    if (fd >= 0)
        atomic_store_explicit(&last, fd, memory_order_relaxed);
    return fd;
}

static bool listens(void *arg, int fd)
{
    const unsigned *port = arg;
    struct sockaddr_in local = {0};
    socklen_t len = sizeof local, int_len = sizeof(int);
    int accepts = 0;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &int_len) == 0 && accepts &&
           getsockname(fd, (struct sockaddr *)&local, &len) == 0 && local.sin_family == AF_INET &&
           ntohs(local.sin_port) == *port;
}

int bw_socket_find_listener(unsigned port)
{
    return find(listens, &port);
}

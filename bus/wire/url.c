/* Base URL → endpoints. */
#include "wire/url.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/str.h"

enum { INPROC_NAME_MAX = 127, PORTS = 3 };

static const char *after_prefix(const char *s, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* Whether snprintf's result fits. */
static int fits(int written, size_t size)
{
    return written >= 0 && (size_t)written < size ? 0 : BW_ETOOBIG;
}

static int named_endpoint(const char *base, const char *name, size_t name_max,
                          enum bw_endpoint which, char *out, size_t size)
{
    static const char *const suffix[] = {".req", ".pub", ".in"};
    if (!*name)
        return BW_EINVAL;
    if (strlen(name) + strlen(suffix[which]) > name_max)
        return BW_ETOOBIG;
    return fits(snprintf(out, size, "%s%s", base, suffix[which]), size);
}

/* Splits HOST[:PORT]; an IPv6 host stands in brackets. */
static bool split_port(const char *address, struct bw_str *host, int *port)
{
    const char *end = address[0] == '[' ? strchr(address, ']') : address + strcspn(address, ":");
    if (!end)
        return false;
    if (*end == ']')
        end++;
    *host = (struct bw_str){address, (size_t)(end - address)};
    *port = BW_PORT_DEFAULT;
    if (*end == 0)
        return host->len > 0;
    size_t digits = strspn(end + 1, "0123456789");
    if (*end != ':' || digits < 1 || digits > 5 || end[1 + digits] != 0)
        return false;
    *port = 0;
    for (const char *p = end + 1; *p; p++)
        *port = *port * 10 + (*p - '0');
    return host->len > 0 && *port >= 1 && *port <= 65535 - (PORTS - 1);
}

static int port_endpoint(const char *base, const char *address, enum bw_endpoint which, char *out,
                         size_t size)
{
    struct bw_str host;
    int port;
    if (strpbrk(address, "/?#@ ") || !split_port(address, &host, &port))
        return BW_EINVAL;
    return fits(snprintf(out, size, "%.*s%.*s:%d", (int)(address - base), base, BW_STR_ARG(host),
                         port + (int)which),
                size);
}

int bw_bus_url(const char *base, enum bw_endpoint which, char *out, size_t size)
{
    enum { IPC_PATH_MAX = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };
    const char *rest;
    if ((rest = after_prefix(base, "ipc://")))
        return named_endpoint(base, rest, IPC_PATH_MAX, which, out, size);
    if ((rest = after_prefix(base, "inproc://")))
        return named_endpoint(base, rest, INPROC_NAME_MAX, which, out, size);
    if ((rest = after_prefix(base, "tcp://")) || (rest = after_prefix(base, "tls+tcp://")))
        return port_endpoint(base, rest, which, out, size);
    return BW_EINVAL;
}

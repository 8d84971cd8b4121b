/* Addresses in text, and which of them to believe. */
#include "web/http/peer.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the numbers of clients: beside an IPv4 address. No IPv6 network that is routed begins so. */
#define IS_IPV4 (UINT64_C(1) << 32)
/* Of ::1 and its neighbours, whose network is 0. */
#define IS_LOOPBACK UINT64_C(1)

static bool parse_ipv4(struct bw_str text, uint32_t *out)
{
    char z[INET_ADDRSTRLEN];
    struct in_addr address;
    if (text.len == 0 || text.len >= sizeof z)
        return false;
    memcpy(z, text.ptr, text.len);
    z[text.len] = '\0';
    if (inet_pton(AF_INET, z, &address) != 1)
        return false;
    *out = ntohl(address.s_addr);
    return true;
}

/* --- Proxies --------------------------------------------------------------------------- */

/* ADDRESS or ADDRESS/BITS */
static bool parse_network(struct bw_str text, struct bw_network *out)
{
    const char *slash = memchr(text.ptr, '/', text.len);
    unsigned bits = 32;
    if (slash) {
        size_t n = text.len - (size_t)(slash - text.ptr) - 1;
        text.len = (size_t)(slash - text.ptr);
        bits = 0;
        for (size_t i = 1; i <= n && bits <= 32; i++)
            bits = slash[i] >= '0' && slash[i] <= '9' ? bits * 10 + (unsigned)(slash[i] - '0') : 33;
        if (n == 0 || bits > 32)
            return false;
    }
    out->mask = bits ? UINT32_MAX << (32 - bits) : 0;
    return parse_ipv4(text, &out->address);
}

int bw_proxies_parse(const char *text, struct bw_proxies *out, struct bw_fault *fault)
{
    struct bw_str rest = bw_str(text);
    *out = (struct bw_proxies){.n = 0};
    while (rest.len) {
        struct bw_str one = bw_str_take(&rest, ',');
        if (one.len == 0)
            continue;
        if (out->n == BW_PROXIES_MAX)
            return bw_fault(fault, BW_ETOOBIG, "proxies", "more than %d networks", BW_PROXIES_MAX);
        if (!parse_network(one, &out->networks[out->n++]))
            return bw_fault(fault, BW_EINVAL, "proxies",
                            "\"%.*s\" is not an IPv4 address or network (such as 10.0.0.0/8)",
                            BW_STR_ARG(one));
    }
    return 0;
}

static bool is_proxy(const struct bw_proxies *proxies, uint32_t address)
{
    for (size_t i = 0; i < proxies->n; i++)
        if (((address ^ proxies->networks[i].address) & proxies->networks[i].mask) == 0)
            return true;
    return false;
}

/* --- Clients --------------------------------------------------------------------------- */

/* 2001:db8::1, [2001:db8::1], [2001:db8::1]:443 */
static uint64_t parse_ipv6(struct bw_str text)
{
    char z[INET6_ADDRSTRLEN];
    struct in6_addr address;
    uint64_t network;
    if (text.ptr[0] == '[') {
        const char *end = memchr(text.ptr, ']', text.len);
        text.len = end ? (size_t)(end - text.ptr) - 1 : 0;
        text.ptr++;
    }
    if (text.len == 0 || text.len >= sizeof z)
        return 0;
    memcpy(z, text.ptr, text.len);
    z[text.len] = '\0';
    if (inet_pton(AF_INET6, z, &address) != 1)
        return 0;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        uint32_t mapped;
        memcpy(&mapped, address.s6_addr + 12, sizeof mapped);
        return IS_IPV4 | ntohl(mapped);
    }
    memcpy(&network, address.s6_addr, sizeof network);
    return network ? be64toh(network) : IS_LOOPBACK;
}

static uint64_t client_of(struct bw_str text)
{
    uint32_t ipv4;
    const char *colon = text.len ? memchr(text.ptr, ':', text.len) : NULL;
    struct bw_str before = {text.ptr, colon ? (size_t)(colon - text.ptr) : text.len};
    if (parse_ipv4(before, &ipv4)) /* also 192.0.2.1:443 */
        return IS_IPV4 | ipv4;
    return text.len ? parse_ipv6(text) : 0;
}

/* The last entry of a list, which is cut off from it. */
static struct bw_str take_last(struct bw_str *list)
{
    size_t begin = list->len;
    while (begin > 0 && list->ptr[begin - 1] != ',')
        begin--;
    struct bw_str last = {list->ptr + begin, list->len - begin};
    list->len = begin ? begin - 1 : 0;
    return bw_str_trim(last);
}

uint64_t bw_peer_of(const struct bw_proxies *proxies, struct bw_str remote_address,
                    struct bw_str forwarded_for)
{
    uint64_t client = client_of(remote_address);
    while (client >> 32 == IS_IPV4 >> 32 && is_proxy(proxies, (uint32_t)client)) {
        if (forwarded_for.len == 0)
            return 0;
        client = client_of(take_last(&forwarded_for));
    }
    return client;
}

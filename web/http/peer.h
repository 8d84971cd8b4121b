/* Whose connection it is: the peer's own address or, when the peer is a proxy of ours, the one that
 * the proxy tells in X-Forwarded-For. */
#ifndef BW_HTTP_PEER_H
#define BW_HTTP_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum { BW_PROXIES_MAX = 32 };

/* Networks of proxies whose word is believed. */
struct bw_proxies {
    struct bw_network {
        uint32_t address, mask; /* host byte order */
    } networks[BW_PROXIES_MAX];
    size_t n;
};

/* From a list such as "127.0.0.0/8, 10.0.0.7"; NULL or "" is nobody. */
int bw_proxies_parse(const char *text, struct bw_proxies *out,
                     struct bw_fault *fault) BW_MUST_CHECK;

/* The client as a number, the same for the same address; IPv6 addresses of one /64 are one client.
 * forwarded_for: the last such header, or empty. Its entries are read from the right, because only
 * what our own proxies appended can be believed. 0: the proxy does not tell, or not clearly. */
uint64_t bw_peer_of(const struct bw_proxies *proxies, struct bw_str remote_address,
                    struct bw_str forwarded_for);

#endif

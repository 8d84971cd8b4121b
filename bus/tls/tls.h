/* TLS between hosts, for both ends of tls+tcp://: each shows a certificate, and believes those that
 * an authority of its choice has signed. nng does the rest. */
#ifndef BW_TLS_TLS_H
#define BW_TLS_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* nng's; who listens or dials with it holds it, too. */
struct nng_tls_config;

/* Paths of PEM files. */
struct bw_tls_files {
    const char *cert; /* what this side shows, and behind it what leads to the authority */
    const char *key;  /* of that certificate, without a password */
    const char *ca;   /* whose signatures are believed; may end with its list of revocations */
};

/* Whether a base URL or an endpoint wants this. */
bool bw_tls_wanted(const char *url);

/* Reads the files. For who dials, `url` says whose certificate is expected; NULL: for who listens,
 * who expects one of everybody. BW_EINVAL, BW_EIO, BW_EUNSUPPORTED: *fault names the setting,
 * bus-cert, bus-key or bus-ca, and says what to do. */
int bw_tls_open(const struct bw_tls_files *files, const char *url, struct nng_tls_config **out,
                struct bw_fault *fault) BW_MUST_CHECK;
/* NULL is harmless. Sets *tls to NULL. */
void bw_tls_close(struct nng_tls_config **tls);

#endif

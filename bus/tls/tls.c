/* nng's TLS, filled from files. */
#include "tls/tls.h"

#include <stdlib.h>
#include <string.h>
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include "base/text_file.h"

#define SCHEME "tls+tcp://"

enum { HOST_MAX = 256 };

bool bw_tls_wanted(const char *url)
{
    return strncmp(url, SCHEME, strlen(SCHEME)) == 0;
}

/* The host of a URL; brackets around an IPv6 address are not part of it. */
static int host_of(const char *url, char host[HOST_MAX])
{
    const char *begin = url + strlen(SCHEME);
    size_t n = strcspn(begin, *begin == '[' ? "]" : ":");
    if (*begin == '[') {
        begin++;
        n--;
    }
    if (n == 0 || n >= HOST_MAX)
        return BW_EINVAL;
    memcpy(host, begin, n);
    host[n] = 0;
    return 0;
}

static int read_pem(const char *setting, const char *path, char **out, struct bw_fault *fault)
{
    if (!path || !*path)
        return bw_fault(fault, BW_EINVAL, setting,
                        "is not set; " SCHEME " needs bus-cert, bus-key and bus-ca");
    return bw_text_file_read(path, setting, out, fault);
}

static int refuse(int rv, const char *setting, const char *path, struct bw_fault *fault)
{
    if (rv == NNG_ENOTSUP)
        return bw_fault(fault, BW_EUNSUPPORTED, setting, "this libnng was built without TLS");
    return bw_fault(fault, rv == NNG_ENOMEM ? BW_ENOMEM : BW_EINVAL, setting,
                    "cannot use %.100s: %s; it must be PEM, the key without a password", path,
                    nng_strerror(rv));
}

static int set_up(nng_tls_config *tls, const struct bw_tls_files *files, const char *url,
                  struct bw_fault *fault)
{
    char host[HOST_MAX], *cert = NULL, *key = NULL, *ca = NULL;
    int rv, err = read_pem("bus-cert", files->cert, &cert, fault);
    if (!err)
        err = read_pem("bus-key", files->key, &key, fault);
    if (!err)
        err = read_pem("bus-ca", files->ca, &ca, fault);
    if (err)
        goto out;
    if ((rv = nng_tls_config_own_cert(tls, cert, key, NULL)) != 0)
        err = refuse(rv, "bus-cert", files->cert, fault);
    else if ((rv = nng_tls_config_ca_chain(tls, ca, strstr(ca, "X509 CRL") ? ca : NULL)) != 0)
        err = refuse(rv, "bus-ca", files->ca, fault);
    else if ((rv = nng_tls_config_auth_mode(tls, NNG_TLS_AUTH_MODE_REQUIRED)) != 0)
        err = refuse(rv, "bus-ca", files->ca, fault);
    if (!err && url && (host_of(url, host) != 0 || nng_tls_config_server_name(tls, host) != 0))
        err = bw_fault(fault, BW_EINVAL, "bus", "%.100s names no host", url);
out:
    free(ca);
    free(key);
    free(cert);
    return err;
}

int bw_tls_open(const struct bw_tls_files *files, const char *url, struct nng_tls_config **out,
                struct bw_fault *fault)
{
    nng_tls_config *tls;
    *out = NULL;
    int rv = nng_tls_config_alloc(&tls, url ? NNG_TLS_MODE_CLIENT : NNG_TLS_MODE_SERVER);
    if (rv != 0)
        return refuse(rv, "bus", "TLS", fault);
    int err = set_up(tls, files, url, fault);
    if (err)
        nng_tls_config_free(tls);
    else
        *out = tls;
    return err;
}

void bw_tls_close(struct nng_tls_config **tls)
{
    if (*tls)
        nng_tls_config_free(*tls);
    *tls = NULL;
}

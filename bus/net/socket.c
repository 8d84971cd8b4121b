/* What all of the bus's nng sockets need: nng's errors as ours, and listening. */
#include "net/socket.h"

static int translate(int rv)
{
    switch (rv) {
    case NNG_ENOMEM:
        return BW_ENOMEM;
    case NNG_EINVAL:
    case NNG_EADDRINVAL:
        return BW_EINVAL;
    case NNG_EADDRINUSE:
        return BW_EEXIST;
    case NNG_ENOTSUP:
        return BW_EUNSUPPORTED;
    case NNG_ECLOSED:
    case NNG_ECANCELED:
        return BW_ECLOSED;
    case NNG_ETIMEDOUT:
        return BW_ETIMEDOUT;
    default:
        return BW_EIO;
    }
}

int bw_nng_fault(struct bw_fault *fault, int rv, const char *what)
{
    return bw_fault(fault, translate(rv), "", "%s: %s", what, nng_strerror(rv));
}

int bw_nng_listen_fault(struct bw_fault *fault, int rv, const char *endpoint)
{
    return bw_fault(
        fault, translate(rv), "bus", "cannot listen on %s: %s%s", endpoint, nng_strerror(rv),
        rv == NNG_EADDRINUSE ? "; is another bellwired running there? Choose another --bus" : "");
}

int bw_nng_listen(nng_socket socket, const char *endpoint, struct nng_tls_config *tls,
                  nng_listener *out, struct bw_fault *fault)
{
    int rv = nng_listener_create(out, socket, endpoint);
    if (rv != 0)
        return bw_nng_listen_fault(fault, rv, endpoint);
    if (bw_tls_wanted(endpoint))
        rv = nng_listener_set_ptr(*out, NNG_OPT_TLS_CONFIG, tls);
    if (rv == 0)
        rv = nng_listener_start(*out, 0);
    if (rv == 0)
        return 0;
    nng_listener_close(*out);
    return bw_nng_listen_fault(fault, rv, endpoint);
}

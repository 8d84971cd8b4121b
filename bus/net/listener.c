/* Who dials to a byte stream: each address listened on has one accept under way. */
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "net/inside.h"
#include "net/socket.h"

enum {
    PAUSE_MS = 100 /* before accepting again when that failed: descriptors or memory are short */
};

struct listener {
    struct bw_server *server;
    nng_stream_listener *stream;
    nng_aio *accept;
    enum bw_sp_framing framing;
    bool pausing;
    struct listener *next;
};

static void accept_next(struct listener *l)
{
    l->pausing = false;
    nng_stream_listener_accept(l->stream, l->accept);
}

static void on_accepted(void *arg)
{
    struct listener *l = arg;
    int rv = nng_aio_result(l->accept);
    if (rv == NNG_ECLOSED || rv == NNG_ECANCELED)
        return; /* stopped */
    bool failed = rv != 0 && rv != NNG_ECONNABORTED && rv != NNG_ECONNRESET;
    if (rv == 0 && !l->pausing)
        failed = bw_peer_open(l->server, l->framing, nng_aio_get_output(l->accept, 0)) < 0;
    if (failed) {
        diag_warn("SERVE-CANNOT-ACCEPT", "text=%s; tried again in %d ms",
                  rv ? nng_strerror(rv) : "out of memory", PAUSE_MS);
        l->pausing = true;
        nng_sleep_aio(PAUSE_MS, l->accept);
    } else {
        accept_next(l);
    }
}

static void free_listener(struct listener *l)
{
    if (l->stream)
        nng_stream_listener_free(l->stream);
    nng_aio_free(l->accept);
    free(l);
}

int bw_listener_open(struct bw_server *server, const char *endpoint, struct nng_tls_config *tls,
                     struct bw_fault *fault)
{
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    l->server = server;
    l->framing = strncmp(endpoint, "ipc://", strlen("ipc://")) == 0 ? BW_SP_IPC : BW_SP_TCP;
    int rv = nng_aio_alloc(&l->accept, on_accepted, l);
    if (rv == 0)
        rv = nng_stream_listener_alloc(&l->stream, endpoint);
    if (rv == 0 && bw_tls_wanted(endpoint))
        rv = nng_stream_listener_set_ptr(l->stream, NNG_OPT_TLS_CONFIG, tls);
    if (rv == 0)
        rv = nng_stream_listener_listen(l->stream);
    if (rv != 0) {
        free_listener(l);
        return bw_nng_listen_fault(fault, rv, endpoint);
    }
    l->next = server->listeners;
    server->listeners = l;
    accept_next(l);
    return 0;
}

void bw_listeners_stop(struct bw_server *server)
{
    for (struct listener *l = server->listeners; l; l = l->next) {
        nng_stream_listener_close(l->stream);
        nng_aio_stop(l->accept);
    }
}

void bw_listeners_close(struct bw_server *server)
{
    struct listener *next;
    for (struct listener *l = server->listeners; l; l = next) {
        next = l->next;
        free_listener(l);
    }
    server->listeners = NULL;
}

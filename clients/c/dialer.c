/* Dialling, and noticing that nng gave up. */
#include "dialer.h"

#include "base/thread.h"
#include "link.h"

enum {
    RECONNECT_MIN_MS = 50,
    RECONNECT_MAX_MS = 1000,
    TICK_MS = 2 * RECONNECT_MAX_MS, /* it would have tried again by then */
    PATIENCE_MIN = 2,               /* ticks */
    PATIENCE_MAX = 32,
    CLOSE_MS = 3000, /* nng needs a few */
};

static void start_tick(struct bw_dialer *d)
{
    nng_sleep_aio(d->tick_ms, d->tick);
}

/* A lost connection may be told after the one that replaces it, so its id is compared. */
static void pipe_changed(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct bw_dialer *d = arg;
    int id = nng_pipe_id(pipe);
    if (event == NNG_PIPE_EV_ADD_POST)
        atomic_store(&d->pipe, id);
    else
        atomic_compare_exchange_strong(&d->pipe, &id, 0);
    d->on_change(pipe, event, d->arg);
}

static int dial(struct bw_dialer *d)
{
    nng_dialer dialer;
    int rv = nng_dialer_create(&dialer, d->socket, d->url);
    if (rv != 0)
        return rv;
    if (bw_tls_wanted(d->url))
        rv = nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, d->tls);
    if (rv == 0)
        rv = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
    if (rv == 0)
        d->dialer = dialer;
    else
        nng_dialer_close(dialer);
    return rv;
}

static void ticked(void *arg)
{
    struct bw_dialer *d = arg;
    if (nng_aio_result(d->tick) != 0)
        return;
    if (atomic_load(&d->pipe)) {
        d->ticks_alone = 0;
        d->patience = PATIENCE_MIN;
    } else if (++d->ticks_alone >= d->patience) {
        nng_dialer_close(d->dialer);
        /* When it fails, for want of memory, the next tick finds no connection either. */
        (void)dial(d);
        d->ticks_alone = 0;
        d->patience = 2 * d->patience < PATIENCE_MAX ? 2 * d->patience : PATIENCE_MAX;
    }
    start_tick(d);
}

int bw_dialer_open(struct bw_dialer *dialer, nng_socket socket, nng_pipe_cb on_change, void *arg)
{
    *dialer = (struct bw_dialer){.socket = socket,
                                 .tick_ms = TICK_MS,
                                 .patience = PATIENCE_MIN,
                                 .on_change = on_change,
                                 .arg = arg};
    int rv = nng_aio_alloc(&dialer->tick, ticked, dialer);
    if (rv != 0)
        return bw_nng_error(rv);
    nng_socket_set_ms(socket, NNG_OPT_RECONNMINT, RECONNECT_MIN_MS);
    nng_socket_set_ms(socket, NNG_OPT_RECONNMAXT, RECONNECT_MAX_MS);
    nng_pipe_notify(socket, NNG_PIPE_EV_ADD_POST, pipe_changed, dialer);
    nng_pipe_notify(socket, NNG_PIPE_EV_REM_POST, pipe_changed, dialer);
    return 0;
}

int bw_dialer_dial(struct bw_dialer *dialer, const char *base_url, enum bw_endpoint endpoint,
                   struct nng_tls_config *tls)
{
    if (bw_bus_url(base_url, endpoint, dialer->url, sizeof dialer->url) != 0)
        return BW_EINVAL;
    dialer->tls = tls;
    int rv = dial(dialer);
    if (rv == 0)
        start_tick(dialer);
    return bw_nng_error(rv);
}

static void close_socket(void *id)
{
    nng_close((nng_socket){.id = (uint32_t)(uintptr_t)id});
}

void bw_dialer_close(struct bw_dialer *dialer)
{
    nng_aio_stop(dialer->tick);
    nng_aio_free(dialer->tick);
    nng_pipe_notify(dialer->socket, NNG_PIPE_EV_ADD_POST, NULL, NULL);
    nng_pipe_notify(dialer->socket, NNG_PIPE_EV_REM_POST, NULL, NULL);
    struct bw_thread closing = {0};
    void *id = (void *)(uintptr_t)dialer->socket.id;
    if (bw_thread_start(&closing, "bw-close", close_socket, id) != 0)
        close_socket(id);
    (void)!bw_thread_join_in(&closing, CLOSE_MS);
}

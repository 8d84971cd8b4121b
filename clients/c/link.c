/* The REQ socket and its calls. */
#include "link.h"

#include <nng/protocol/reqrep0/req.h>

#include "wait.h"

int bw_nng_error(int rv)
{
    switch (rv) {
    case 0:
        return 0;
    case NNG_ENOMEM:
        return BW_ENOMEM;
    case NNG_ETIMEDOUT:
        return BW_ETIMEDOUT;
    case NNG_ECLOSED:
    case NNG_ECANCELED:
        return BW_ECLOSED;
    case NNG_ECONNRESET:
        return BW_EAGAIN;
    case NNG_EADDRINVAL:
    case NNG_EINVAL:
    case NNG_ENOTSUP:
        return BW_EINVAL;
    default:
        return BW_EUNAVAILABLE;
    }
}

nng_msg *bw_nng_message(struct bw_str head, struct bw_str body)
{
    nng_msg *msg;
    if (nng_msg_alloc(&msg, head.len + body.len) != 0)
        return NULL;
    char *out = nng_msg_body(msg);
    memcpy(out, head.ptr, head.len);
    if (body.len)
        memcpy(out + head.len, body.ptr, body.len);
    return msg;
}

static void pipe_changed(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct bw_link *link = arg;
    (void)pipe, (void)event;
    pthread_mutex_lock(&link->lock);
    pthread_cond_broadcast(&link->changed);
    if (link->on_change)
        link->on_change(link->arg);
    pthread_mutex_unlock(&link->lock);
}

int bw_link_open(struct bw_link *link)
{
    *link = (struct bw_link){0};
    int rv = nng_req0_open(&link->socket);
    if (rv != 0)
        return bw_nng_error(rv);
    int err = bw_dialer_open(&link->dialer, link->socket, pipe_changed, link);
    if (err) {
        nng_close(link->socket);
        return err;
    }
    pthread_mutex_init(&link->lock, NULL);
    pthread_cond_init(&link->changed, NULL);
    nng_socket_set_ms(link->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    nng_socket_set_size(link->socket, NNG_OPT_RECVMAXSZ, BW_MESSAGE_BYTES_MAX);
    return 0;
}

int bw_link_dial(struct bw_link *link, const char *base_url, struct nng_tls_config *tls,
                 void (*on_change)(void *), void *arg)
{
    link->on_change = on_change;
    link->arg = arg;
    return bw_dialer_dial(&link->dialer, base_url, BW_ENDPOINT_REQ, tls);
}

void bw_link_mute(struct bw_link *link)
{
    pthread_mutex_lock(&link->lock);
    link->on_change = NULL;
    pthread_mutex_unlock(&link->lock);
}

void bw_link_close(struct bw_link *link)
{
    bw_dialer_close(&link->dialer);
    pthread_cond_destroy(&link->changed);
    pthread_mutex_destroy(&link->lock);
}

bool bw_link_is_up(struct bw_link *link)
{
    return link->dialer.pipe != 0;
}

int bw_call_open(struct bw_call *call, struct bw_link *link)
{
    int rv;
    *call = (struct bw_call){.link = link};
    if ((rv = nng_aio_alloc(&call->aio, NULL, NULL)) != 0)
        return bw_nng_error(rv);
    if ((rv = nng_ctx_open(&call->ctx, link->socket)) != 0) {
        nng_aio_free(call->aio);
        return bw_nng_error(rv);
    }
    return 0;
}

void bw_call_close(struct bw_call *call)
{
    nng_ctx_close(call->ctx);
    nng_aio_free(call->aio);
}

void bw_call_cancel(struct bw_call *call)
{
    pthread_mutex_lock(&call->link->lock);
    call->cancelled = true;
    pthread_cond_broadcast(&call->link->changed);
    pthread_mutex_unlock(&call->link->lock);
    nng_aio_stop(call->aio); /* what is under way ends; whatever is begun later fails at once */
}

/* Waits for the connection, or (for_link false) just for the moment to pass. */
static int wait_for(struct bw_call *call, bool for_link, int64_t deadline_us)
{
    struct bw_link *link = call->link;
    bool in_time = true;
    pthread_mutex_lock(&link->lock);
    while (!call->cancelled && !(for_link && link->dialer.pipe) && in_time)
        in_time = bw_cond_wait(&link->changed, &link->lock, deadline_us);
    int err = call->cancelled ? BW_ECLOSED : for_link && !link->dialer.pipe ? BW_EUNAVAILABLE : 0;
    pthread_mutex_unlock(&link->lock);
    return err;
}

int bw_call_pause(struct bw_call *call, int32_t ms)
{
    return wait_for(call, false, bw_deadline_us(ms));
}

static int finish(struct bw_call *call)
{
    nng_aio_wait(call->aio);
    return bw_nng_error(nng_aio_result(call->aio));
}

/* nng takes a timeout of 0 as "now": it must not be given one that has just run out. */
static void limit(struct bw_call *call, int64_t deadline_us)
{
    int32_t ms = bw_left_ms(deadline_us);
    nng_aio_set_timeout(call->aio, ms > 0 ? ms : 1);
}

static int send_once(struct bw_call *call, struct bw_str request, int64_t deadline_us)
{
    nng_msg *msg = bw_nng_message(request, (struct bw_str){NULL, 0});
    if (!msg)
        return BW_ENOMEM;
    limit(call, deadline_us);
    nng_aio_set_msg(call->aio, msg);
    nng_ctx_send(call->ctx, call->aio);
    int err = finish(call);
    if (err)
        nng_msg_free(msg);
    return err == BW_ETIMEDOUT ? BW_EUNAVAILABLE : err;
}

int bw_call_run(struct bw_call *call, struct bw_str request, int64_t deadline_us, bool repeat,
                nng_msg **answer)
{
    int err;
    bool was_sent = false;
    *answer = NULL;
    do {
        if ((err = wait_for(call, true, deadline_us)) != 0 ||
            (err = send_once(call, request, deadline_us)) != 0)
            break;
        was_sent = true;
        limit(call, deadline_us);
        nng_ctx_recv(call->ctx, call->aio);
        err = finish(call);
        if (err == 0)
            *answer = nng_aio_get_msg(call->aio);
    } while (err == BW_EAGAIN && repeat);
    if (was_sent && (err == BW_EUNAVAILABLE || err == BW_EAGAIN))
        return BW_ETIMEDOUT;
    return err;
}

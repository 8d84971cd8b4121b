/* The SUB socket of a subscription. */
#include "inbox.h"

#include <nng/protocol/pubsub0/sub.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "wire/topic.h"

enum {
    INBOX_BYTES_MAX = 32 << 20,
    SOCKET_MESSAGES = 64, /* in nng, before the mailbox */
};

void bw_arrival_free(struct bw_arrival *a)
{
    if (a->msg)
        nng_msg_free(a->msg);
    free(a);
}

/* Takes the message. */
static void post(struct bw_inbox *inbox, nng_msg *msg)
{
    struct bw_arrival *a = malloc(sizeof *a);
    if (!a) {
        if (msg)
            nng_msg_free(msg);
        return;
    }
    *a = (struct bw_arrival){.msg = msg};
    a->mail.weight = sizeof *a + (msg ? nng_msg_len(msg) : 0);
    if (bw_mailbox_post(inbox->box, &a->mail) != 0)
        bw_arrival_free(a);
}

/* On nng's threads. */
static void received(void *arg)
{
    struct bw_inbox *inbox = arg;
    int rv = nng_aio_result(inbox->aio);
    if (rv == 0)
        post(inbox, nng_aio_get_msg(inbox->aio));
    if (rv != NNG_ECLOSED && rv != NNG_ECANCELED)
        nng_recv_aio(inbox->socket, inbox->aio);
}

static void pipe_changed(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct bw_inbox *inbox = arg;
    (void)pipe;
    if (event != NNG_PIPE_EV_ADD_POST)
        return;
    inbox->connected_anew = true;
    post(inbox, NULL); /* if it does not fit, the taker is awake anyway */
}

int bw_inbox_open(struct bw_inbox *inbox)
{
    int rv;
    *inbox = (struct bw_inbox){0};
    int err = bw_mailbox_create(&inbox->box, INBOX_BYTES_MAX, 0);
    if (err)
        return err;
    if ((rv = nng_sub0_open(&inbox->socket)) != 0)
        goto out_box;
    if ((rv = nng_aio_alloc(&inbox->aio, received, inbox)) != 0)
        goto out_socket;
    if ((err = bw_dialer_open(&inbox->dialer, inbox->socket, pipe_changed, inbox)) != 0)
        goto out_aio;
    nng_socket_set_size(inbox->socket, NNG_OPT_RECVMAXSZ, BW_MESSAGE_BYTES_MAX);
    nng_socket_set_int(inbox->socket, NNG_OPT_RECVBUF, SOCKET_MESSAGES);
    return 0;

out_aio:
    nng_aio_free(inbox->aio);
out_socket:
    nng_close(inbox->socket);
out_box:
    bw_mailbox_destroy(&inbox->box);
    return err ? err : bw_nng_error(rv);
}

int bw_inbox_want(struct bw_inbox *inbox, const char *topic)
{
    char prefix[BW_TOPIC_MAX + 1];
    size_t n = strlen(topic);
    if (n >= sizeof prefix)
        return BW_EINVAL;
    memcpy(prefix, topic, n + 1);
    /* The NUL ends the topic in a message: with it, a topic that only begins like this one is not
     * meant. */
    return bw_nng_error(
        nng_socket_set(inbox->socket, NNG_OPT_SUB_SUBSCRIBE, prefix, n > 0 ? n + 1 : 0));
}

int bw_inbox_dial(struct bw_inbox *inbox, const char *base_url, struct nng_tls_config *tls)
{
    nng_recv_aio(inbox->socket, inbox->aio);
    return bw_dialer_dial(&inbox->dialer, base_url, BW_ENDPOINT_PUB, tls);
}

void bw_inbox_stop(struct bw_inbox *inbox)
{
    bw_mailbox_close(inbox->box);
    nng_aio_stop(inbox->aio);
    bw_dialer_close(&inbox->dialer);
}

void bw_inbox_close(struct bw_inbox *inbox)
{
    for (struct bw_mail *m = bw_mailbox_take(inbox->box, 0); m;) {
        struct bw_mail *next = m->next;
        bw_arrival_free((struct bw_arrival *)m);
        m = next;
    }
    nng_aio_free(inbox->aio);
    bw_mailbox_destroy(&inbox->box);
}

struct bw_arrival *bw_inbox_take(struct bw_inbox *inbox)
{
    return (struct bw_arrival *)bw_mailbox_take(inbox->box, -1);
}

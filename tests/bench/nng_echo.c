/* The floor of ingest: nng's own REP socket that does nothing but acknowledge.
 *
 *   nng_echo URL [CONTEXTS]
 *
 * It stores nothing and reads nothing of what it is asked; every answer says that one event was
 * acked. Prints "listening", and ends with its standard input. */
#include <stdio.h>
#include <stdlib.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>

#include "wire/rpc.h"
#include "wire/url.h"

struct call {
    nng_ctx ctx;
    nng_aio *aio;
    bool sending;
};

static struct bw_buf ack;

static void on_event(void *arg)
{
    struct call *c = arg;
    if (nng_aio_result(c->aio) != 0)
        return;
    if (c->sending) {
        c->sending = false;
        nng_ctx_recv(c->ctx, c->aio);
        return;
    }
    nng_msg *message = nng_aio_get_msg(c->aio);
    nng_msg_clear(message);
    if (nng_msg_append(message, ack.data, ack.len) != 0)
        abort();
    nng_aio_set_msg(c->aio, message);
    c->sending = true;
    nng_ctx_send(c->ctx, c->aio);
}

int main(int argc, char **argv)
{
    char url[BW_URL_MAX];
    nng_socket socket;
    if (argc < 2 || bw_bus_url(argv[1], BW_ENDPOINT_REQ, url, sizeof url) < 0) {
        fprintf(stderr, "nng_echo URL [CONTEXTS]\n");
        return 2;
    }
    unsigned long contexts = argc > 2 ? strtoul(argv[2], NULL, 10) : 512;
    bw_rpc_publish_reply_begin(&ack, 1, 1);
    bw_rpc_publish_result_encode(&ack, &(struct bw_publish_result){.id = BW_STR("e"), .seq = 1});
    int rv = nng_rep0_open(&socket);
    if (rv == 0)
        rv = nng_listen(socket, url, NULL, 0);
    if (rv != 0) {
        fprintf(stderr, "%s: %s\n", url, nng_strerror(rv));
        return 1;
    }
    struct call *calls = calloc(contexts, sizeof *calls);
    if (!calls)
        abort();
    for (unsigned long i = 0; i < contexts; i++) {
        if (nng_ctx_open(&calls[i].ctx, socket) != 0 ||
            nng_aio_alloc(&calls[i].aio, on_event, &calls[i]) != 0)
            abort();
        nng_ctx_recv(calls[i].ctx, calls[i].aio);
    }
    printf("listening\n");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    nng_close(socket);
    for (unsigned long i = 0; i < contexts; i++)
        nng_aio_free(calls[i].aio);
    free(calls);
    bw_buf_free(&ack);
    return 0;
}

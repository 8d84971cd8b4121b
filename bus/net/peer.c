/* The life of a connection, and those that wait for a request. See peer.h for the design. */
#include "net/peer.h"

#include <stdlib.h>

void bw_peers_resume(struct bw_server *server)
{
    while (!bw_link_is_alone(&server->waiting) && !server->draining) {
        struct peer *p = BW_LINK_OF(server->waiting.next, struct peer, waiting);
        bw_link_remove(&p->waiting);
        if (!bw_peer_go_on(p, true)) {
            bw_link_insert(server->waiting.next, &p->waiting); /* still the first */
            break;
        }
    }
    atomic_store(&server->wanted, !bw_link_is_alone(&server->waiting));
}

void bw_peer_close(struct peer *p)
{
    if (p->closed)
        return;
    p->closed = true;
    nng_stream_close(p->stream);
    nng_aio_stop(p->recv);
    if (!atomic_load(&p->halting)) /* a receive that begins after the close is never finished */
        p->ended = true;
    bw_peer_drop_ready(p);
    if (!bw_link_is_alone(&p->waiting)) {
        bw_link_remove(&p->waiting);
        p->ended = true;
    }
}

static void free_peer(struct peer *p)
{
    nng_aio_free(p->recv);
    nng_aio_free(p->send);
    nng_stream_free(p->stream);
    atomic_fetch_sub(&p->server->reading_bytes, p->reading_bytes);
    bw_buf_free(&p->in);
    bw_buf_free(&p->out);
    free(p);
}

void bw_peer_free_if_done(struct peer *p)
{
    if (!p->closed || !p->ended || p->sending || p->n_answered < p->n_received)
        return;
    bw_link_remove(&p->link);
    free_peer(p);
}

static void begin(struct peer *p)
{
    bw_link_insert(&p->server->peers, &p->link);
    if (p->server->draining) {
        p->ended = true;
        bw_peer_close(p);
        return;
    }
    bw_peer_greet(p);
    if (!p->closed)
        bw_peer_go_on(p, false); /* there is nothing yet, so it receives */
}

/* The receiving half is here. */
static void run_halted(struct bw_serve_task *task)
{
    struct peer *p = BW_LINK_OF(task, struct peer, halted);
    struct bw_server *server = p->server;
    atomic_store(&p->halting, false);
    if (p->halt == BW_HALT_NEW) {
        begin(p);
    } else if (p->halt == BW_HALT_NO_REQUEST && !p->closed) {
        bw_link_insert(&server->waiting, &p->waiting);
    } else {
        p->ended = true;
        if (!server->draining) /* then it is stopped here, and still gets its answers */
            bw_peer_close(p);
    }
    bw_peers_resume(server);
    bw_peer_free_if_done(p);
}

int bw_peer_open(struct bw_server *server, enum bw_sp_framing framing, nng_stream *stream)
{
    struct peer *p = calloc(1, sizeof *p);
    if (!p) {
        nng_stream_free(stream);
        return BW_ENOMEM;
    }
    p->server = server;
    p->stream = stream;
    p->framing = framing;
    p->ready_last = &p->ready;
    bw_link_init(&p->link);
    bw_link_init(&p->waiting);
    bw_link_init(&p->unsent);
    p->halted.run = run_halted;
    p->sent.run = bw_peer_run_sent;
    if (nng_aio_alloc(&p->recv, bw_peer_on_received, p) != 0 ||
        nng_aio_alloc(&p->send, bw_peer_on_sent, p) != 0) {
        nng_aio_free(p->recv);
        nng_stream_free(stream);
        free(p);
        return BW_ENOMEM;
    }
    bw_peer_halt(p, BW_HALT_NEW);
    return 0;
}

void bw_peers_drain(struct bw_server *server)
{
    for (struct bw_link *l = server->peers.next; l != &server->peers; l = l->next)
        nng_aio_stop(BW_LINK_OF(l, struct peer, link)->recv);
}

void bw_peers_close(struct bw_server *server)
{
    /* First all of them are stopped: what they still post to the thread names them. */
    for (struct bw_link *l = server->peers.next; l != &server->peers; l = l->next) {
        struct peer *p = BW_LINK_OF(l, struct peer, link);
        nng_stream_close(p->stream);
        nng_aio_stop(p->recv);
        nng_aio_stop(p->send);
    }
    struct bw_link *next;
    for (struct bw_link *l = server->peers.next; l != &server->peers; l = next) {
        next = l->next;
        free_peer(BW_LINK_OF(l, struct peer, link));
    }
}

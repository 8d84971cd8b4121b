/* The receiving half of a connection: from bytes to requests. See peer.h for the design. */
#include <string.h>

#include "base/diag.h"
#include "net/peer.h"

enum {
    READ_BYTES = 64 << 10,
    MESSAGE_KEPT_BYTES = 64 << 10, /* of a request's copy; larger ones are given back after use */
    GREETING_TIMEOUT_MS = 10000,
};

void bw_peer_halt(struct peer *p, enum bw_halt why)
{
    p->halt = why;
    atomic_store(&p->halting, true);
    bw_server_post(p->server, &p->halted);
}

/* The connection ends because of what its client said. */
static void hang_up(struct peer *p, int err)
{
    diag_warn("SERVE-BAD-CLIENT", "code=%s limit_bytes=%zu text=\"%s\"; disconnected",
              bw_err_code(err), p->server->options.request_bytes_max,
              err == BW_ETOOBIG ? "a request larger than allowed"
                                : "not what an nng REQ socket says");
    bw_peer_halt(p, BW_HALT_ENDED);
}

static void out_of_memory(struct peer *p)
{
    diag_warn("SERVE-NO-MEMORY", "text=\"no memory for a request\"; its client is disconnected");
    bw_peer_halt(p, BW_HALT_ENDED);
}

/* Makes room for `bytes`, beginning with those that have not become requests yet. */
static bool make_room(struct peer *p, size_t bytes)
{
    size_t left = p->in.len - p->in_at;
    size_t room = bytes > READ_BYTES ? bytes : READ_BYTES;
    if (left > 0)
        memmove(p->in.data, p->in.data + p->in_at, left);
    p->in.len = left;
    p->in_at = 0;
    if (p->in.cap > 4 * READ_BYTES && room == READ_BYTES) { /* what was large has passed */
        struct bw_buf smaller = {0};
        bw_buf_put(&smaller, p->in.data, left);
        bw_buf_free(&p->in);
        p->in = smaller;
    }
    return bw_buf_reserve(&p->in, room - left) != NULL && !p->in.failed;
}

/* Receives until there are `bytes`, or what there is. */
static void receive(struct peer *p, size_t bytes)
{
    if (!make_room(p, bytes)) {
        out_of_memory(p);
        return;
    }
    nng_iov iov = {p->in.data + p->in.len, p->in.cap - p->in.len};
    nng_aio_set_timeout(p->recv, p->greeted ? NNG_DURATION_INFINITE : GREETING_TIMEOUT_MS);
    nng_aio_set_iov(p->recv, 1, &iov);
    nng_stream_recv(p->stream, p->recv);
}

/* Who is not first in line lets those go first that wait already. */
static struct bw_request *take_request(struct bw_server *server, bool first_in_line)
{
    if (!first_in_line && atomic_load(&server->wanted))
        return NULL;
    return (struct bw_request *)bw_mailbox_take_one(server->free, 0);
}

void bw_request_put_back(struct bw_server *server, struct bw_request *request)
{
    if (request->message.cap > MESSAGE_KEPT_BYTES)
        bw_buf_free(&request->message);
    int err = bw_mailbox_post(server->free, &request->task.mail); /* never full, never closed */
    (void)err;
}

/* A request keeps a copy of its message, so that the next read may go over this one. */
static int hand_on(struct peer *p, const struct bw_sp_message *message, bool first_in_line)
{
    struct bw_request *request = take_request(p->server, first_in_line);
    if (!request)
        return BW_EBUSY;
    struct bw_buf *copy = &request->message;
    bw_buf_reset(copy);
    bw_buf_puts(copy, message->route);
    bw_buf_puts(copy, message->body);
    if (copy->failed) {
        bw_request_put_back(p->server, request);
        return BW_ENOMEM;
    }
    request->from = p;
    request->route = (struct bw_str){copy->data, message->route.len};
    request->body = (struct bw_str){copy->data + message->route.len, message->body.len};
    p->n_received++;
    p->server->handler.received(request);
    return 0;
}

/* As bw_sp_read(), of what was received; sees to the greeting, too. */
static int next_message(struct peer *p, struct bw_sp_message *message)
{
    struct bw_str in = {p->in.data + p->in_at, p->in.len - p->in_at};
    if (p->greeted)
        return bw_sp_read(p->framing, in, p->server->options.request_bytes_max, message);
    *message = (struct bw_sp_message){.bytes = BW_SP_GREETING_BYTES};
    if (in.len < BW_SP_GREETING_BYTES)
        return 0;
    if (bw_sp_greeting_check(in.ptr) < 0)
        return BW_EPROTO;
    p->greeted = true;
    return 1;
}

bool bw_peer_go_on(struct peer *p, bool first_in_line)
{
    struct bw_sp_message message;
    int rc;
    while ((rc = next_message(p, &message)) == 1) {
        int err = message.route.len > 0 ? hand_on(p, &message, first_in_line) : 0;
        if (err == BW_EBUSY)
            return false;
        if (err) {
            out_of_memory(p);
            return true;
        }
        p->in_at += message.bytes;
    }
    if (rc < 0)
        hang_up(p, rc);
    else
        receive(p, message.bytes);
    return true;
}

void bw_peer_on_received(void *arg)
{
    struct peer *p = arg;
    if (nng_aio_result(p->recv) != 0) {
        bw_peer_halt(p, BW_HALT_ENDED);
        return;
    }
    p->in.len += nng_aio_count(p->recv);
    if (!bw_peer_go_on(p, false))
        bw_peer_halt(p, BW_HALT_NO_REQUEST);
}

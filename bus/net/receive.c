/* The receiving half of a connection: from bytes to requests. See peer.h for the design. */
#include <string.h>

#include "base/clock.h"
#include "base/diag.h"
#include "net/peer.h"

enum {
    READ_BYTES = 64 << 10,
    READ_KEPT_BYTES = 512 << 10,   /* of a connection's buffer; a larger one is given back */
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
    diag_warn("SERVE-BAD-CLIENT", "code=%s limit_bytes=%zu text=%s; disconnected", bw_err_code(err),
              p->server->options.request_bytes_max,
              err == BW_ETOOBIG ? "a request larger than allowed"
                                : "not what an nng REQ socket says");
    bw_peer_halt(p, BW_HALT_ENDED);
}

static void out_of_memory(struct peer *p)
{
    diag_warn("SERVE-NO-MEMORY", "text=no memory for a request; its client is disconnected");
    bw_peer_halt(p, BW_HALT_ENDED);
}

/* The room for a message of `bytes` of which `left` have come. */
static size_t room_for(size_t bytes, size_t left)
{
    size_t room = 2 * left > READ_BYTES ? 2 * left : READ_BYTES;
    return room < bytes ? room : bytes > READ_BYTES ? bytes : READ_BYTES;
}

/* Takes so many bytes of what the server has for requests that come, or gives some back. One client
 * alone always may. */
static bool charge(struct peer *p, size_t bytes)
{
    atomic_size_t *all = &p->server->reading_bytes;
    size_t mine = p->reading_bytes;
    if (bytes > mine &&
        atomic_fetch_add(all, bytes - mine) + bytes - mine > p->server->options.reading_bytes_max &&
        atomic_load(all) > bytes) {
        atomic_fetch_sub(all, bytes - mine);
        return false;
    }
    if (bytes < mine)
        atomic_fetch_sub(all, mine - bytes);
    if (mine == 0)
        p->request_due_us =
            bw_clock_mono_us() + (int64_t)p->server->options.request_timeout_ms * 1000;
    p->reading_bytes = bytes;
    return true;
}

/* There is no room for the message that is coming: what remains of it is passed over. */
static int drop_message(struct peer *p)
{
    struct bw_str in = {p->in.data + p->in_at, p->in.len - p->in_at};
    struct bw_sp_message message;
    int rc = bw_sp_read_part(p->framing, in, &message);
    if (rc < 0)
        return rc;
    p->dropping = true;
    p->drop_bytes = message.bytes;
    p->dropped_route_bytes = message.route.len;
    memcpy(p->dropped_route, message.route.ptr, message.route.len);
    return 0;
}

/* Makes room for `bytes`, beginning with those that have not become requests yet. */
static bool make_room(struct peer *p, size_t room)
{
    size_t left = p->in.len - p->in_at;
    if (left > 0)
        memmove(p->in.data, p->in.data + p->in_at, left);
    p->in.len = left;
    p->in_at = 0;
    if (p->in.cap > READ_KEPT_BYTES && room == READ_BYTES) { /* what was large has passed */
        struct bw_buf smaller = {0};
        bw_buf_put(&smaller, p->in.data, left);
        bw_buf_free(&p->in);
        p->in = smaller;
    }
    return bw_buf_reserve(&p->in, room - left) != NULL && !p->in.failed;
}

static nng_duration patience_ms(const struct peer *p)
{
    if (!p->greeted)
        return GREETING_TIMEOUT_MS;
    if (p->reading_bytes == 0)
        return NNG_DURATION_INFINITE;
    int64_t ms = (p->request_due_us - bw_clock_mono_us() + 999) / 1000;
    return ms > 0 ? (nng_duration)ms : 1;
}

/* Receives some of the message of so many bytes that the buffer begins with. False: there is no
 * room for it, and nothing happened. */
static bool receive(struct peer *p, size_t bytes)
{
    size_t room = room_for(bytes, p->in.len - p->in_at);
    if (!charge(p, room > READ_BYTES ? room : 0))
        return false;
    if (!make_room(p, room)) {
        out_of_memory(p);
        return true;
    }
    nng_iov iov = {p->in.data + p->in.len, p->in.cap - p->in.len};
    nng_aio_set_timeout(p->recv, patience_ms(p));
    nng_aio_set_iov(p->recv, 1, &iov);
    nng_stream_recv(p->stream, p->recv);
    return true;
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
    request->was_dropped = p->dropping;
    request->route = (struct bw_str){copy->data, message->route.len};
    request->body = (struct bw_str){copy->data + message->route.len, message->body.len};
    p->n_received++;
    p->server->handler.received(request);
    return 0;
}

/* As bw_sp_read(), of the message that is dropped. */
static int pass_over(struct peer *p, size_t here, struct bw_sp_message *message)
{
    size_t n = here < p->drop_bytes ? here : (size_t)p->drop_bytes;
    p->in_at += n;
    p->drop_bytes -= n;
    *message = (struct bw_sp_message){.route = {p->dropped_route, p->dropped_route_bytes},
                                      .body = {"", 0}};
    return p->drop_bytes == 0;
}

/* As bw_sp_read(), of what was received; sees to the greeting, too. */
static int next_message(struct peer *p, struct bw_sp_message *message)
{
    struct bw_str in = {p->in.data + p->in_at, p->in.len - p->in_at};
    if (p->dropping)
        return pass_over(p, in.len, message);
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
    do {
        while ((rc = next_message(p, &message)) == 1) {
            int err = message.route.len > 0 ? hand_on(p, &message, first_in_line) : 0;
            if (err == BW_EBUSY)
                return false;
            if (err) {
                out_of_memory(p);
                return true;
            }
            p->in_at += message.bytes;
            p->dropping = false;
        }
        if (rc == 0)
            rc = receive(p, message.bytes) ? 1 : drop_message(p);
    } while (rc == 0);
    if (rc < 0)
        hang_up(p, rc);
    return true;
}

void bw_peer_on_received(void *arg)
{
    struct peer *p = arg;
    int rv = nng_aio_result(p->recv);
    if (rv != 0) {
        if (rv == NNG_ETIMEDOUT)
            diag_warn("SERVE-CLIENT-SLOW", "greeted=%d timeout_ms=%u", p->greeted,
                      p->greeted ? p->server->options.request_timeout_ms
                                 : (unsigned)GREETING_TIMEOUT_MS);
        bw_peer_halt(p, BW_HALT_ENDED);
        return;
    }
    p->in.len += nng_aio_count(p->recv);
    if (!bw_peer_go_on(p, false))
        bw_peer_halt(p, BW_HALT_NO_REQUEST);
}

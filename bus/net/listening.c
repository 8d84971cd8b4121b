/* Listening, and looking whether it still is so. */
#include "net/listening.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/diag.h"
#include "base/thread.h"
#include "net/socket.h"

enum {
    LOOK_MS = 1000,
    GREETING_MS = 5000, /* of one step: dialing, saying, hearing */
    JOIN_MS = 3000,     /* from the greeting until the socket has the connection */
    STEP_MS = 10,
    GREETING_BYTES = 8,
};

struct place {
    char *endpoint;
    struct nng_tls_config *tls; /* borrowed */
    nng_listener listener;
    bool looked_after, down; /* down: it could not be opened again yet */
    struct place *next;
};

struct bw_listening {
    nng_socket socket;
    atomic_uint n_joined; /* connections that the socket got */
    pthread_mutex_t lock; /* of the places, and of whoever waits */
    pthread_cond_t changed;
    atomic_bool stopping;
    struct place *places;
    struct bw_thread thread;
    nng_aio *aio; /* the thread's own */
};

/* nng's thread. */
static void on_joined(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct bw_listening *l = arg;
    (void)pipe, (void)event;
    atomic_fetch_add(&l->n_joined, 1);
}

/* --- looking --------------------------------------------------------------------------------- */

static int finish(struct bw_listening *l)
{
    nng_aio_wait(l->aio);
    return nng_aio_result(l->aio);
}

/* All of the bytes, or an error. */
static int transfer(struct bw_listening *l, nng_stream *stream, char *bytes,
                    void (*step)(nng_stream *, nng_aio *))
{
    int rv = 0;
    for (size_t at = 0; rv == 0 && at < GREETING_BYTES; at += nng_aio_count(l->aio)) {
        nng_iov iov = {bytes + at, GREETING_BYTES - at};
        nng_aio_set_iov(l->aio, 1, &iov);
        step(stream, l->aio);
        rv = finish(l);
        if (rv != 0)
            break;
    }
    return rv;
}

static bool joins(struct bw_listening *l, unsigned before)
{
    int ms = 0;
    for (; ms < JOIN_MS && !l->stopping && atomic_load(&l->n_joined) == before; ms += STEP_MS)
        nanosleep(&(struct timespec){0, STEP_MS * 1000000L}, NULL);
    return ms < JOIN_MS;
}

/* Dials as a peer of the socket would. False: it was greeted, and then nobody cared; whatever else
 * goes wrong has other reasons, which listening again would not mend. */
static bool is_heard(struct bw_listening *l, const char *endpoint)
{
    nng_stream_dialer *dialer;
    nng_stream *stream = NULL;
    char greeting[GREETING_BYTES] = {0, 'S', 'P'};
    int peer = 0;
    bool heard = true;
    unsigned before = atomic_load(&l->n_joined);
    if (nng_socket_get_int(l->socket, NNG_OPT_PEER, &peer) != 0 ||
        nng_stream_dialer_alloc(&dialer, endpoint) != 0)
        return true;
    greeting[4] = (char)(peer >> 8 & 0xff);
    greeting[5] = (char)(peer & 0xff);
    nng_stream_dialer_dial(dialer, l->aio);
    if (finish(l) == 0) {
        stream = nng_aio_get_output(l->aio, 0);
        if (transfer(l, stream, greeting, nng_stream_send) == 0 &&
            transfer(l, stream, greeting, nng_stream_recv) == 0)
            heard = joins(l, before);
        nng_stream_free(stream);
    }
    nng_stream_dialer_free(dialer);
    return heard;
}

static int listen_at(struct bw_listening *l, struct place *p, struct bw_fault *fault)
{
    return bw_nng_listen(l->socket, p->endpoint, p->tls, &p->listener, fault);
}

/* Where the address is not free at once, it is tried again with the next look. */
static void listen_again(struct bw_listening *l, struct place *p)
{
    struct bw_fault fault;
    if (!p->down)
        nng_listener_close(p->listener);
    int err = listen_at(l, p, &fault);
    if (err)
        diag_error("BUS-NOT-LISTENING", "url=%s text=%s", p->endpoint, fault.message);
    else
        diag_warn("BUS-LISTENS-AGAIN", "url=%s text=nobody was let in any more", p->endpoint);
    p->down = err != 0;
}

/* Places are only added, at the front, so who has one may go on without the lock. */
static void look(struct bw_listening *l)
{
    pthread_mutex_lock(&l->lock);
    struct place *p = l->places;
    pthread_mutex_unlock(&l->lock);
    for (; p && !l->stopping; p = p->next)
        if (p->looked_after && (p->down || !is_heard(l, p->endpoint)) && !l->stopping)
            listen_again(l, p);
}

static void run(void *arg)
{
    struct bw_listening *l = arg;
    struct timespec until;
    while (!l->stopping) {
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += LOOK_MS / 1000;
        pthread_mutex_lock(&l->lock);
        if (!l->stopping)
            pthread_cond_timedwait(&l->changed, &l->lock, &until);
        pthread_mutex_unlock(&l->lock);
        look(l);
    }
}

/* --- opening and closing --------------------------------------------------------------------- */

int bw_listening_open(nng_socket socket, struct bw_listening **out, struct bw_fault *fault)
{
    struct bw_listening *l = *out = calloc(1, sizeof *l);
    if (!l)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    l->socket = socket;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    int rv = nng_aio_alloc(&l->aio, NULL, NULL);
    if (rv == 0)
        nng_aio_set_timeout(l->aio, GREETING_MS);
    if (rv == 0)
        rv = nng_pipe_notify(socket, NNG_PIPE_EV_ADD_POST, on_joined, l);
    if (rv == 0)
        return 0;
    bw_listening_close(out);
    return bw_nng_fault(fault, rv, "cannot watch a socket");
}

void bw_listening_close(struct bw_listening **listening)
{
    struct bw_listening *l = *listening;
    *listening = NULL;
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
    if (l->aio)
        nng_aio_stop(l->aio); /* what the thread waits for */
    bw_thread_join(&l->thread);
    nng_pipe_notify(l->socket, NNG_PIPE_EV_ADD_POST, NULL, NULL);
    nng_aio_free(l->aio);
    for (struct place *p = l->places, *next; p; p = next) {
        next = p->next;
        free(p->endpoint);
        free(p);
    }
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* The thread starts with the first place that it has to look after. */
static int keep(struct bw_listening *l, struct place *p, struct bw_fault *fault)
{
    bool starts = p->looked_after && !l->thread.running;
    if (starts && bw_thread_start(&l->thread, "bw-listening", run, l) < 0)
        return bw_fault(fault, BW_EUNAVAILABLE, "", "no more threads");
    pthread_mutex_lock(&l->lock);
    p->next = l->places;
    l->places = p;
    pthread_mutex_unlock(&l->lock);
    return 0;
}

int bw_listening_add(struct bw_listening *l, const char *endpoint, struct nng_tls_config *tls,
                     struct bw_fault *fault)
{
    struct place *p = calloc(1, sizeof *p);
    char *copy = strdup(endpoint);
    int err = 0;
    if (!p || !copy) {
        err = bw_fault(fault, BW_ENOMEM, "", "out of memory");
        goto out;
    }
    *p = (struct place){.endpoint = copy, .tls = tls};
    p->looked_after = strncmp(endpoint, "ipc://", 6) == 0 || strncmp(endpoint, "tcp://", 6) == 0;
    err = listen_at(l, p, fault);
    if (!err)
        err = keep(l, p, fault);
out:
    if (err) {
        free(copy);
        free(p);
    }
    return err;
}

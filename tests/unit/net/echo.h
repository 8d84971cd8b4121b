/* A server whose answer is "re:" and what was asked; to "no memory" it can make none. It answers at
 * once, or when it is told to. */
#ifndef TEST_NET_ECHO_H
#define TEST_NET_ECHO_H

#include "unit.h"

#include <pthread.h>
#include <unistd.h>
#include <nng/nng.h>

#include "net/serve.h"

enum { HELD_MAX = 256 };

struct question {
    struct bw_request request; /* first */
    struct echo *echo;
};

struct echo {
    struct bw_server *server;
    char dir[32], ipc[64], tcp[64];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool hold;
    struct bw_request *held[HELD_MAX];
    unsigned n_held, n_answered;
    int n_open;
};

static int echo_open(void *ctx, struct bw_request *request)
{
    struct question *q = (struct question *)request;
    q->echo = ctx;
    q->echo->n_open++;
    return 0;
}

static void echo_close(struct bw_request *request)
{
    ((struct question *)request)->echo->n_open--;
}

static void echo_received(struct bw_request *request)
{
    struct echo *e = ((struct question *)request)->echo;
    pthread_mutex_lock(&e->lock);
    bool hold = e->hold;
    if (hold)
        e->held[e->n_held++] = request;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
    if (!hold)
        bw_serve_answer(request);
}

static void echo_answer(struct bw_request *request, struct bw_buf *out)
{
    struct echo *e = ((struct question *)request)->echo;
    bw_buf_puts(out, BW_STR("re:"));
    bw_buf_puts(out, request->was_dropped ? BW_STR("dropped") : request->body);
    out->failed = out->failed || bw_str_is(request->body, "no memory");
    pthread_mutex_lock(&e->lock);
    e->n_answered++;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
}

static void echo_start(struct echo *e, struct bw_serve_options options)
{
    struct bw_fault fault = {0};
    *e = (struct echo){.hold = false};
    strcpy(e->dir, "/tmp/bw-net-XXXXXX");
    assert_non_null(mkdtemp(e->dir));
    snprintf(e->ipc, sizeof e->ipc, "ipc://%s/req", e->dir);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->changed, NULL);
    if (!options.requests)
        options.requests = 64;
    if (!options.request_bytes_max)
        options.request_bytes_max = 8 << 20;
    if (!options.answer_timeout_ms)
        options.answer_timeout_ms = 60000;
    if (!options.request_timeout_ms)
        options.request_timeout_ms = 60000;
    if (!options.reading_bytes_max)
        options.reading_bytes_max = 64 << 20;
    const struct bw_serve_handler handler = {
        .ctx = e,
        .request_bytes = sizeof(struct question),
        .init = echo_open,
        .fini = echo_close,
        .received = echo_received,
        .answer = echo_answer,
    };
    assert_int_equal(bw_serve_start(&options, &handler, &e->server, &fault), 0);
    assert_int_equal(bw_serve_listen(e->server, e->ipc, NULL, &fault), 0);
}

/* Listens on some free port, too. */
static inline void echo_listen_tcp(struct echo *e)
{
    struct bw_fault fault = {0};
    int err = BW_EEXIST;
    for (int port = 20000 + getpid() % 20000; err == BW_EEXIST; port++) {
        snprintf(e->tcp, sizeof e->tcp, "tcp://127.0.0.1:%d", port);
        err = bw_serve_listen(e->server, e->tcp, NULL, &fault);
    }
    assert_int_equal(err, 0);
}

static inline void echo_hold(struct echo *e)
{
    pthread_mutex_lock(&e->lock);
    e->hold = true;
    pthread_mutex_unlock(&e->lock);
}

static inline void echo_wait(struct echo *e, const unsigned *count, unsigned n)
{
    pthread_mutex_lock(&e->lock);
    while (*count < n)
        pthread_cond_wait(&e->changed, &e->lock);
    pthread_mutex_unlock(&e->lock);
}

/* Answers what was held, and whatever comes from now on. */
static inline void echo_release(struct echo *e)
{
    pthread_mutex_lock(&e->lock);
    e->hold = false;
    for (unsigned i = 0; i < e->n_held; i++)
        bw_serve_answer(e->held[i]);
    e->n_held = 0;
    pthread_mutex_unlock(&e->lock);
}

static void echo_stop(struct echo *e)
{
    bw_serve_stop(&e->server);
    assert_null(e->server);
    assert_int_equal(e->n_open, 0);
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
    rmdir(e->dir);
}

static inline void echo_finish(struct echo *e)
{
    bw_serve_drain(e->server);
    echo_stop(e);
}

#endif

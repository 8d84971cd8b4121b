/* The server: its thread, its requests, its life. See serve.h for the design. */
#include "net/serve.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "net/inside.h"

BW_COUNTER(answers_lost, "bellwire_serve_answers_lost_total",
           "Answers that could not be made, or whose client had gone or did not take them.");

void bw_server_count_lost(void)
{
    bw_metric_add(&answers_lost, 1);
}

void bw_server_post(struct bw_server *server, struct bw_serve_task *task)
{
    int err = bw_mailbox_post(server->box, &task->mail); /* has no bound, and closes last */
    (void)err;
}

void bw_serve_answer(struct bw_request *request)
{
    bw_server_post(request->server, &request->task);
}

void bw_serve_answer_all(struct bw_request *first)
{
    int err = bw_mailbox_post_all(first->server->box, &first->task.mail);
    (void)err;
}

struct bw_request *bw_request_at(const struct bw_server *server, char *requests, uint32_t i)
{
    return (struct bw_request *)(requests + i * server->handler.request_bytes);
}

char *bw_requests_open(struct bw_server *server, uint32_t n)
{
    char *requests = calloc(n, server->handler.request_bytes);
    int err = requests ? 0 : BW_ENOMEM;
    for (uint32_t i = 0; !err && i < n; i++) {
        struct bw_request *request = bw_request_at(server, requests, i);
        request->server = server;
        err = server->handler.init(server->handler.ctx, request);
    }
    if (err)
        bw_requests_close(server, requests, n);
    return err ? NULL : requests;
}

void bw_requests_close(struct bw_server *server, char *requests, uint32_t n)
{
    for (uint32_t i = 0; requests && i < n; i++) {
        struct bw_request *request = bw_request_at(server, requests, i);
        if (request->server)
            server->handler.fini(request);
        bw_buf_free(&request->message);
    }
    free(requests);
}

static void run(void *arg)
{
    struct bw_server *server = arg;
    while (!server->stopping || server->n_sending > 0) {
        struct bw_mail *mail = bw_mailbox_take(server->box, -1);
        while (mail) {
            struct bw_serve_task *task = (struct bw_serve_task *)mail;
            mail = mail->next; /* a task may end the life of what it is in */
            task->run(task);
        }
        bw_peers_flush(server);
    }
}

/* --- Things the owner's thread wants from bw-serve, and waits for -------------------------------
 */

struct errand {
    struct bw_serve_task task;
    struct bw_server *server;
    sem_t done;
};

static void drain(struct bw_serve_task *task)
{
    struct errand *errand = (struct errand *)task;
    errand->server->draining = true;
    bw_peers_drain(errand->server);
    sem_post(&errand->done);
}

static void stop(struct bw_serve_task *task)
{
    struct errand *errand = (struct errand *)task;
    errand->server->stopping = true;
    errand->server->stop_due_us =
        bw_clock_mono_us() + (int64_t)errand->server->options.answer_timeout_ms * 1000;
    sem_post(&errand->done);
}

static void send_on_errand(struct bw_server *server, void (*what)(struct bw_serve_task *))
{
    struct errand errand = {.task.run = what, .server = server};
    sem_init(&errand.done, 0, 0);
    bw_server_post(server, &errand.task);
    while (sem_wait(&errand.done) < 0 && errno == EINTR)
        ;
    sem_destroy(&errand.done);
}

/* --- Life ----------------------------------------------------------------------------------------
 */

static int open_requests(struct bw_server *server)
{
    int err = bw_mailbox_create(&server->box, SIZE_MAX, 0);
    if (!err)
        err = bw_mailbox_create(&server->free, SIZE_MAX, 0);
    if (err)
        return err;
    server->requests = bw_requests_open(server, server->options.requests);
    for (uint32_t i = 0; server->requests && !err && i < server->options.requests; i++) {
        struct bw_request *request = bw_request_at(server, server->requests, i);
        request->task.run = bw_peer_answer;
        err = bw_mailbox_post(server->free, &request->task.mail);
    }
    return server->requests ? err : BW_ENOMEM;
}

int bw_serve_start(const struct bw_serve_options *options, const struct bw_serve_handler *handler,
                   struct bw_server **out, struct bw_fault *fault)
{
    *out = NULL;
    struct bw_server *server = calloc(1, sizeof *server);
    if (!server)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    server->options = *options;
    server->handler = *handler;
    atomic_init(&server->reading_bytes, 0);
    atomic_init(&server->wanted, false);
    bw_link_init(&server->peers);
    bw_link_init(&server->waiting);
    bw_link_init(&server->unsent);
    int err = open_requests(server);
    if (err)
        bw_fault(fault, err, "bus-contexts", "no memory for %u requests", options->requests);
    else if (bw_thread_start(&server->thread, "bw-serve", run, server) < 0)
        err = bw_fault(fault, BW_EUNAVAILABLE, "", "cannot start the thread that answers");
    if (err) {
        bw_serve_stop(&server);
        return err;
    }
    *out = server;
    return 0;
}

int bw_serve_listen(struct bw_server *server, const char *endpoint, struct nng_tls_config *tls,
                    struct bw_fault *fault)
{
    if (strncmp(endpoint, "inproc://", strlen("inproc://")) == 0)
        return bw_rep_listen(server, endpoint, fault);
    return bw_listener_open(server, endpoint, tls, fault);
}

void bw_serve_drain(struct bw_server *server)
{
    if (server->rep)
        bw_rep_drain(server->rep);
    bw_listeners_stop(server);
    send_on_errand(server, drain);
}

void bw_serve_stop(struct bw_server **server)
{
    struct bw_server *s = *server;
    *server = NULL;
    if (!s)
        return;
    if (s->thread.running)
        send_on_errand(s, stop);
    bw_thread_join(&s->thread);
    bw_rep_stop(&s->rep);
    bw_peers_close(s);
    bw_listeners_close(s);
    bw_requests_close(s, s->requests, s->options.requests);
    bw_mailbox_destroy(&s->free);
    bw_mailbox_destroy(&s->box);
    free(s);
}

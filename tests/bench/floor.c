/* The floor: the least that any server could do. It answers the opening handshake, ignores what
 * clients say, and copies ready frames from one contiguous buffer into every socket with send().
 * No protocol, no bus, no journal; nothing can be asked of it but speed.
 *
 *   floor FRAME_FILE THREADS       prints "port N"; then reads lines from stdin:
 *     go EVENTS RATE               sends EVENTS frames to everybody, RATE a second (0: at once)
 *
 * FRAME_FILE holds one frame's JSON, as Bellwire sent it (frames.h). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frames.h"

enum { CLIENTS_MAX = 20000, THREADS_MAX = 8, SEND_MAX = 256 << 10 };

/* The accept key of the one client key that the generator uses. */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct client {
    int fd, blocked;
    size_t sent;
};

struct worker {
    pthread_t thread;
    int epoll, bell;
    struct client clients[CLIENTS_MAX];
    size_t n;
};

static struct worker workers[THREADS_MAX];
static unsigned n_workers;
static char template[4096], *frames;
static size_t frame_len;
static _Atomic size_t head; /* bytes of `frames` that are to be sent */

static void load_frame(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f)
        bench_die(path);
    size_t n = fread(template + 4, 1, sizeof template - 4, f);
    fclose(f);
    template[0] = (char)0x81;
    template[1] = 126;
    template[2] = (char)(n >> 8);
    template[3] = (char)n;
    frame_len = n + 4;
    if (n < 126 || bench_digits(template, frame_len, "\"n\":") < 0 ||
        bench_digits(template, frame_len, "\"t\":") < 0)
        exit((fprintf(stderr, "%s: not a frame of at least 126 bytes with n and t\n", path), 1));
}

static void stamp(size_t i)
{
    char *frame = frames + i * frame_len;
    bench_put(frame + bench_digits(frame, frame_len, "\"t\":"), T_DIGITS, bench_wall_us());
}

static void make_frames(size_t n)
{
    ptrdiff_t at = bench_digits(template, frame_len, "\"n\":");
    free(frames);
    frames = malloc(n * frame_len);
    if (!frames)
        bench_die("frames");
    for (size_t i = 0; i < n; i++) {
        memcpy(frames + i * frame_len, template, frame_len);
        bench_put(frames + i * frame_len + at, N_DIGITS, FIRST_N + (int64_t)i);
        stamp(i);
    }
}

static void push(struct worker *w, struct client *c, size_t to)
{
    while (c->sent < to && !c->blocked) {
        size_t want = to - c->sent < SEND_MAX ? to - c->sent : SEND_MAX;
        ssize_t n = send(c->fd, frames + c->sent, want, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            c->sent += (size_t)n;
        if (n < (ssize_t)want) {
            struct epoll_event e = {.events = EPOLLOUT | EPOLLONESHOT, .data.ptr = c};
            c->blocked = 1;
            epoll_ctl(w->epoll, EPOLL_CTL_MOD, c->fd, &e);
        }
    }
}

static void *run(void *arg)
{
    struct worker *w = arg;
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(w->epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;
            uint64_t count;
            if (c) {
                c->blocked = 0;
                push(w, c, atomic_load(&head));
            } else if (read(w->bell, &count, sizeof count) > 0) {
                size_t to = atomic_load(&head);
                for (size_t k = 0; k < w->n; k++)
                    push(w, &w->clients[k], to);
            }
        }
    }
    return NULL;
}

static void greet(int fd, struct worker *w)
{
    static const char answer[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n";
    char request[4096];
    size_t got = 0;
    int one = 1;
    while (got < 4 || memcmp(request + got - 4, "\r\n\r\n", 4) != 0) {
        ssize_t n = recv(fd, request + got, sizeof request - got, 0);
        if (n <= 0)
            bench_die("handshake");
        got += (size_t)n;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (send(fd, answer, sizeof answer - 1, 0) < 0)
        bench_die("handshake");
    struct client *c = &w->clients[w->n];
    struct epoll_event e = {.events = 0, .data.ptr = c};
    *c = (struct client){.fd = fd};
    epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e);
    w->n++; /* workers look at it only after the next bell, which orders this before */
}

static void *accept_all(void *arg)
{
    for (unsigned i = 0;; i++) {
        int fd = accept(*(int *)arg, NULL, NULL);
        if (fd < 0)
            bench_die("accept");
        greet(fd, &workers[i % n_workers]);
    }
    return NULL;
}

static void ring(void)
{
    uint64_t one = 1;
    for (unsigned i = 0; i < n_workers; i++)
        if (write(workers[i].bell, &one, sizeof one) < 0)
            bench_die("bell");
}

static void go(size_t n_events, int64_t rate)
{
    make_frames(n_events);
    int64_t start = bench_wall_us();
    for (size_t i = 0; rate && i < n_events; i++) {
        int64_t wait = start + (int64_t)i * 1000000 / rate - bench_wall_us();
        if (wait > 0)
            usleep((useconds_t)wait);
        stamp(i);
        atomic_store(&head, (i + 1) * frame_len);
        ring();
    }
    if (!rate) {
        atomic_store(&head, n_events * frame_len);
        ring();
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    if (argc != 3)
        return fprintf(stderr, "usage: floor FRAME_FILE THREADS\n"), 2;
    load_frame(argv[1]);
    n_workers = (unsigned)atoi(argv[2]) % (THREADS_MAX + 1);
    for (unsigned i = 0; i < n_workers; i++) {
        struct worker *w = &workers[i];
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
        w->epoll = epoll_create1(0);
        w->bell = eventfd(0, EFD_NONBLOCK);
        epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->bell, &e);
        pthread_create(&w->thread, NULL, run, w);
    }
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 1024) != 0)
        bench_die("listen");
    getsockname(listener, (struct sockaddr *)&at, &len);
    pthread_t acceptor;
    pthread_create(&acceptor, NULL, accept_all, &listener);
    printf("port %d\n", ntohs(at.sin_port));
    fflush(stdout);
    long long events, rate;
    while (scanf(" go %lld %lld", &events, &rate) == 2)
        go((size_t)events, rate);
    return 0;
}

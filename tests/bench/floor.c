/* The floor: the least that any server could do. It answers the opening handshake, does not look at
 * what clients say, and copies ready frames from one contiguous buffer into every socket with
 * send(). No protocol, no bus, no journal; nothing can be asked of it but speed.
 *
 *   floor FRAME_FILE THREADS       prints "port N"; then reads lines from stdin:
 *     go EVENTS RATE               sends EVENTS frames to everybody, RATE a second (0: at once)
 *     each EVENTS RATE             sends every frame to one client, in turn, numbered for each
 *     back EVENTS                  from now on, whoever comes and says anything is told that it is
 *                                  subscribed where the last replay ended, FIRST_N at first, and
 *                                  gets EVENTS frames behind that
 *
 * FRAME_FILE holds one frame's JSON, as Bellwire sent it (frames.h). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frames.h"

enum { CLIENTS_MAX = 20000, THREADS_MAX = 8, SEND_MAX = 256 << 10 };

/* The accept key of the one client key that the generator uses. */
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

enum state { SHAKING, MUTE, FED }; /* MUTE: has to say something before it gets anything */

struct client {
    int fd, blocked;
    enum state state;
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
static atomic_bool asked_first;

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

/* The template's cursor becomes one of a fixed width; where its seq is. */
static ptrdiff_t widen_cursor(void)
{
    static const char key[] = "\"cursor\":\"", cursor[] = "00000000.1000000000";
    char *from = memmem(template, frame_len, key, sizeof key - 1);
    char *to = from ? memchr(from + sizeof key - 1, '"', 64) : NULL;
    if (!to || frame_len + sizeof cursor > sizeof template)
        exit((fprintf(stderr, "the frame has no cursor\n"), 1));
    from += sizeof key - 1;
    size_t rest = (size_t)(template + frame_len - to);
    memmove(from + sizeof cursor - 1, to, rest);
    memcpy(from, cursor, sizeof cursor - 1);
    frame_len = (size_t)(from - template) + sizeof cursor - 1 + rest;
    template[2] = (char)((frame_len - 4) >> 8);
    template[3] = (char)(frame_len - 4);
    return from + 9 - template;
}

static void make_replay(size_t n)
{
    static int64_t seq = FIRST_N;
    static const char subscribed[] =
        "\x81\x34{\"type\":\"subscribed\",\"cursor\":\"00000000.1000000000\"}";
    const size_t first = sizeof subscribed - 1;
    ptrdiff_t at = widen_cursor();
    free(frames);
    frames = malloc(first + n * frame_len);
    if (!frames)
        bench_die("frames");
    memcpy(frames, subscribed, first);
    bench_put(frames + first - 2 - N_DIGITS, N_DIGITS, seq);
    for (size_t i = 0; i < n; i++) {
        char *frame = frames + first + i * frame_len;
        memcpy(frame, template, frame_len);
        bench_put(frame + at, N_DIGITS, ++seq);
    }
    atomic_store(&head, first + n * frame_len);
    asked_first = true;
}

static void watch(struct worker *w, struct client *c, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    if (epoll_ctl(w->epoll, EPOLL_CTL_MOD, c->fd, &e) != 0)
        bench_die("epoll_ctl");
}

static void push(struct worker *w, struct client *c, size_t to)
{
    while (c->sent < to && !c->blocked) {
        size_t want = to - c->sent < SEND_MAX ? to - c->sent : SEND_MAX;
        ssize_t n = send(c->fd, frames + c->sent, want, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0)
            c->sent += (size_t)n;
        if (n < (ssize_t)want) {
            c->blocked = 1;
            watch(w, c, EPOLLOUT | EPOLLONESHOT);
        }
    }
}

static void greet(struct worker *w, struct client *c)
{
    static const char answer[] =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " ACCEPT "\r\n\r\n";
    c->state = asked_first ? MUTE : FED;
    watch(w, c, asked_first ? EPOLLIN : 0);
    if (send(c->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0)
        bench_die("handshake");
}

/* Requests are short, and come in one piece. */
static void listen_to(struct worker *w, struct client *c)
{
    char said[4096];
    ssize_t n = recv(c->fd, said, sizeof said, MSG_DONTWAIT);
    if (n <= 0) {
        close(c->fd);
    } else if (c->state == SHAKING) {
        greet(w, c);
    } else if (c->state == MUTE) {
        c->state = FED;
        push(w, c, atomic_load(&head));
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
            if (c && (events[i].events & EPOLLIN)) {
                listen_to(w, c);
            } else if (c) {
                c->blocked = 0;
                push(w, c, atomic_load(&head));
            } else if (read(w->bell, &count, sizeof count) > 0) {
                size_t to = atomic_load(&head);
                for (size_t k = 0; k < w->n; k++)
                    if (w->clients[k].state == FED)
                        push(w, &w->clients[k], to);
            }
        }
    }
    return NULL;
}

static void *accept_all(void *arg)
{
    for (unsigned i = 0;; i++) {
        struct worker *w = &workers[i % n_workers];
        struct client *c = &w->clients[w->n];
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        int one = 1, fd = w->n < CLIENTS_MAX ? accept(*(int *)arg, NULL, NULL) : -1;
        if (fd < 0)
            bench_die("accept");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        *c = (struct client){.fd = fd};
        epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e);
        w->n++; /* it is fed after the next bell or by its own words, which orders this before */
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

static void wait_for(int64_t start_us, size_t i, int64_t rate)
{
    int64_t wait = start_us + (int64_t)i * 1000000 / rate - bench_wall_us();
    if (wait > 0)
        usleep((useconds_t)wait);
}

static void each(size_t n_events, int64_t rate)
{
    size_t n_clients = 0;
    int64_t start = bench_wall_us();
    for (unsigned i = 0; i < n_workers; i++)
        n_clients += workers[i].n;
    ptrdiff_t n = bench_digits(template, frame_len, "\"n\":");
    ptrdiff_t t = bench_digits(template, frame_len, "\"t\":");
    for (size_t i = 0; i < n_events; i++) {
        size_t k = i % n_clients;
        wait_for(start, i, rate);
        bench_put(template + n, N_DIGITS, FIRST_N + (int64_t)(i / n_clients));
        bench_put(template + t, T_DIGITS, bench_wall_us());
        int fd = workers[k % n_workers].clients[k / n_workers].fd;
        if (send(fd, template, frame_len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)frame_len)
            bench_die("send");
    }
}

static void go(size_t n_events, int64_t rate)
{
    make_frames(n_events);
    int64_t start = bench_wall_us();
    for (size_t i = 0; rate && i < n_events; i++) {
        wait_for(start, i, rate);
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
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 4096) != 0)
        bench_die("listen");
    getsockname(listener, (struct sockaddr *)&at, &len);
    pthread_t acceptor;
    pthread_create(&acceptor, NULL, accept_all, &listener);
    printf("port %d\n", ntohs(at.sin_port));
    fflush(stdout);
    char command[8];
    long long events, rate;
    while (scanf("%7s %lld", command, &events) == 2)
        if (strcmp(command, "back") == 0)
            make_replay((size_t)events);
        else if (scanf("%lld", &rate) == 1)
            (strcmp(command, "each") == 0 ? each : go)((size_t)events, rate);
    return 0;
}

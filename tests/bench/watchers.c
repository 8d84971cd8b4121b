/* The load generator: many clients of WebSockets or of server-sent events in one process. It reads
 * every byte that it is sent, walks every frame, counts the events in them, checks that each client
 * gets every number from the first on without a gap, and answers pings as a browser does. One
 * thread, so that the server keeps the other core.
 *
 *   watchers PORT PATH CLIENTS STUCK EVENTS SECONDS [SUBSCRIBE_JSON | sse | sse-greeted]
 *
 * Connects, subscribes (with SSE the path says to what; "greeted": the server answers), prints
 * "ready". A # in the JSON becomes the client's number. The first STUCK clients never read again.
 * Ends when every other client has EVENTS events, or after SECONDS. Prints one JSON object. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ws_client.h"

enum {
    READ_BYTES = 1 << 20,
    KEEP_MAX = 8192,
    LATENCY_STEP_US = 10,
    LATENCY_STEPS = 1 << 21, /* up to 20 s; what takes longer counts as that */
};

struct client {
    int fd;
    unsigned kept; /* bytes of an unfinished frame, in keep */
    char *keep;    /* allocated while a frame is unfinished */
    int64_t next_n;
    uint64_t events;
};

static struct {
    bool is_sse;
    struct client *clients;
    size_t n_clients, n_stuck, n_done, n_lost_connections, n_ready;
    uint64_t target, events, gaps, bytes, pings;
    int64_t first_us, last_us;
    ptrdiff_t n_hint, t_hint; /* where the digits stood in the frame before */
    uint32_t *latency;        /* how many events took so many steps */
    uint64_t n_latencies;
} all;

static ptrdiff_t find(const char *frame, size_t len, const char *key, ptrdiff_t *hint)
{
    if (*hint >= 4 && (size_t)*hint + T_DIGITS <= len && memcmp(frame + *hint - 4, key, 4) == 0)
        return *hint;
    ptrdiff_t at = bench_digits(frame, len, key);
    if (at >= 0)
        *hint = at;
    return at;
}

static void on_event(struct client *c, const char *payload, size_t len, ptrdiff_t at, int64_t now)
{
    int64_t n = bench_get(payload + at, N_DIGITS);
    if (n != c->next_n)
        all.gaps++;
    c->next_n = n + 1;
    all.events++;
    if (!all.first_us)
        all.first_us = now;
    all.last_us = now;
    ptrdiff_t t = find(payload, len, "\"t\":", &all.t_hint);
    if (t >= 0) {
        int64_t step = (now - bench_get(payload + t, T_DIGITS)) / LATENCY_STEP_US;
        all.latency[step < 0 ? 0 : step < LATENCY_STEPS ? step : LATENCY_STEPS - 1]++;
        all.n_latencies++;
    }
    if (++c->events == all.target)
        all.n_done++;
}

static void on_frame(struct client *c, const char *payload, size_t len, int64_t now)
{
    ptrdiff_t at = find(payload, len, "\"n\":", &all.n_hint);
    if (at >= 0)
        on_event(c, payload, len, at, now);
    else if (memmem(payload, len, "\"subscribed\"", 12))
        all.n_ready++;
    else if (memmem(payload, len, "\"error\"", 7))
        exit((fprintf(stderr, "refused: %.*s\n", (int)len, payload), 1));
}

/* Walks whole frames; returns how many bytes they were. */
static size_t walk_blocks(struct client *c, const char *p, size_t n, int64_t now)
{
    size_t done = 0;
    const char *end;
    while ((end = memmem(p + done, n - done, "\n\n", 2)) != NULL) {
        size_t len = (size_t)(end - p) - done;
        on_frame(c, p + done, len, now);
        done += len + 2;
    }
    return done;
}

static size_t walk_frames(struct client *c, const char *p, size_t n, int64_t now)
{
    struct bench_frame frame;
    size_t done = 0;
    for (; bench_frame_at(p + done, n - done, &frame); done += frame.size) {
        if (frame.opcode == OP_TEXT) {
            on_frame(c, frame.payload, frame.len, now);
        } else if (frame.opcode == OP_PING) {
            bench_send_frame(c->fd, OP_PONG, frame.payload, frame.len);
            all.pings++;
        }
    }
    return done;
}

static void on_readable(struct client *c, int epoll)
{
    static char buffer[KEEP_MAX + READ_BYTES];
    memcpy(buffer, c->keep ? c->keep : "", c->kept);
    ssize_t got = recv(c->fd, buffer + c->kept, READ_BYTES, MSG_DONTWAIT);
    if (got <= 0) {
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        all.n_lost_connections++;
        epoll_ctl(epoll, EPOLL_CTL_DEL, c->fd, NULL);
        return;
    }
    all.bytes += (uint64_t)got;
    size_t have = c->kept + (size_t)got, done;
    done = (all.is_sse ? walk_blocks : walk_frames)(c, buffer, have, bench_wall_us());
    c->kept = (unsigned)(have - done);
    if (c->kept > KEEP_MAX)
        exit((fprintf(stderr, "a frame larger than %d bytes\n", KEEP_MAX), 1));
    if (c->kept && !c->keep && !(c->keep = malloc(KEEP_MAX)))
        bench_die("memory");
    if (c->kept) {
        memcpy(c->keep, buffer + done, c->kept);
    } else {
        free(c->keep);
        c->keep = NULL;
    }
}

static void connect_client(struct client *c, size_t i, int port, const char *path)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    char request[512], answer[2048];
    size_t got = 0;
    int one = 1, small = 4096;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(i / 10000)); /* ports run out */
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    /* The port is chosen when it is known to whom: one that only rests after another row's
     * connection to another server is free for this one. */
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (i < all.n_stuck)
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
        bench_die("connect");
    int n = all.is_sse ? snprintf(request, sizeof request,
                                  "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                  "Accept: text/event-stream\r\n\r\n",
                                  path)
                       : snprintf(request, sizeof request, BENCH_HANDSHAKE, path);
    if (send(c->fd, request, (size_t)n, MSG_NOSIGNAL) < 0)
        bench_die("handshake");
    do { /* byte by byte: what follows the answer is frames already */
        if (got == sizeof answer || recv(c->fd, answer + got, 1, 0) != 1)
            exit((fprintf(stderr, "handshake: %.*s\n", (int)got, answer), 1));
        got++;
    } while (got < 4 || memcmp(answer + got - 4, "\r\n\r\n", 4) != 0);
    if (!memmem(answer, got, all.is_sse ? " 200 " : " 101 ", 5))
        exit((fprintf(stderr, "handshake: %.*s\n", (int)got, answer), 1));
}

static void ask(const struct client *c, size_t i, const char *json)
{
    char text[1000];
    const char *hash = strchr(json, '#');
    int before = hash ? (int)(hash - json) : (int)strlen(json);
    int n = hash ? snprintf(text, sizeof text, "%.*s%zu%s", before, json, i, hash + 1)
                 : snprintf(text, sizeof text, "%s", json);
    bench_send_frame(c->fd, OP_TEXT, text, (size_t)n);
}

/* The time within which that share of all events came. */
static long percentile_us(double share)
{
    uint64_t wanted = (uint64_t)((double)all.n_latencies * share), seen = 0;
    long step = 0;
    while (step < LATENCY_STEPS - 1 && (seen += all.latency[step]) < wanted)
        step++;
    return (step + 1) * LATENCY_STEP_US;
}

static void report(void)
{
    double s = (double)(all.last_us - all.first_us) / 1e6;
    printf(
        "{\"clients\":%zu,\"complete\":%zu,\"events\":%llu,\"bytes\":%llu,\"gaps\":%llu,"
        "\"lost_connections\":%zu,\"pings\":%llu,\"seconds\":%.6f,\"p50_us\":%ld,\"p99_us\":%ld}\n",
        all.n_clients - all.n_stuck, all.n_done, (unsigned long long)all.events,
        (unsigned long long)all.bytes, (unsigned long long)all.gaps, all.n_lost_connections,
        (unsigned long long)all.pings, s, percentile_us(0.5), percentile_us(0.99));
}

static void poll_until(int epoll, int64_t deadline_us, bool (*enough)(void))
{
    while (!enough() && bench_wall_us() < deadline_us) {
        struct epoll_event events[512];
        int n = epoll_wait(epoll, events, 512, 100);
        for (int i = 0; i < n; i++)
            on_readable(events[i].data.ptr, epoll);
    }
}

static bool all_subscribed(void)
{
    return all.n_ready >= all.n_clients - all.n_stuck;
}

static bool all_complete(void)
{
    return all.n_done + all.n_lost_connections >= all.n_clients - all.n_stuck;
}

int main(int argc, char **argv)
{
    if (argc < 7)
        return fprintf(stderr, "usage: watchers PORT PATH CLIENTS STUCK EVENTS SECONDS [JSON]\n"),
               2;
    all.n_clients = strtoul(argv[3], NULL, 10);
    all.n_stuck = strtoul(argv[4], NULL, 10);
    all.target = strtoull(argv[5], NULL, 10);
    int64_t seconds = atoll(argv[6]);
    const char *subscribe = argc > 7 ? argv[7] : NULL;
    all.is_sse = subscribe && strncmp(subscribe, "sse", 3) == 0;
    bool is_greeted = subscribe && strcmp(subscribe, "sse") != 0;
    all.clients = calloc(all.n_clients, sizeof *all.clients);
    all.latency = calloc(LATENCY_STEPS, sizeof *all.latency);
    int epoll = epoll_create1(0);
    if (!all.clients || !all.latency || epoll < 0)
        bench_die("start");
    for (size_t i = 0; i < all.n_clients; i++) {
        struct client *c = &all.clients[i];
        c->next_n = FIRST_N;
        connect_client(c, i, atoi(argv[1]), argv[2]);
        if (subscribe && !all.is_sse)
            ask(c, i, subscribe);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        if (i >= all.n_stuck && epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e) != 0)
            bench_die("epoll_ctl");
    }
    if (is_greeted)
        poll_until(epoll, bench_wall_us() + 60 * 1000000LL, all_subscribed);
    puts("ready");
    fflush(stdout);
    poll_until(epoll, bench_wall_us() + seconds * 1000000, all_complete);
    report();
    return 0;
}

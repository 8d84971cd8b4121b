/* A resume storm: many WebSocket clients that all lose their connection, and all come back at once,
 * each with its own cursor. One thread, so that the server keeps the other core.
 *
 *   storm PORT PATH CLIENTS TOPIC
 *
 * Connects, subscribes, prints "ready", and follows what is told. Then it does what standard input
 * says: `cut SEQ` drops every connection when each has come to SEQ and prints "cut"; `resume SEQ
 * EVENTS` connects all of them anew, with one call after the other and no waiting, and prints one
 * JSON object when each has been told of every event up to SEQ: each seq must be greater than the
 * one before, and there must have been EVENTS of them. Ends with its input. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ws_client.h"

enum { READ_BYTES = 1 << 18, KEEP_MAX = 8192, PATIENCE_MS = 60000 };

enum state { CONNECTING, SHAKING, ASKING, FOLLOWING };

struct client {
    int fd;
    enum state state;
    unsigned kept;
    char keep[KEEP_MAX]; /* of an unfinished frame */
    uint64_t seq;        /* of the last event */
    uint64_t events;     /* since it came back */
};

static struct {
    struct client *clients;
    size_t n;
    int epoll, port;
    const char *path, *topic;
    char epoch[16];
    uint64_t target, wanted; /* the last event's seq, and how many up to it */
    int64_t start_us, shaken_us, asked_us, done_us; /* when the last one was */
    size_t n_shaken, n_following, n_done;
    uint64_t events, wrong, lost;
    ptrdiff_t hint;
} all;

static void watch(struct client *c, int op, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = c};
    if (epoll_ctl(all.epoll, op, c->fd, &e) != 0)
        bench_die("epoll_ctl");
}

static void begin_connecting(struct client *c)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)all.port)};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    c->state = CONNECTING;
    c->kept = 0;
    c->events = 0;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (c->fd < 0 ||
        (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS))
        bench_die("connect");
    watch(c, EPOLL_CTL_ADD, EPOLLOUT);
}

static void shake(struct client *c)
{
    char request[512];
    int n = snprintf(request, sizeof request, BENCH_HANDSHAKE, all.path);
    if (send(c->fd, request, (size_t)n, MSG_NOSIGNAL) != n)
        bench_die("handshake");
    c->state = SHAKING;
    watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

static void ask(struct client *c)
{
    char json[300], after[64] = "";
    if (c->seq)
        snprintf(after, sizeof after, ",\"after\":\"%s.%llu\"", all.epoch,
                 (unsigned long long)c->seq);
    int n = snprintf(json, sizeof json, "{\"type\":\"subscribe\",\"topic\":\"%s\"%s}", all.topic,
                     after);
    bench_send_frame(c->fd, OP_TEXT, json, (size_t)n);
    c->state = ASKING;
    all.n_shaken++;
    all.shaken_us = bench_wall_us();
}

/* --- Reading ------------------------------------------------------------------------- */

/* Where the digits of a cursor's seq are: after its epoch of eight digits. */
static const char *cursor_in(const char *payload, size_t len)
{
    static const char key[] = "\"cursor\":\"";
    const size_t key_len = sizeof key - 1;
    if (all.hint > 0 && (size_t)all.hint + key_len + 10 < len &&
        memcmp(payload + all.hint, key, key_len) == 0)
        return payload + all.hint + key_len;
    const char *at = memmem(payload, len, key, key_len);
    if (!at)
        return NULL;
    all.hint = at - payload;
    return at + key_len;
}

static void on_text(struct client *c, const char *payload, size_t len)
{
    static const char event[] = "{\"type\":\"event\"";
    const char *cursor = cursor_in(payload, len);
    bool is_event = len > sizeof event && memcmp(payload, event, sizeof event - 1) == 0;
    uint64_t seq = cursor ? strtoull(cursor + 9, NULL, 10) : 0;
    if (is_event) {
        all.events++;
        all.wrong += seq <= c->seq;
        c->seq = seq;
        c->events++;
        if (seq == all.target) {
            all.wrong += c->events != all.wanted;
            all.n_done++;
            all.done_us = bench_wall_us();
        }
    } else if (memmem(payload, len, "\"subscribed\"", 12)) {
        memcpy(all.epoch, cursor, 8);
        if (!c->seq)
            c->seq = seq;
        all.wrong += seq != c->seq;
        c->state = FOLLOWING;
        all.n_following++;
        all.asked_us = bench_wall_us();
    } else if (!memmem(payload, len, "\"connected\"", 11)) {
        exit((fprintf(stderr, "unexpected: %.*s\n", (int)len, payload), 1));
    }
}

/* The end of the answer to a handshake; 0: not yet. */
static size_t answer_end(const char *p, size_t n)
{
    const char *end = memmem(p, n, "\r\n\r\n", 4);
    if (end && !memmem(p, n, " 101 ", 5))
        exit((fprintf(stderr, "handshake: %.*s\n", (int)n, p), 1));
    return end ? (size_t)(end + 4 - p) : 0;
}

static size_t walk(struct client *c, const char *p, size_t n)
{
    struct bench_frame frame;
    size_t done = 0;
    if (c->state == SHAKING) {
        done = answer_end(p, n);
        if (done > 0)
            ask(c);
    }
    if (c->state == SHAKING)
        return 0;
    for (; bench_frame_at(p + done, n - done, &frame); done += frame.size) {
        if (frame.opcode == OP_TEXT)
            on_text(c, frame.payload, frame.len);
        else if (frame.opcode == OP_PING)
            bench_send_frame(c->fd, OP_PONG, frame.payload, frame.len);
    }
    return done;
}

static void on_readable(struct client *c)
{
    static char buffer[KEEP_MAX + READ_BYTES];
    memcpy(buffer, c->keep, c->kept);
    ssize_t got = recv(c->fd, buffer + c->kept, READ_BYTES, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        all.lost++;
        epoll_ctl(all.epoll, EPOLL_CTL_DEL, c->fd, NULL);
        return;
    }
    size_t have = c->kept + (size_t)got, done = walk(c, buffer, have);
    if (have - done > KEEP_MAX)
        exit((fprintf(stderr, "a frame larger than %d bytes\n", KEEP_MAX), 1));
    c->kept = (unsigned)(have - done);
    memcpy(c->keep, buffer + done, c->kept);
}

/* --- Doing what is said -------------------------------------------------------------- */

/* True when standard input has something to say. */
static bool poll_once(void)
{
    struct epoll_event events[512];
    bool said = false;
    int n = epoll_wait(all.epoll, events, 512, 100);
    for (int i = 0; i < n; i++) {
        struct client *c = events[i].data.ptr;
        if (!c)
            said = true;
        else if (c->state == CONNECTING)
            shake(c);
        else
            on_readable(c);
    }
    return said;
}

static void poll_until(const size_t *count)
{
    int64_t deadline_us = bench_wall_us() + PATIENCE_MS * INT64_C(1000);
    while (*count + all.lost < all.n && bench_wall_us() < deadline_us)
        poll_once();
}

static void connect_all(void)
{
    all.n_shaken = all.n_following = all.n_done = 0;
    all.start_us = bench_wall_us();
    for (size_t i = 0; i < all.n; i++)
        begin_connecting(&all.clients[i]);
}

static void cut(uint64_t seq)
{
    for (size_t i = 0; i < all.n; i++) {
        while (all.clients[i].seq < seq)
            poll_once();
        close(all.clients[i].fd);
    }
    puts("cut");
}

static void resume(uint64_t target, uint64_t wanted)
{
    uint64_t events = all.events;
    all.target = target;
    all.wanted = wanted;
    connect_all();
    poll_until(&all.n_done);
    printf("{\"caught_up\":%zu,\"events\":%llu,\"wrong\":%llu,\"lost\":%llu,\"shaken_s\":%.3f,"
           "\"subscribed_s\":%.3f,\"seconds\":%.3f}\n",
           all.n_done, (unsigned long long)(all.events - events), (unsigned long long)all.wrong,
           (unsigned long long)all.lost, (double)(all.shaken_us - all.start_us) / 1e6,
           (double)(all.asked_us - all.start_us) / 1e6, (double)(all.done_us - all.start_us) / 1e6);
}

static void obey(const char *line)
{
    unsigned long long target, wanted;
    if (sscanf(line, "cut %llu", &target) == 1)
        cut(target);
    else if (sscanf(line, "resume %llu %llu", &target, &wanted) == 2)
        resume(target, wanted);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[64];
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    if (argc != 5)
        return fprintf(stderr, "usage: storm PORT PATH CLIENTS TOPIC\n"), 2;
    all.port = atoi(argv[1]);
    all.path = argv[2];
    all.n = strtoul(argv[3], NULL, 10);
    all.topic = argv[4];
    all.clients = calloc(all.n, sizeof *all.clients);
    all.epoll = epoll_create1(0);
    if (!all.clients || all.epoll < 0 || epoll_ctl(all.epoll, EPOLL_CTL_ADD, 0, &e) != 0)
        bench_die("start");
    setvbuf(stdin, NULL, _IONBF, 0); /* or epoll would not see a second line */
    connect_all();
    poll_until(&all.n_following);
    puts("ready");
    fflush(stdout);
    for (;;) {
        while (!poll_once())
            ;
        if (!fgets(line, sizeof line, stdin))
            return 0;
        obey(line);
    }
}

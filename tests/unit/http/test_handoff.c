/* The hand-off: every client gets its own socket, whatever else happens at the same time. */
#include "unit.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/client.h"
#include "web/http/server.h"

enum { CLIENT_THREADS = 16, PER_THREAD_MAX = 125, FD_MAX = 1 << 16 };

/* A sink that keeps what it adopts, and greets each with both ends of its socket. */
struct keeper {
    pthread_mutex_t lock;
    int fds[CLIENT_THREADS * PER_THREAD_MAX + 64];
    size_t n;
    atomic_bool owned[FD_MAX];
    atomic_bool full, refuses;
    atomic_int places;        /* taken */
    _Atomic uint64_t address; /* of the last who came */
};

static int enter(void *ctx, uint64_t address, struct bw_fault *fault)
{
    struct keeper *k = ctx;
    k->address = address;
    if (k->full)
        return bw_fault(fault, BW_EBUSY, "", "full");
    k->places++;
    return 0;
}

static void leave(void *ctx, uint64_t address)
{
    struct keeper *k = ctx;
    assert_int_equal(address, k->address);
    k->places--;
}

static bool owns_fd(void *ctx, int fd)
{
    return fd < FD_MAX && ((struct keeper *)ctx)->owned[fd];
}

static void describe_ends(int fd, bool from_server, char out[64])
{
    struct sockaddr_in a = {0}, b = {0};
    socklen_t len = sizeof a;
    char text[INET_ADDRSTRLEN];
    getsockname(fd, (struct sockaddr *)&a, &len);
    len = sizeof b;
    getpeername(fd, (struct sockaddr *)&b, &len);
    struct sockaddr_in *server = from_server ? &a : &b, *client = from_server ? &b : &a;
    inet_ntop(AF_INET, &server->sin_addr, text, sizeof text);
    snprintf(out, 64, "hello %d at %s\n", ntohs(client->sin_port), text);
}

static int adopt(void *ctx, int fd, uint64_t address, unsigned window_bits)
{
    struct keeper *k = ctx;
    char hello[64];
    (void)address, (void)window_bits;
    if (k->refuses)
        return BW_EBUSY;
    k->places--; /* a place is only given back when nobody comes */
    pthread_mutex_lock(&k->lock);
    k->fds[k->n++] = fd;
    k->owned[fd] = true;
    describe_ends(fd, true, hello);
    client_send_text(fd, hello); /* who has left already does not matter here */
    pthread_mutex_unlock(&k->lock);
    return 0;
}

/* Sockets only: a thread that allocates for the first time has a file open for a moment. */
static size_t count_sockets(void)
{
    size_t n = 0;
    char link[32];
    DIR *dir = opendir("/proc/self/fd");
    for (const struct dirent *e; (e = readdir(dir));)
        n += readlinkat(dirfd(dir), e->d_name, link, sizeof link) > 7 &&
             strncmp(link, "socket:", 7) == 0;
    closedir(dir);
    return n;
}

/* Waits until the process has that many sockets: what workers close, they close soon. */
static bool sockets_become(size_t want)
{
    for (int i = 0; i < CLIENT_PATIENCE_MS && count_sockets() != want; i++)
        poll(NULL, 0, 1);
    return count_sockets() == want;
}

struct fixture {
    struct keeper keeper;
    struct bw_http_server *server;
    unsigned port;
    size_t sockets; /* open once the server runs and nobody is connected */
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct bw_fault fault = {0};
    pthread_mutex_init(&f->keeper.lock, NULL);
    const struct bw_http_options options = {.listen = "0.0.0.0:0",
                                            .threads = 8,
                                            .body_bytes_max = 1000,
                                            .websocket_path = "/ws",
                                            .sink = {&f->keeper, enter, leave, owns_fd, adopt}};
    *state = f;
    if (bw_http_server_start(&options, &f->server, &fault) != 0) {
        print_error("%s\n", fault.message);
        return -1;
    }
    f->port = bw_http_server_port(f->server);
    f->sockets = count_sockets();
    return 0;
}

static size_t n_kept(struct keeper *k)
{
    pthread_mutex_lock(&k->lock);
    size_t n = k->n;
    pthread_mutex_unlock(&k->lock);
    return n;
}

static void forget_all(struct keeper *k)
{
    pthread_mutex_lock(&k->lock);
    for (size_t i = 0; i < k->n; i++) {
        k->owned[k->fds[i]] = false;
        close(k->fds[i]);
    }
    k->n = 0;
    pthread_mutex_unlock(&k->lock);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    bw_http_server_stop(&f->server);
    assert_int_equal(f->keeper.places, 0);
    forget_all(&f->keeper);
    free(f);
    return 0;
}

/* Shakes hands and checks that the greeting is this connection's own. */
static bool is_greeted(int fd)
{
    char got[1024], want[64];
    describe_ends(fd, false, want);
    if (client_send_text(fd, WS_HANDSHAKE) != 0)
        return false;
    client_read(fd, got, sizeof got, "\n\r\n");
    if (!strstr(got, "\r\n\r\n"))
        return false;
    char *rest = strstr(got, "\r\n\r\n") + 4;
    if (!strchr(rest, '\n'))
        client_read(fd, rest + strlen(rest), sizeof got - (size_t)(rest + strlen(rest) - got),
                    "\n");
    return strncmp(got, "HTTP/1.1 101 ", 13) == 0 && strcmp(rest, want) == 0;
}

static void test_one_connection(void **state)
{
    struct fixture *f = *state;
    int fd = client_connect(f->port);
    char got[64];
    assert_true(is_greeted(fd));
    assert_int_equal(n_kept(&f->keeper), 1);
    assert_true(sockets_become(f->sockets + 2)); /* ours and the keeper's: civetweb's is gone */
    assert_int_equal(client_send_text(f->keeper.fds[0], "more\n"), 0);
    client_read(fd, got, sizeof got, "\n");
    assert_string_equal(got, "more\n");
    forget_all(&f->keeper);
    assert_int_equal(client_read(fd, got, sizeof got, NULL), 0); /* its end reaches the client */
    close(fd);
    assert_true(sockets_become(f->sockets));
}

struct client_thread {
    pthread_t id;
    unsigned port;
    int fds[PER_THREAD_MAX];
    size_t n, greeted;
};

static void *run_clients(void *arg)
{
    struct client_thread *t = arg;
    for (size_t i = 0; i < t->n; i++) {
        t->fds[i] = client_connect(t->port);
        t->greeted += t->fds[i] >= 0 && is_greeted(t->fds[i]);
    }
    return NULL;
}

static void test_thousands_at_once(void **state)
{
    struct fixture *f = *state;
    static struct client_thread threads[CLIENT_THREADS];
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    size_t each = (size_t)(limit.rlim_cur - 200) / 2 / CLIENT_THREADS;
    each = each < PER_THREAD_MAX ? each : PER_THREAD_MAX;
    for (size_t i = 0; i < CLIENT_THREADS; i++) {
        threads[i] = (struct client_thread){.port = f->port, .n = each};
        pthread_create(&threads[i].id, NULL, run_clients, &threads[i]);
    }
    for (size_t i = 0; i < CLIENT_THREADS; i++) {
        pthread_join(threads[i].id, NULL);
        assert_int_equal(threads[i].greeted, each);
    }
    assert_int_equal(n_kept(&f->keeper), each * CLIENT_THREADS);
    /* Nobody was greeted twice, and nobody was cut off. */
    for (size_t i = 0; i < CLIENT_THREADS; i++)
        for (size_t k = 0; k < each; k++) {
            char c;
            assert_int_equal(recv(threads[i].fds[k], &c, 1, MSG_DONTWAIT), -1);
            assert_int_equal(errno, EAGAIN);
            close(threads[i].fds[k]);
        }
    forget_all(&f->keeper);
    assert_true(sockets_become(f->sockets));
}

/* One address and port of a client, connected to several addresses of ours. The kernel chooses the
 * port of the first; where an old connection still holds it for another address, it chooses again.
 */
static void test_same_source_port_to_several_addresses(void **state)
{
    struct fixture *f = *state;
    int a, b, c;
    for (int tries = 0;; tries++) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        a = client_connect(f->port);
        getsockname(a, (struct sockaddr *)&from, &len);
        b = client_connect_from("127.0.0.2", f->port, ntohs(from.sin_port));
        c = client_connect_from("127.0.0.3", f->port, ntohs(from.sin_port));
        if (b >= 0 && c >= 0)
            break;
        assert_true(tries < 1000);
        close(a);
        if (b >= 0)
            close(b);
        if (c >= 0)
            close(c);
    }
    assert_true(is_greeted(c));
    assert_true(is_greeted(b));
    assert_true(is_greeted(a));
    close(a), close(b), close(c);
}

static void test_frames_before_our_answer_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char frame[] = "\x81\x82\x01\x02\x03\x04\x69\x6b",
                      close_1002[] = "\x88\x02\x03\xea";
    char got[1024];
    int fd = client_connect(f->port);
    char both[sizeof WS_HANDSHAKE + sizeof frame];
    size_t len = (size_t)snprintf(both, sizeof both, "%s", WS_HANDSHAKE);
    memcpy(both + len, frame, sizeof frame - 1);
    assert_int_equal(client_send(fd, both, len + sizeof frame - 1), 0);
    len = client_read(fd, got, sizeof got, NULL);
    assert_true(len > 4 && memcmp(got + len - 4, close_1002, 4) == 0);
    assert_int_equal(n_kept(&f->keeper), 0);
    close(fd);
    assert_true(sockets_become(f->sockets));
}

static void test_no_room_is_503_before_the_upgrade(void **state)
{
    struct fixture *f = *state;
    char got[2048];
    f->keeper.full = true;
    client_ask(f->port, WS_HANDSHAKE, got, sizeof got);
    assert_int_equal(strncmp(got, "HTTP/1.1 503 ", 13), 0);
    assert_non_null(strstr(got, "\"code\":\"busy\""));
    assert_non_null(strstr(got, "Retry-After: "));
    assert_true(sockets_become(f->sockets));
}

static void test_sink_that_refuses_late_says_1013(void **state)
{
    struct fixture *f = *state;
    char got[1024];
    f->keeper.refuses = true;
    size_t len = client_ask(f->port, WS_HANDSHAKE, got, sizeof got);
    assert_int_equal(strncmp(got, "HTTP/1.1 101 ", 13), 0);
    assert_true(len > 4 && memcmp(got + len - 4, "\x88\x02\x03\xf5", 4) == 0);
    assert_true(sockets_become(f->sockets));
}

static void test_no_descriptor_left_is_503_before_the_upgrade(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, none;
    char got[2048];
    int fd = client_connect(f->port);
    assert_int_equal(client_send_text(fd, "GET /ws HTTP/1.1\r\n"), 0);
    assert_true(sockets_become(f->sockets + 2)); /* it was accepted */
    int highest = dup(fd);
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = (rlim_t)highest;
    close(highest);
    setrlimit(RLIMIT_NOFILE, &none);
    int sent = client_send_text(fd, strstr(WS_HANDSHAKE, "Host:"));
    client_read(fd, got, sizeof got, NULL);
    setrlimit(RLIMIT_NOFILE, &before);
    assert_int_equal(sent, 0);
    assert_int_equal(strncmp(got, "HTTP/1.1 503 ", 13), 0);
    close(fd);
    assert_true(sockets_become(f->sockets));
}

static void test_client_that_leaves_in_the_middle(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 200; i++) {
        int fd = client_connect(f->port);
        size_t len = strlen(WS_HANDSHAKE);
        assert_int_equal(client_send(fd, WS_HANDSHAKE, i % 2 ? len : len / 2), 0);
        struct linger cut = {.l_onoff = 1};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &cut, sizeof cut);
        close(fd);
    }
    int fd = client_connect(f->port);
    assert_true(is_greeted(fd));
    close(fd);
    bw_http_server_stop(&f->server); /* joins the workers: who was to be adopted, was */
    forget_all(&f->keeper);
    assert_true(count_sockets() < f->sockets); /* all given back, and the listening socket too */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_thousands_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_source_port_to_several_addresses, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_frames_before_our_answer_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_no_room_is_503_before_the_upgrade, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sink_that_refuses_late_says_1013, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_descriptor_left_is_503_before_the_upgrade, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_client_that_leaves_in_the_middle, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The server and clients that are not nng: many requests in one write, bytes one by one, rubbish,
 * and some that do not read. */
#include "echo.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#define REQ_GREETING "\0SP\0\0\x30\0\0"
#define REP_GREETING "\0SP\0\0\x31\0\0"

static int dial(const struct echo *e)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/req", e->dir);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void say(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Fewer bytes when the server hangs up. */
static size_t hear(int fd, char *out, size_t len)
{
    size_t got = 0;
    while (got < len) {
        ssize_t n = recv(fd, out + got, len - got, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return got;
}

static void expect(int fd, const char *bytes, size_t len)
{
    char *got = malloc(len);
    assert_non_null(got);
    assert_int_equal(hear(fd, got, len), len);
    assert_memory_equal(got, bytes, len);
    free(got);
}

static int greet(const struct echo *e)
{
    int fd = dial(e);
    say(fd, REQ_GREETING, 8);
    expect(fd, REP_GREETING, 8);
    return fd;
}

static void expect_hang_up(int fd)
{
    char byte;
    assert_int_equal(hear(fd, &byte, 1), 0);
    close(fd);
}

#define ONE    "\1\0\0\0\0\0\0\0\7\x80\0\0\1one"
#define RE_ONE "\1\0\0\0\0\0\0\0\x0a\x80\0\0\1re:one"

static void expect_to_be_served(const struct echo *e)
{
    int fd = greet(e);
    say(fd, ONE, sizeof ONE - 1);
    expect(fd, RE_ONE, sizeof RE_ONE - 1);
    close(fd);
}

/* All at once, with the greeting; the last one came over two devices, the one before over too many
 * and has no answer. */
static void test_many_in_one_write(void **state)
{
    (void)state;
    static const char all[] =
        REQ_GREETING ONE ONE "\1\0\0\0\0\0\0\0\4\x80\0\0\2"
                             "\1\0\0\0\0\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                             "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                             "\1\0\0\0\0\0\0\0\x0d\0\0\0\7\0\0\0\x08\x80\0\0\3x";
    static const char answers[] =
        REP_GREETING RE_ONE RE_ONE "\1\0\0\0\0\0\0\0\7\x80\0\0\2re:"
                                   "\1\0\0\0\0\0\0\0\x10\0\0\0\7\0\0\0\x08\x80\0\0\3re:x";
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.requests = 2});
    int fd = dial(&e);
    say(fd, all, sizeof all - 1);
    expect(fd, answers, sizeof answers - 1);
    close(fd);

    fd = dial(&e); /* and byte by byte */
    for (size_t i = 0; i < sizeof all - 1; i++)
        say(fd, all + i, 1);
    expect(fd, answers, sizeof answers - 1);
    close(fd);
    echo_finish(&e);
}

static void test_rubbish(void **state)
{
    (void)state;
    static const struct bw_str said[] = {
        BW_STR("GET / HTTP/1.1\r\n\r\n"),
        BW_STR("\0SP\0\0\x31\0\0"), /* not a REQ socket */
        BW_STR("\0SP\0\0\x30\0\1"),
    };
    static const struct bw_str greeted[] = {
        BW_STR("\2\0\0\0\0\0\0\0\7\x80\0\0\1one"),
        BW_STR("\1\0\0\0\0\0\0\0\0"),
        BW_STR("\1\0\0\0\0\0\0\0\5\0\0\0\1x"),
        BW_STR("\1\0\0\0\0\0\0\x3\xe9\x80\0\0\1"), /* 1001 bytes announced */
        BW_STR("\1\xff\xff\xff\xff\xff\xff\xff\xff"),
        BW_STR(ONE "\2"), /* behind something good */
    };
    struct echo e;
    char greeting[8];
    echo_start(&e, (struct bw_serve_options){.requests = 1, .request_bytes_max = 1000});
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        int fd = dial(&e);
        say(fd, said[i].ptr, said[i].len);
        assert_int_equal(hear(fd, greeting, 8), 8);
        expect_hang_up(fd);
        expect_to_be_served(&e);
    }
    for (size_t i = 0; i + 1 < sizeof greeted / sizeof greeted[0]; i++) {
        int fd = greet(&e);
        say(fd, greeted[i].ptr, greeted[i].len);
        expect_hang_up(fd);
        expect_to_be_served(&e);
    }
    int fd = greet(&e);
    say(fd, ONE "\2", sizeof ONE); /* the good one may be answered or not, and then it is over */
    char answer[sizeof RE_ONE];
    assert_true(hear(fd, answer, sizeof answer) < sizeof answer);
    close(fd);
    expect_to_be_served(&e);
    echo_finish(&e);
}

/* It announces more than it says, and waits. */
static void test_half_a_request(void **state)
{
    (void)state;
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.requests = 1});
    int half = greet(&e), silent = dial(&e);
    say(half, "\1\0\0\0\0\0\x40\0\0\x80\0\0\1abc", 16); /* 4 MiB */
    expect_to_be_served(&e);
    close(half);
    close(silent);
    expect_to_be_served(&e);
    echo_finish(&e);
}

/* A write of some requests with a long body each. */
static void ask_much(int fd, unsigned n)
{
    static char request[9 + 4 + 60000] = "\1\0\0\0\0\0\0\0\0\x80\0\0\1";
    size_t length = sizeof request - 9;
    request[7] = (char)(length >> 8);
    request[8] = (char)length;
    for (unsigned i = 0; i < n; i++) {
        size_t at = 0;
        while (at < sizeof request) {
            ssize_t sent = send(fd, request + at, sizeof request - at, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0)
                return; /* it takes no more, or has hung up: that is what the test is about */
            at += (size_t)sent;
        }
    }
}

static void ask_one(int fd, size_t body_bytes)
{
    char *request = calloc(1, 9 + 4 + body_bytes);
    assert_non_null(request);
    request[0] = 1;
    for (int i = 0; i < 8; i++)
        request[1 + i] = (char)((4 + body_bytes) >> (56 - 8 * i));
    request[9] = (char)0x80;
    size_t at = 0;
    while (at < 9 + 4 + body_bytes) {
        ssize_t sent = send(fd, request + at, 9 + 4 + body_bytes - at, MSG_NOSIGNAL);
        assert_true(sent > 0);
        at += (size_t)sent;
    }
    free(request);
}

/* Its answers fill the socket, then nothing goes. It is disconnected, the others have its requests.
 */
static void test_a_client_that_reads_nothing(void **state)
{
    (void)state;
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.requests = 8, .answer_timeout_ms = 20});
    int stuck = greet(&e);
    ask_much(stuck, 100);
    expect_to_be_served(&e);
    close(stuck);
    echo_finish(&e);
}

enum { LARGE_BYTES = 7 << 20 };

struct trickler {
    int fd;
    size_t got;
};

/* Reads a little now and then, until the server hangs up. */
static void *trickle(void *arg)
{
    struct trickler *t = arg;
    char bytes[4096];
    ssize_t n = 1;
    for (; n > 0; t->got += n > 0 ? (size_t)n : 0) {
        usleep(1000);
        n = recv(t->fd, bytes, sizeof bytes, 0);
    }
    close(t->fd);
    return NULL;
}

/* A byte now and then is not enough: it is disconnected long before it has everything. */
static void test_a_client_that_trickles(void **state)
{
    (void)state;
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.requests = 1, .answer_timeout_ms = 50});
    struct trickler t = {greet(&e), 0};
    ask_one(t.fd, LARGE_BYTES);
    trickle(&t);
    assert_true(t.got < LARGE_BYTES);
    expect_to_be_served(&e);
    echo_finish(&e);
}

/* Stopping does not wait for those for whom the server would still wait. */
static void test_stopping_with_clients_that_trickle(void **state)
{
    (void)state;
    enum { CLIENTS = 3 };
    struct echo e;
    pthread_t threads[CLIENTS];
    struct trickler t[CLIENTS];
    echo_start(&e, (struct bw_serve_options){.answer_timeout_ms = 200});
    for (int i = 0; i < CLIENTS; i++) {
        t[i] = (struct trickler){greet(&e), 0};
        ask_one(t[i].fd, LARGE_BYTES);
    }
    echo_wait(&e, &e.n_answered, CLIENTS);
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, trickle, &t[i]), 0);
    echo_finish(&e);
    for (int i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(t[i].got < LARGE_BYTES);
    }
}

/* Its request goes to whoever waits for one; it waited for another itself. */
static void test_an_answer_without_memory(void **state)
{
    (void)state;
    static const char asks[] = "\1\0\0\0\0\0\0\0\x0d\x80\0\0\2no memory" ONE;
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.requests = 1});
    echo_hold(&e);
    int unlucky = greet(&e), waiting = greet(&e);
    say(unlucky, asks, sizeof asks - 1);
    echo_wait(&e, &e.n_held, 1);
    say(waiting, ONE, sizeof ONE - 1);
    usleep(20000); /* so that it waits: it is served either way */
    echo_release(&e);
    expect(waiting, RE_ONE, sizeof RE_ONE - 1);
    expect_hang_up(unlucky);
    close(waiting);
    echo_finish(&e);
}

/* It reads, but late: then it gets everything. */
static void test_a_client_that_reads_late(void **state)
{
    (void)state;
    enum { REQUESTS = 40 };
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.requests = 64});
    int fd = greet(&e);
    static char answer[9 + 4 + 3];
    for (unsigned i = 0; i < REQUESTS; i++) { /* 4 KiB: all of them fit into the socket's buffers */
        static char request[9 + 4 + 2048] = "\1\0\0\0\0\0\0\x08\4\x80\0\0\1";
        say(fd, request, sizeof request);
    }
    echo_wait(&e, &e.n_answered, REQUESTS);
    for (unsigned i = 0; i < REQUESTS; i++) {
        static char body[2048];
        expect(fd, "\1\0\0\0\0\0\0\x08\7\x80\0\0\1re:", sizeof answer);
        assert_int_equal(hear(fd, body, sizeof body), sizeof body);
    }
    close(fd);
    echo_finish(&e);
}

/* Both get all their answers, although one always asks for the request that the other waits for. */
static void test_two_that_wait_for_one_request(void **state)
{
    (void)state;
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.requests = 1});
    echo_hold(&e);
    int first = greet(&e), second = greet(&e);
    say(first, ONE, sizeof ONE - 1);
    echo_wait(&e, &e.n_held, 1);
    say(second, ONE, sizeof ONE - 1);
    for (int i = 0; i < 50; i++)
        say(first, ONE, sizeof ONE - 1);
    echo_release(&e);
    expect(second, RE_ONE, sizeof RE_ONE - 1);
    for (int i = 0; i < 51; i++)
        expect(first, RE_ONE, sizeof RE_ONE - 1);
    close(first);
    close(second);
    echo_finish(&e);
}

static unsigned count_descriptors(void)
{
    unsigned n = 0;
    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* Whatever they were about when they left, nothing of them stays. */
static void test_connections_leave_nothing_behind(void **state)
{
    (void)state;
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.requests = 2});
    expect_to_be_served(&e); /* what is opened once is open */
    unsigned before = count_descriptors();
    for (int i = 0; i < 200; i++) {
        int fd = i % 2 ? dial(&e) : greet(&e);
        say(fd, i % 2 ? REQ_GREETING ONE ONE ONE : ONE, i % 3 ? 9 : 16);
        close(fd);
    }
    while (count_descriptors() > before) /* the server closes its ends when it notices */
        usleep(1000);
    expect_to_be_served(&e);
    echo_finish(&e);
}

/* Stopping does not wait for them. */
static void test_stopping_with_clients_of_all_kinds(void **state)
{
    (void)state;
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.requests = 4});
    int silent = dial(&e), idle = greet(&e), half = greet(&e), waiting = greet(&e);
    say(half, ONE, 10);
    echo_hold(&e);
    for (int i = 0; i < 6; i++)
        say(waiting, ONE, sizeof ONE - 1);
    echo_wait(&e, &e.n_held, 4);
    bw_serve_drain(e.server);
    echo_release(&e);
    for (int i = 0; i < 4; i++)
        expect(waiting, RE_ONE, sizeof RE_ONE - 1);
    echo_stop(&e);
    char byte;
    assert_int_equal(hear(waiting, &byte, 1), 0);
    close(silent);
    close(idle);
    close(half);
    close(waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_in_one_write),
        cmocka_unit_test(test_rubbish),
        cmocka_unit_test(test_half_a_request),
        cmocka_unit_test(test_a_client_that_reads_nothing),
        cmocka_unit_test(test_a_client_that_trickles),
        cmocka_unit_test(test_stopping_with_clients_that_trickle),
        cmocka_unit_test(test_an_answer_without_memory),
        cmocka_unit_test(test_a_client_that_reads_late),
        cmocka_unit_test(test_two_that_wait_for_one_request),
        cmocka_unit_test(test_connections_leave_nothing_behind),
        cmocka_unit_test(test_stopping_with_clients_of_all_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

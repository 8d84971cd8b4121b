/* The server and clients that are not nng: many requests in one write, bytes one by one, rubbish,
 * and some that come and go. */
#include "raw.h"

#include <fcntl.h>

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
        cmocka_unit_test(test_a_client_that_reads_late),
        cmocka_unit_test(test_connections_leave_nothing_behind),
        cmocka_unit_test(test_stopping_with_clients_of_all_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

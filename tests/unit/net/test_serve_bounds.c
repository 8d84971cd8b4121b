/* What the server gives to one client and takes from it: room, time, requests. */
#include "raw.h"

static size_t begin_large(char *out, uint64_t length)
{
    static const char route[] = "\x80\0\0\1";
    out[0] = 1;
    for (int i = 0; i < 8; i++)
        out[1 + i] = (char)(length >> (56 - 8 * i));
    memcpy(out + 9, route, 4);
    return 13;
}

static void say_zeros(int fd, size_t n)
{
    static const char zeros[1 << 20];
    for (; n > sizeof zeros; n -= sizeof zeros)
        say(fd, zeros, sizeof zeros);
    say(fd, zeros, n);
}

static void ask_one(int fd, size_t body_bytes)
{
    char head[16];
    say(fd, head, begin_large(head, 4 + body_bytes));
    say_zeros(fd, body_bytes);
}

#define RE_DROPPED "\1\0\0\0\0\0\0\0\x0e\x80\0\0\1re:dropped"

/* What would pass the bound is dropped and answered; what is behind it, and others, are served. */
static void test_more_than_there_is_room_for(void **state)
{
    (void)state;
    char head[16], *answer = calloc(1, (3 << 20) + 9 + 3);
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.reading_bytes_max = 2 << 20});
    int first = greet(&e), second = greet(&e), third = greet(&e);
    say(third, head, begin_large(head, 7 << 20)); /* to announce much takes nothing from others */
    say(first, head, begin_large(head, 3 << 20)); /* one alone may have more than the bound */
    say_zeros(first, (3 << 20) - 5); /* nearly all is read now: no socket keeps so much */
    say(second, head, begin_large(head, 1 << 20));
    say_zeros(second, (1 << 20) - 4);
    say(second, ONE, sizeof ONE - 1);
    expect(second, RE_DROPPED RE_ONE, sizeof RE_DROPPED RE_ONE - 1);
    expect_to_be_served(&e);
    say_zeros(first, 1);
    assert_int_equal(hear(first, answer, (3 << 20) + 9 + 3), (3 << 20) + 9 + 3);
    say(first, ONE, sizeof ONE - 1);
    expect(first, RE_ONE, sizeof RE_ONE - 1);      /* to receive that, it gave its room back */
    say(second, head, begin_large(head, 1 << 20)); /* there is room again */
    say_zeros(second, (1 << 20) - 4);
    assert_int_equal(hear(second, answer, (1 << 20) + 9 + 3), (1 << 20) + 9 + 3);
    free(answer);
    close(first);
    close(second);
    close(third);
    echo_finish(&e);
}

/* Its buffer is somebody else's room. */
static void test_a_large_request_that_does_not_come(void **state)
{
    (void)state;
    char head[16];
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.request_timeout_ms = 50});
    int half = greet(&e), small = greet(&e);
    say(half, head, begin_large(head, 1 << 20));
    say_zeros(half, 1 << 19);
    say(small, ONE, 10); /* takes nothing from others, and may take its time */
    expect_hang_up(half);
    say(small, &ONE[10], sizeof ONE - 11);
    expect(small, RE_ONE, sizeof RE_ONE - 1);
    close(small);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_more_than_there_is_room_for),
        cmocka_unit_test(test_a_large_request_that_does_not_come),
        cmocka_unit_test(test_a_client_that_reads_nothing),
        cmocka_unit_test(test_a_client_that_trickles),
        cmocka_unit_test(test_stopping_with_clients_that_trickle),
        cmocka_unit_test(test_an_answer_without_memory),
        cmocka_unit_test(test_two_that_wait_for_one_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

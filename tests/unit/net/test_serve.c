/* The server and nng's own REQ sockets, over everything that they can dial. */
#include "echo.h"

#include <nng/protocol/reqrep0/req.h>

static nng_socket dial(const char *url)
{
    nng_socket s;
    assert_int_equal(nng_req0_open(&s), 0);
    assert_int_equal(nng_socket_set_size(s, NNG_OPT_RECVMAXSZ, 0), 0);
    assert_int_equal(nng_dial(s, url, NULL, 0), 0);
    return s;
}

static void ask(nng_socket s, const char *question)
{
    assert_int_equal(nng_send(s, (void *)question, strlen(question), 0), 0);
}

static void expect(nng_socket s, const char *question)
{
    char *answer;
    size_t len;
    assert_int_equal(nng_recv(s, &answer, &len, NNG_FLAG_ALLOC), 0);
    assert_int_equal(len, 3 + strlen(question));
    assert_memory_equal(answer, "re:", 3);
    assert_memory_equal(answer + 3, question, len - 3);
    nng_free(answer, len);
}

/* --- Many contexts of one socket, each with a question under way --------------------------------
 */

enum { CONTEXTS = 100, ROUNDS = 30 };

struct asker {
    nng_ctx ctx;
    nng_aio *aio;
    unsigned number, round;
    bool asking;
    struct crowd *crowd;
};

struct crowd {
    struct asker askers[CONTEXTS];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned n_done, n_wrong;
};

static size_t question_of(const struct asker *a, char *out, size_t size)
{
    return (size_t)snprintf(out, size, "asker %u round %u", a->number, a->round);
}

static void ask_next(struct asker *a)
{
    char question[64];
    nng_msg *msg;
    size_t len = question_of(a, question, sizeof question);
    a->asking = true;
    if (nng_msg_alloc(&msg, 0) != 0 || nng_msg_append(msg, question, len) != 0)
        abort();
    nng_aio_set_msg(a->aio, msg);
    nng_ctx_send(a->ctx, a->aio);
}

static void end_asker(struct asker *a, bool wrong)
{
    pthread_mutex_lock(&a->crowd->lock);
    a->crowd->n_done++;
    a->crowd->n_wrong += wrong;
    pthread_cond_signal(&a->crowd->changed);
    pthread_mutex_unlock(&a->crowd->lock);
}

static void on_event(void *arg)
{
    struct asker *a = arg;
    if (nng_aio_result(a->aio) != 0) {
        end_asker(a, true);
    } else if (a->asking) {
        a->asking = false;
        nng_ctx_recv(a->ctx, a->aio);
    } else {
        char question[64];
        nng_msg *msg = nng_aio_get_msg(a->aio);
        size_t len = question_of(a, question, sizeof question);
        bool right = nng_msg_len(msg) == len + 3 &&
                     memcmp((char *)nng_msg_body(msg) + 3, question, len) == 0;
        nng_msg_free(msg);
        if (right && ++a->round < ROUNDS)
            ask_next(a);
        else
            end_asker(a, !right);
    }
}

static void everybody_asks(const char *url)
{
    struct crowd crowd = {.n_done = 0};
    nng_socket s = dial(url);
    pthread_mutex_init(&crowd.lock, NULL);
    pthread_cond_init(&crowd.changed, NULL);
    for (unsigned i = 0; i < CONTEXTS; i++) {
        struct asker *a = &crowd.askers[i];
        *a = (struct asker){.number = i, .crowd = &crowd};
        assert_int_equal(nng_ctx_open(&a->ctx, s), 0);
        assert_int_equal(nng_aio_alloc(&a->aio, on_event, a), 0);
        ask_next(a);
    }
    pthread_mutex_lock(&crowd.lock);
    while (crowd.n_done < CONTEXTS)
        pthread_cond_wait(&crowd.changed, &crowd.lock);
    pthread_mutex_unlock(&crowd.lock);
    assert_int_equal(crowd.n_wrong, 0);
    nng_close(s);
    for (unsigned i = 0; i < CONTEXTS; i++)
        nng_aio_free(crowd.askers[i].aio);
    pthread_cond_destroy(&crowd.changed);
    pthread_mutex_destroy(&crowd.lock);
}

/* Fewer requests than contexts: most of the time somebody waits for one. */
static void test_many_under_way(void **state)
{
    (void)state;
    static const uint32_t requests[] = {1, 7, 512};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct echo e;
        struct bw_fault fault;
        echo_start(&e, (struct bw_serve_options){.requests = requests[i]});
        echo_listen_tcp(&e);
        assert_int_equal(bw_serve_listen(e.server, "inproc://serve", NULL, &fault), 0);
        everybody_asks(e.ipc);
        everybody_asks(e.tcp);
        everybody_asks("inproc://serve");
        echo_finish(&e);
    }
}

/* --- One at a time -------------------------------------------------------------------------------
 */

static void test_long_and_empty(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 65000, 65536, 70000, 3 << 20, 10, 7 << 20, 0};
    struct echo e;
    echo_start(&e, (struct bw_serve_options){0});
    echo_listen_tcp(&e);
    for (int tcp = 0; tcp < 2; tcp++) {
        nng_socket s = dial(tcp ? e.tcp : e.ipc);
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            char *question = malloc(lengths[i] + 1);
            assert_non_null(question);
            for (size_t k = 0; k < lengths[i]; k++)
                question[k] = (char)('a' + k % 23);
            question[lengths[i]] = 0;
            ask(s, question);
            expect(s, question);
            free(question);
        }
        nng_close(s);
    }
    echo_finish(&e);
}

static void test_requests_bound_what_is_under_way(void **state)
{
    (void)state;
    enum { REQUESTS = 3, CLIENTS = 8 };
    struct echo e;
    nng_socket s[CLIENTS];
    echo_start(&e, (struct bw_serve_options){.requests = REQUESTS});
    echo_hold(&e);
    for (unsigned i = 0; i < CLIENTS; i++) {
        s[i] = dial(e.ipc);
        ask(s[i], "anybody?");
    }
    echo_wait(&e, &e.n_held, REQUESTS);
    assert_int_equal(e.n_held, REQUESTS); /* there is nothing left for a fourth */
    echo_release(&e);
    for (unsigned i = 0; i < CLIENTS; i++) {
        expect(s[i], "anybody?");
        nng_close(s[i]);
    }
    echo_finish(&e);
}

/* nng asks again after its resend time: then there are two answers, and it takes one. */
static void test_a_client_that_asks_again(void **state)
{
    (void)state;
    struct echo e;
    echo_start(&e, (struct bw_serve_options){0});
    echo_hold(&e);
    nng_socket s = dial(e.ipc);
    assert_int_equal(nng_socket_set_ms(s, NNG_OPT_REQ_RESENDTIME, 20), 0);
    ask(s, "once?");
    echo_wait(&e, &e.n_held, 2);
    echo_release(&e);
    expect(s, "once?");
    ask(s, "and now?");
    expect(s, "and now?");
    nng_close(s);
    echo_finish(&e);
}

static void test_a_client_that_leaves(void **state)
{
    (void)state;
    struct echo e;
    echo_start(&e, (struct bw_serve_options){.requests = 1});
    echo_hold(&e);
    nng_socket gone = dial(e.ipc), s = dial(e.ipc);
    ask(gone, "bye");
    echo_wait(&e, &e.n_held, 1);
    nng_close(gone);
    ask(s, "still there?"); /* there is one request, and it is held */
    echo_release(&e);
    expect(s, "still there?");
    nng_close(s);
    echo_finish(&e);
}

static void test_stopping_answers_what_is_under_way(void **state)
{
    (void)state;
    enum { CLIENTS = 4 };
    struct echo e;
    nng_socket s[CLIENTS];
    echo_start(&e, (struct bw_serve_options){.requests = CLIENTS - 1}); /* one of them waits */
    echo_hold(&e);
    for (int i = 0; i < CLIENTS; i++) {
        s[i] = dial(e.ipc);
        ask(s[i], "the last one");
        echo_wait(&e, &e.n_held, i < CLIENTS - 1 ? (unsigned)i + 1 : 0);
    }
    bw_serve_drain(e.server);
    echo_release(&e);
    for (int i = 0; i < CLIENTS - 1; i++)
        expect(s[i], "the last one");
    echo_stop(&e);
    assert_int_equal(e.n_answered, CLIENTS - 1);
    for (int i = 0; i < CLIENTS; i++)
        nng_close(s[i]);
}

static void test_an_address_in_use(void **state)
{
    (void)state;
    struct echo e;
    struct bw_fault fault = {0};
    echo_start(&e, (struct bw_serve_options){0});
    echo_listen_tcp(&e);
    assert_int_equal(bw_serve_listen(e.server, "inproc://serve", NULL, &fault), 0);
    const char *taken[] = {e.ipc, e.tcp, "inproc://serve"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(bw_serve_listen(e.server, taken[i], NULL, &fault), BW_EEXIST);
        assert_string_equal(fault.field, "bus");
        assert_non_null(strstr(fault.message, taken[i]));
    }
    assert_true(bw_serve_listen(e.server, "ipc:///no/such/folder/req", NULL, &fault) < 0);
    assert_non_null(strstr(fault.message, "/no/such/folder/req"));
    nng_socket s = dial(e.ipc); /* and goes on */
    ask(s, "well?");
    expect(s, "well?");
    nng_close(s);
    echo_finish(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_under_way),
        cmocka_unit_test(test_long_and_empty),
        cmocka_unit_test(test_requests_bound_what_is_under_way),
        cmocka_unit_test(test_a_client_that_asks_again),
        cmocka_unit_test(test_a_client_that_leaves),
        cmocka_unit_test(test_stopping_answers_what_is_under_way),
        cmocka_unit_test(test_an_address_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

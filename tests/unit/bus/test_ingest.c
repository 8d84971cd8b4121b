/* Ingest over inproc with fake stages behind it: every request has its answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <cmocka.h>

#include "ingest.h"
#include "wire/json.h"
#include "wire/mp.h"

enum { HELD_MAX = 64, EPOCH = 0x1f0c22aa };

/* Behind ingest: answers at once, or keeps what it was handed until released. */
struct fixture {
    struct bw_ingest *ingest;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool hold, refuse;
    struct bw_batch *held[HELD_MAX];
    unsigned n_held;
    uint64_t seq;
};

static void tell(struct fixture *f, struct bw_batch *batch)
{
    for (size_t i = 0; i < batch->n_items; i++)
        if (!batch->items[i].draft.result.fault.err)
            batch->items[i].draft.result.seq = ++f->seq;
    batch->done(batch);
}

static int take_batch(void *ctx, struct bw_batch *batch)
{
    struct fixture *f = ctx;
    pthread_mutex_lock(&f->lock);
    bool hold = f->hold, refuse = f->refuse;
    if (hold) {
        f->held[f->n_held++] = batch;
        pthread_cond_broadcast(&f->changed);
    } else if (!refuse) {
        tell(f, batch);
    }
    pthread_mutex_unlock(&f->lock);
    return refuse ? BW_ECLOSED : 0;
}

static int take_question(void *ctx, struct bw_question *q)
{
    const struct fixture *f = ctx;
    if (f->refuse)
        return BW_ECLOSED;
    if (q->request.op == BW_RPC_TASK)
        bw_fault(&q->fault, BW_ENOTFOUND, "task_id", "no task of that id");
    else
        bw_buf_put(&q->answer, "\x81\xa2ok\xc3", 5);
    q->done(q);
    return 0;
}

static void start(struct fixture *f, struct bw_ingest_options options)
{
    struct bw_fault fault = {0};
    *f = (struct fixture){.seq = 0};
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    options.epoch = EPOCH;
    struct bw_ingest_sink sink = {f, take_batch, take_question};
    assert_int_equal(bw_ingest_start(&options, sink, &f->ingest, &fault), 0);
    assert_int_equal(bw_ingest_listen(f->ingest, "inproc://ingest", NULL, &fault), 0);
}

static void wait_held(struct fixture *f, unsigned n)
{
    pthread_mutex_lock(&f->lock);
    while (f->n_held < n)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static void release(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    f->hold = false;
    for (unsigned i = 0; i < f->n_held; i++)
        tell(f, f->held[i]);
    f->n_held = 0;
    pthread_mutex_unlock(&f->lock);
}

static void finish(struct fixture *f)
{
    bw_ingest_drain(f->ingest);
    bw_ingest_stop(&f->ingest);
    assert_null(f->ingest);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
}

/* --- A client ------------------------------------------------------------------------------- */

struct client {
    nng_socket socket;
    char *answer;
    size_t answer_len;
    msgpack_zone zone;
    msgpack_object root;
};

static void connect_client(struct client *c)
{
    *c = (struct client){.answer = NULL};
    assert_int_equal(nng_req0_open(&c->socket), 0);
    assert_int_equal(nng_dial(c->socket, "inproc://ingest", NULL, 0), 0);
    assert_true(msgpack_zone_init(&c->zone, 8192));
}

static void send_bytes(struct client *c, struct bw_str bytes)
{
    assert_int_equal(nng_send(c->socket, (void *)bytes.ptr, bytes.len, 0), 0);
}

static void send_json(struct client *c, const char *json)
{
    struct bw_buf bytes = {0};
    struct bw_fault fault = {0};
    if (bw_json_to_msgpack(bw_str(json), &bytes, &fault) != 0)
        fail_msg("%s: %s", json, fault.message);
    send_bytes(c, bw_buf_str(&bytes));
    bw_buf_free(&bytes);
}

/* Receives an answer; 0 or its error. */
static int receive(struct client *c, struct bw_fault *fault)
{
    if (c->answer)
        nng_free(c->answer, c->answer_len);
    assert_int_equal(nng_recv(c->socket, &c->answer, &c->answer_len, NNG_FLAG_ALLOC), 0);
    msgpack_zone_clear(&c->zone);
    *fault = (struct bw_fault){0};
    struct bw_str bytes = {c->answer, c->answer_len};
    assert_int_equal(bw_mp_unpack(bytes, BW_RPC_DEPTH_MAX, &c->zone, &c->root, fault), 0);
    return bw_rpc_reply_check(&c->root, fault);
}

static struct bw_publish_result result_at(const struct client *c, uint32_t i, uint32_t of)
{
    const msgpack_object *results = bw_mp_get(&c->root, "results");
    struct bw_publish_result r;
    assert_non_null(results);
    assert_int_equal(results->via.array.size, of);
    assert_int_equal(bw_rpc_publish_result_decode(&results->via.array.ptr[i], &r), 0);
    return r;
}

static void close_client(struct client *c)
{
    if (c->answer)
        nng_free(c->answer, c->answer_len);
    msgpack_zone_destroy(&c->zone);
    nng_close(c->socket);
}

#define EVENT(id)       "{\"event_type\":\"E\",\"topic\":\"t\",\"id\":\"" id "\"}"
#define PUBLISH(events) "{\"v\":1,\"op\":\"publish\",\"events\":[" events "]}"

/* --- Tests ---------------------------------------------------------------------------------- */

static void test_each_event_has_its_result(void **state)
{
    (void)state;
    struct fixture f;
    struct client c;
    struct bw_fault fault;
    start(&f, (struct bw_ingest_options){0});
    connect_client(&c);
    send_json(&c, PUBLISH(EVENT("a") ",{\"event_type\":\"E\",\"id\":\"b\"}," EVENT("c")));
    assert_int_equal(receive(&c, &fault), 0);
    assert_int_equal(bw_mp_get(&c.root, "epoch")->via.u64, EPOCH);
    struct bw_publish_result a = result_at(&c, 0, 3), b = result_at(&c, 1, 3),
                             d = result_at(&c, 2, 3);
    assert_true(bw_str_is(a.id, "a"));
    assert_int_equal(a.seq, 1);
    assert_int_equal(b.fault.err, BW_EINVAL);
    assert_string_equal(b.fault.field, "topic");
    assert_int_equal(b.seq, 0);
    assert_true(bw_str_is(d.id, "c"));
    assert_int_equal(d.seq, 2);

    send_json(&c, PUBLISH("1,{}")); /* nothing for the stage behind to do */
    assert_int_equal(receive(&c, &fault), 0);
    assert_int_equal(result_at(&c, 0, 2).fault.err, BW_EINVAL);
    assert_int_equal(result_at(&c, 1, 2).fault.err, BW_EINVAL);
    close_client(&c);
    finish(&f);
}

static void test_bad_requests(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int err;
        const char *field;
    } bad[] = {
        {"[]", BW_EINVAL, ""},
        {"{}", BW_EVERSION, "v"},
        {"{\"v\":2,\"op\":\"stats\"}", BW_EVERSION, "v"},
        {"{\"v\":1}", BW_EUNSUPPORTED, "op"},
        {"{\"v\":1,\"op\":\"dance\"}", BW_EUNSUPPORTED, "op"},
        {"{\"v\":1,\"op\":\"publish\"}", BW_EINVAL, "events"},
        {PUBLISH(""), BW_EINVAL, "events"},
        {"{\"v\":1,\"op\":\"task\",\"task_id\":\"x\"}", BW_ENOTFOUND, "task_id"},
    };
    struct fixture f;
    struct client c;
    struct bw_fault fault;
    start(&f, (struct bw_ingest_options){.contexts = 1});
    connect_client(&c);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        send_json(&c, bad[i].json);
        int err = receive(&c, &fault);
        if (err != bad[i].err || strcmp(fault.field, bad[i].field) != 0)
            fail_msg("%s: %s on \"%s\"", bad[i].json, bw_err_code(err), fault.field);
        assert_true(fault.message[0] != 0);
    }
    static const struct bw_str broken[] = {
        {"", 0}, {"\xc1", 1}, {"\x81", 1}, {"\xdd\xff\xff\xff\xff", 5}, {"\x80\x80", 2},
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        send_bytes(&c, broken[i]);
        assert_int_equal(receive(&c, &fault), BW_EPROTO);
    }
    send_json(&c, "{\"v\":1,\"op\":\"stats\"}"); /* and goes on */
    assert_int_equal(receive(&c, &fault), 0);
    close_client(&c);
    finish(&f);
}

static void test_when_the_stages_behind_stop(void **state)
{
    (void)state;
    struct fixture f;
    struct client c;
    struct bw_fault fault;
    start(&f, (struct bw_ingest_options){0});
    f.refuse = true;
    connect_client(&c);
    send_json(&c, PUBLISH(EVENT("a")));
    assert_int_equal(receive(&c, &fault), BW_ECLOSED);
    send_json(&c, "{\"v\":1,\"op\":\"stats\"}");
    assert_int_equal(receive(&c, &fault), BW_ECLOSED);
    close_client(&c);
    finish(&f);
}

static void test_more_bytes_than_allowed_are_answered_busy(void **state)
{
    (void)state;
    struct fixture f;
    struct client first, second;
    struct bw_fault fault;
    start(&f, (struct bw_ingest_options){.in_flight_bytes = 1});
    f.hold = true;
    connect_client(&first);
    connect_client(&second);
    send_json(&first, PUBLISH(EVENT("a"))); /* one always passes */
    wait_held(&f, 1);
    send_json(&second, PUBLISH(EVENT("b")));
    assert_int_equal(receive(&second, &fault), BW_EBUSY);
    release(&f);
    assert_int_equal(receive(&first, &fault), 0);
    send_json(&second, PUBLISH(EVENT("b")));
    assert_int_equal(receive(&second, &fault), 0);
    close_client(&first);
    close_client(&second);
    finish(&f);
}

static void test_contexts_bound_what_is_under_way(void **state)
{
    (void)state;
    enum { CONTEXTS = 3, CLIENTS = 8 };
    struct fixture f;
    struct client c[CLIENTS];
    struct bw_fault fault;
    start(&f, (struct bw_ingest_options){.contexts = CONTEXTS});
    f.hold = true;
    for (unsigned i = 0; i < CLIENTS; i++) {
        connect_client(&c[i]);
        send_json(&c[i], PUBLISH(EVENT("a")));
    }
    wait_held(&f, CONTEXTS);
    assert_int_equal(f.n_held, CONTEXTS); /* there is nobody left to receive a fourth */
    release(&f);
    for (unsigned i = 0; i < CLIENTS; i++) {
        assert_int_equal(receive(&c[i], &fault), 0);
        close_client(&c[i]);
    }
    finish(&f);
}

static void test_stopping_answers_what_is_under_way(void **state)
{
    (void)state;
    struct fixture f;
    struct client c;
    struct bw_fault fault;
    start(&f, (struct bw_ingest_options){0});
    f.hold = true;
    connect_client(&c);
    send_json(&c, PUBLISH(EVENT("a")));
    wait_held(&f, 1);
    bw_ingest_drain(f.ingest);
    release(&f);
    assert_int_equal(receive(&c, &fault), 0);
    assert_int_equal(result_at(&c, 0, 1).seq, 1);
    bw_ingest_stop(&f.ingest);
    close_client(&c);
}

static void test_a_client_that_leaves(void **state)
{
    (void)state;
    struct fixture f;
    struct client gone, c;
    struct bw_fault fault;
    start(&f, (struct bw_ingest_options){.contexts = 1});
    f.hold = true;
    connect_client(&gone);
    send_json(&gone, PUBLISH(EVENT("a")));
    wait_held(&f, 1);
    close_client(&gone);
    connect_client(&c);
    send_json(&c, PUBLISH(EVENT("b")));
    release(&f);
    assert_int_equal(receive(&c, &fault), 0);
    close_client(&c);
    finish(&f);
}

/* It sends and never reads: raw sockets leave what comes in to the program. */
static void test_a_client_that_reads_nothing(void **state)
{
    (void)state;
    enum { REQUESTS = 60, CONTEXTS = 8 };
    struct fixture f;
    struct client stuck, c;
    struct bw_buf request = {0};
    struct bw_fault fault;
    start(&f, (struct bw_ingest_options){.contexts = CONTEXTS, .answer_timeout_ms = 20});
    stuck = (struct client){.answer = NULL};
    assert_int_equal(nng_req0_open_raw(&stuck.socket), 0);
    assert_int_equal(nng_socket_set_int(stuck.socket, NNG_OPT_RECVBUF, 1), 0);
    assert_int_equal(nng_dial(stuck.socket, "inproc://ingest", NULL, 0), 0);
    assert_int_equal(bw_json_to_msgpack(BW_STR("{\"v\":1,\"op\":\"stats\"}"), &request, &fault), 0);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        nng_msg *message;
        assert_int_equal(nng_msg_alloc(&message, 0), 0);
        assert_int_equal(nng_msg_header_append_u32(message, 0x80000000U | i), 0);
        assert_int_equal(nng_msg_append(message, request.data, request.len), 0);
        assert_int_equal(nng_sendmsg(stuck.socket, message, 0), 0);
    }
    connect_client(&c);
    send_json(&c, "{\"v\":1,\"op\":\"stats\"}");
    assert_int_equal(receive(&c, &fault), 0);
    bw_buf_free(&request);
    close_client(&c);
    nng_close(stuck.socket);
    finish(&f);
}

static void test_an_address_in_use(void **state)
{
    (void)state;
    struct fixture f;
    struct bw_fault fault = {0};
    start(&f, (struct bw_ingest_options){0});
    assert_int_equal(bw_ingest_listen(f.ingest, "inproc://ingest", NULL, &fault), BW_EEXIST);
    assert_string_equal(fault.field, "bus");
    assert_non_null(strstr(fault.message, "inproc://ingest"));
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_event_has_its_result),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_when_the_stages_behind_stop),
        cmocka_unit_test(test_more_bytes_than_allowed_are_answered_busy),
        cmocka_unit_test(test_contexts_bound_what_is_under_way),
        cmocka_unit_test(test_stopping_answers_what_is_under_way),
        cmocka_unit_test(test_a_client_that_leaves),
        cmocka_unit_test(test_a_client_that_reads_nothing),
        cmocka_unit_test(test_an_address_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

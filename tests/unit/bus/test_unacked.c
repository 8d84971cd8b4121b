/* Fire-and-forget producers: what arrives is handed on in order, and waits when there is no room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <pthread.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <cmocka.h>

#include "unacked.h"
#include "wire/json.h"

enum { HELD_MAX = 64 };

struct fixture {
    struct bw_unacked *unacked;
    nng_socket pub;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool connected, hold, refuse;
    struct bw_batch *held[HELD_MAX];
    unsigned n_held, n_events, n_refused;
    char ids[1024]; /* of the events, in the order they came */
};

static int take_batch(void *ctx, struct bw_batch *batch)
{
    struct fixture *f = ctx;
    bool refuse, hold;
    pthread_mutex_lock(&f->lock);
    refuse = f->refuse;
    hold = f->hold;
    for (size_t i = 0; i < batch->n_items && !refuse; i++) {
        if (batch->items[i].draft.result.fault.err)
            continue;
        strncat(f->ids, batch->items[i].draft.event.id.ptr, batch->items[i].draft.event.id.len);
        f->n_events++;
    }
    if (hold)
        f->held[f->n_held++] = batch;
    f->n_refused += refuse;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
    if (!hold && !refuse)
        batch->done(batch);
    return refuse ? BW_ECLOSED : 0;
}

static void send_json(struct fixture *f, const char *json)
{
    struct bw_buf bytes = {0};
    struct bw_fault fault = {0};
    if (bw_json_to_msgpack(bw_str(json), &bytes, &fault) != 0)
        fail_msg("%s: %s", json, fault.message);
    assert_int_equal(nng_send(f->pub, bytes.data, bytes.len, 0), 0);
    bw_buf_free(&bytes);
}

static void send_event(struct fixture *f, const char *id)
{
    char json[128];
    snprintf(json, sizeof json, "{\"event_type\":\"E\",\"topic\":\"t\",\"id\":\"%s\"}", id);
    send_json(f, json);
}

static void wait_events(struct fixture *f, unsigned n)
{
    pthread_mutex_lock(&f->lock);
    while (f->n_events < n)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static void on_pipe(nng_pipe pipe, nng_pipe_ev event, void *arg)
{
    struct fixture *f = arg;
    (void)pipe;
    (void)event;
    pthread_mutex_lock(&f->lock);
    f->connected = true;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

/* A producer that is connected: PUB drops what it sends before. */
static void start(struct fixture *f, struct bw_unacked_options options)
{
    struct bw_fault fault = {0};
    *f = (struct fixture){.n_events = 0};
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    struct bw_unacked_sink sink = {f, take_batch};
    assert_int_equal(bw_unacked_start(&options, sink, &f->unacked, &fault), 0);
    assert_int_equal(bw_unacked_listen(f->unacked, "inproc://unacked", NULL, &fault), 0);
    assert_int_equal(nng_pub0_open(&f->pub), 0);
    assert_int_equal(nng_pipe_notify(f->pub, NNG_PIPE_EV_ADD_POST, on_pipe, f), 0);
    assert_int_equal(nng_dial(f->pub, "inproc://unacked", NULL, 0), 0);
    pthread_mutex_lock(&f->lock);
    while (!f->connected)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

static void release(struct fixture *f)
{
    struct bw_batch *held[HELD_MAX];
    pthread_mutex_lock(&f->lock);
    unsigned n = f->n_held;
    memcpy(held, f->held, sizeof held);
    f->n_held = 0;
    f->hold = false;
    pthread_mutex_unlock(&f->lock);
    for (unsigned i = 0; i < n; i++)
        held[i]->done(held[i]);
}

static void finish(struct fixture *f)
{
    nng_close(f->pub);
    bw_unacked_drain(f->unacked);
    release(f);
    bw_unacked_stop(&f->unacked);
    assert_null(f->unacked);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
}

static void test_events_arrive_in_order_and_bad_ones_do_no_harm(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, (struct bw_unacked_options){0});
    send_event(&f, "a");
    send_json(&f, "[1]");
    send_json(&f, "{\"event_type\":\"E\",\"id\":\"no topic\"}");
    send_json(&f, "{\"v\":1,\"events\":[{\"event_type\":\"E\",\"topic\":\"t\",\"id\":\"b\"},{},"
                  "{\"event_type\":\"E\",\"topic\":\"t\",\"id\":\"c\"}]}");
    assert_int_equal(nng_send(f.pub, "\xc1", 1, 0), 0);
    send_event(&f, "d");
    wait_events(&f, 4);
    assert_string_equal(f.ids, "abcd");
    finish(&f);
}

static void test_what_finds_no_room_waits(void **state)
{
    (void)state;
    static const struct bw_unacked_options options[] = {
        {.slots = 2}, {.in_flight_bytes = 40}, /* two of these messages */
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        struct fixture f;
        start(&f, options[i]);
        f.hold = true;
        for (char id[2] = "a"; *id <= 'j'; ++*id)
            send_event(&f, id);
        wait_events(&f, 2);
        assert_int_equal(f.n_events, 2); /* no third is received */
        release(&f);
        wait_events(&f, 10);
        assert_string_equal(f.ids, "abcdefghij");
        finish(&f);
    }
}

static void test_stopping_while_waiting_for_room(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, (struct bw_unacked_options){.slots = 1});
    f.hold = true;
    send_event(&f, "a");
    send_event(&f, "b");
    wait_events(&f, 1);
    finish(&f); /* drains first, then releases: "b" stays where it is */
    assert_string_equal(f.ids, "a");
}

static void test_when_the_writer_has_stopped(void **state)
{
    (void)state;
    struct fixture f;
    start(&f, (struct bw_unacked_options){.slots = 1});
    f.refuse = true;
    send_event(&f, "a");
    pthread_mutex_lock(&f.lock);
    while (f.n_refused < 1)
        pthread_cond_wait(&f.changed, &f.lock);
    f.refuse = false;
    pthread_mutex_unlock(&f.lock);
    send_event(&f, "b"); /* the slot is free again */
    wait_events(&f, 1);
    assert_string_equal(f.ids, "b");
    finish(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_arrive_in_order_and_bad_ones_do_no_harm),
        cmocka_unit_test(test_what_finds_no_room_waits),
        cmocka_unit_test(test_stopping_while_waiting_for_room),
        cmocka_unit_test(test_when_the_writer_has_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Publishing, against a bus that misbehaves. */
#include "unit.h"

#include "bellwire.h"
#include "client/fake_bus.h"

/* What the callbacks were told. */
struct told {
    pthread_mutex_t lock;
    unsigned n, n_stored, n_duplicate, n_failed;
    int last_error;
    uint64_t last_seq;
    char field[64];
};

static void note(void *arg, const struct bellwire_result *r)
{
    struct told *t = arg;
    pthread_mutex_lock(&t->lock);
    t->n++;
    t->n_stored += r->error == 0;
    t->n_duplicate += r->duplicate;
    t->n_failed += r->error != 0;
    if (r->error) {
        t->last_error = r->error;
        snprintf(t->field, sizeof t->field, "%s", r->field);
    }
    t->last_seq = r->seq;
    pthread_mutex_unlock(&t->lock);
}

struct fixture {
    struct fake_bus *bus;
    struct bellwire *handle;
    struct told told;
};

static void setup(struct fixture *f, bool started, const struct bellwire_options *options)
{
    *f = (struct fixture){.bus = fake_bus_create(), .told.lock = PTHREAD_MUTEX_INITIALIZER};
    if (started)
        fake_bus_start(f->bus);
    assert_int_equal(bellwire_connect(f->bus->url, options, &f->handle), 0);
    assert_non_null(f->handle);
}

static void teardown(struct fixture *f)
{
    bellwire_close(&f->handle);
    assert_null(f->handle);
    fake_bus_destroy(f->bus);
}

static int put(struct fixture *f, unsigned number)
{
    char message[32];
    snprintf(message, sizeof message, "%u", number);
    struct bellwire_event e = {
        .event_type = "THING_HAPPENED", .topic = "things", .message = message};
    return bellwire_publish_async(f->handle, &e, note, &f->told);
}

/* Every number from 0 to n - 1 is stored once, in this order. */
static void assert_stored_in_order(struct fake_bus *bus, unsigned n)
{
    char expected[32];
    assert_int_equal(bus->n, n);
    for (unsigned i = 0; i < n; i++) {
        snprintf(expected, sizeof expected, "%u", i);
        assert_string_equal(bus->events[i]->message, expected);
    }
}

static void acks_with_a_place(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_result r;
    setup(&f, true, NULL);
    struct bellwire_event e = {.event_type = "TASK_CREATED",
                               .data_json = "{\"id\": 7, \"title\": \"x\"}"};
    assert_int_equal(bellwire_publish(f.handle, &e, &r), 0);
    assert_int_equal(r.error, 0);
    assert_int_equal(r.seq, 1);
    assert_string_equal(r.cursor, "abcd0001.1");
    assert_int_equal(strlen(r.id), 36);
    assert_false(r.duplicate);
    e.id = r.id;
    assert_int_equal(bellwire_publish(f.handle, &e, &r), 0);
    assert_true(r.duplicate);
    assert_int_equal(r.seq, 1);
    assert_int_equal(bellwire_publish(f.handle, &e, NULL), 0);
    assert_int_equal(f.bus->n, 1);
    teardown(&f);
}

static void refuses_before_sending(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_result r;
    setup(&f, false, NULL);
    struct bellwire_event e = {.event_type = "THING", .topic = "no spaces"};
    assert_int_equal(bellwire_publish(f.handle, &e, &r), BELLWIRE_EINVAL);
    assert_string_equal(r.field, "topic");
    assert_true(strlen(r.message) > 0);
    assert_int_equal(bellwire_publish_async(f.handle, &e, note, &f.told), BELLWIRE_EINVAL);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_int_equal(f.told.n, 0);
    teardown(&f);
}

static void delivers_when_the_bus_comes(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, false, NULL);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(put(&f, i), 0);
    assert_int_equal(bellwire_flush(f.handle, 0), BELLWIRE_ETIMEDOUT);
    fake_bus_start(f.bus);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_int_equal(f.told.n_stored, 10);
    assert_stored_in_order(f.bus, 10);
    teardown(&f);
}

static void batches_what_waits(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, true, NULL);
    fake_bus_hold(f.bus, true);
    assert_int_equal(put(&f, 0), 0);
    wait_until(fake_get(f.bus, waiting));
    for (unsigned i = 1; i <= 500; i++)
        assert_int_equal(put(&f, i), 0);
    fake_bus_hold(f.bus, false);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_int_equal(f.bus->n_publishes, 2);
    assert_int_equal(f.bus->largest, 500);
    assert_stored_in_order(f.bus, 501);
    teardown(&f);
}

static void keeps_to_the_batch_limit(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_options o = {.batch_events = 16};
    setup(&f, false, &o);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(put(&f, i), 0);
    fake_bus_start(f.bus);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_int_equal(f.bus->largest, 16);
    assert_int_equal(f.bus->n_publishes, 7);
    assert_stored_in_order(f.bus, 100);
    teardown(&f);
}

static void keeps_order_through_lost_answers_and_refusals(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_options o = {.batch_events = 10};
    setup(&f, true, &o);
    for (unsigned i = 0; i < 1000; i++) {
        if (i % 100 == 20)
            fake_set(f.bus, drop_answers, 1);
        if (i == 550) {
            fake_set(f.bus, refuse_with, BW_EBUSY);
            fake_set(f.bus, refuse, 2);
        }
        assert_int_equal(put(&f, i), 0);
        if (i % 100 == 99)
            assert_int_equal(bellwire_flush(f.handle, -1), 0);
    }
    assert_stored_in_order(f.bus, 1000);
    assert_int_equal(f.told.n, 1000);
    assert_int_equal(f.told.n_stored, 1000);
    assert_true(f.told.n_duplicate > 0); /* what was stored before its answer was lost */
    teardown(&f);
}

static void survives_a_restart(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, true, NULL);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(put(&f, i), 0);
        if (i % 100 == 50) {
            fake_bus_stop(f.bus);
            assert_int_equal(put(&f, ++i), 0);
            fake_bus_start(f.bus);
        }
    }
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_stored_in_order(f.bus, 300);
    assert_int_equal(f.told.n_stored, 300);
    teardown(&f);
}

/* With several requests under way, each topic keeps its order. */
static void keeps_the_order_of_each_topic_in_lanes(void **state)
{
    enum { TOPICS = 8, EACH_TOPIC = 100 };
    (void)state;
    struct fixture f;
    struct bellwire_options o = {.batch_events = 5, .in_flight = 4};
    unsigned next[TOPICS] = {0};
    setup(&f, true, &o);
    for (unsigned i = 0; i < TOPICS * EACH_TOPIC; i++) {
        char topic[16], message[16];
        snprintf(topic, sizeof topic, "topic-%u", i % TOPICS);
        snprintf(message, sizeof message, "%u", i / TOPICS);
        struct bellwire_event e = {.event_type = "THING", .topic = topic, .message = message};
        if (i % 100 == 10)
            fake_set(f.bus, drop_answers, 1);
        assert_int_equal(bellwire_publish_async(f.handle, &e, note, &f.told), 0);
    }
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_int_equal(f.told.n_stored, TOPICS * EACH_TOPIC);
    assert_int_equal(f.bus->n, TOPICS * EACH_TOPIC);
    for (unsigned i = 0; i < f.bus->n; i++) {
        char expected[16];
        unsigned topic = (unsigned)(f.bus->events[i]->topic[6] - '0');
        snprintf(expected, sizeof expected, "%u", next[topic]++);
        assert_string_equal(f.bus->events[i]->message, expected);
    }
    teardown(&f);
}

static void says_when_the_queue_is_full(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_options o = {.queue_bytes = 4096};
    setup(&f, false, &o);
    unsigned n = 0;
    int err;
    while ((err = put(&f, n)) == 0)
        n++;
    assert_int_equal(err, BELLWIRE_EBUSY);
    assert_in_range(n, 5, 100);
    fake_bus_start(f.bus);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_int_equal(put(&f, n), 0);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_stored_in_order(f.bus, n + 1);
    teardown(&f);
}

static void gives_up_waiting_in_time(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_options o = {.timeout_ms = 50};
    struct bellwire_result r;
    struct bellwire_event e = {.event_type = "THING", .topic = "things", .message = "gone"};
    setup(&f, false, &o);
    assert_int_equal(bellwire_publish(f.handle, &e, &r), BELLWIRE_EUNAVAILABLE);
    assert_int_equal(r.error, BELLWIRE_EUNAVAILABLE);
    fake_bus_start(f.bus);
    assert_int_equal(put(&f, 0), 0);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_stored_in_order(f.bus, 1); /* the one nobody waited for was not sent */

    fake_bus_hold(f.bus, true);
    assert_int_equal(bellwire_publish(f.handle, &e, &r), BELLWIRE_ETIMEDOUT);
    fake_bus_hold(f.bus, false);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    teardown(&f);
}

static void tells_a_full_disk_to_those_who_wait(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_result r;
    struct bellwire_event e = {.event_type = "THING", .topic = "things", .message = "0"};
    setup(&f, true, NULL);
    fake_set(f.bus, refuse_with, BW_ENOSPC);
    fake_set(f.bus, refuse, 1);
    assert_int_equal(bellwire_publish(f.handle, &e, &r), BELLWIRE_ENOSPC);
    assert_string_equal(r.message, "told to refuse");
    fake_set(f.bus, refuse, 2);
    assert_int_equal(put(&f, 0), 0);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_int_equal(f.told.n_stored, 1); /* the one who does not wait is served later */
    assert_int_equal(fake_get(f.bus, refuse), 0);
    teardown(&f);
}

static void loses_nothing_beside_a_bad_event(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, false, NULL);
    f.bus->bad_message = "5";
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(put(&f, i), 0);
    fake_bus_start(f.bus);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_int_equal(f.bus->n, 9);
    assert_int_equal(f.told.n_stored, 9);
    assert_int_equal(f.told.last_error, BELLWIRE_EINVAL);
    assert_string_equal(f.told.field, "data.progress");
    teardown(&f);
}

static void reports_an_answer_that_is_none(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_result r;
    struct bellwire_event e = {.event_type = "THING", .topic = "things"};
    setup(&f, true, NULL);
    fake_set(f.bus, short_by, 1);
    assert_int_equal(bellwire_publish(f.handle, &e, &r), BELLWIRE_EPROTO);
    teardown(&f);
}

static void close_reports_what_was_not_acked(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, false, NULL);
    for (unsigned i = 0; i < 2500; i++)
        assert_int_equal(put(&f, i), 0);
    bellwire_close(&f.handle);
    assert_int_equal(f.told.n_failed, 2500);
    assert_int_equal(f.told.last_error, BELLWIRE_ECLOSED);
    teardown(&f); /* closing what is closed is harmless */

    setup(&f, true, NULL);
    fake_bus_hold(f.bus, true);
    assert_int_equal(put(&f, 0), 0);
    wait_until(fake_get(f.bus, waiting));
    assert_int_equal(put(&f, 1), 0);
    bellwire_close(&f.handle);
    assert_int_equal(f.told.n_failed, 2);
    teardown(&f);
}

struct states {
    pthread_mutex_t lock;
    unsigned n_up, n_down;
};

static void note_state(void *arg, bool connected)
{
    struct states *s = arg;
    pthread_mutex_lock(&s->lock);
    if (connected)
        s->n_up++;
    else
        s->n_down++;
    pthread_mutex_unlock(&s->lock);
}

static void tells_state(void **state)
{
    (void)state;
    struct fixture f;
    struct states s = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct bellwire_options o = {.on_state = note_state, .arg = &s};
    setup(&f, false, &o);
    assert_int_equal(fake_get(&s, n_up), 0);
    fake_bus_start(f.bus);
    wait_until(fake_get(&s, n_up) == 1);
    fake_bus_stop(f.bus);
    wait_until(fake_get(&s, n_down) == 1);
    fake_bus_start(f.bus);
    wait_until(fake_get(&s, n_up) == 2);
    teardown(&f);
}

struct nested {
    struct bellwire *handle;
    int sync_error, flush_error, async_error;
    bool done;
    pthread_mutex_t lock;
};

static void publish_inside(void *arg, const struct bellwire_result *r)
{
    struct nested *n = arg;
    struct bellwire_event e = {.event_type = "THING", .topic = "things"};
    (void)r;
    pthread_mutex_lock(&n->lock);
    n->sync_error = bellwire_publish(n->handle, &e, NULL);
    n->flush_error = bellwire_flush(n->handle, -1);
    n->async_error = bellwire_publish_async(n->handle, &e, NULL, NULL);
    n->done = true;
    pthread_mutex_unlock(&n->lock);
}

static void a_callback_may_publish_but_not_wait(void **state)
{
    (void)state;
    struct fixture f;
    setup(&f, true, NULL);
    struct nested n = {.handle = f.handle, .lock = PTHREAD_MUTEX_INITIALIZER};
    struct bellwire_event e = {.event_type = "THING", .topic = "things"};
    assert_int_equal(bellwire_publish_async(f.handle, &e, publish_inside, &n), 0);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_int_equal(bellwire_flush(f.handle, -1), 0);
    assert_true(n.done);
    assert_int_equal(n.sync_error, BELLWIRE_EINVAL);
    assert_int_equal(n.flush_error, BELLWIRE_EINVAL);
    assert_int_equal(n.async_error, 0);
    assert_int_equal(f.bus->n, 2);
    teardown(&f);
}

enum { PUBLISHERS = 4, EACH = 200 };

static void *publish_and_wait(void *arg)
{
    struct fixture *f = arg;
    unsigned failed = 0;
    for (unsigned i = 0; i < EACH; i++) {
        struct bellwire_event e = {.event_type = "THING", .topic = "things"};
        failed += bellwire_publish(f->handle, &e, NULL) != 0;
    }
    return (void *)(uintptr_t)failed;
}

static void serves_many_threads(void **state)
{
    (void)state;
    struct fixture f;
    pthread_t threads[PUBLISHERS];
    struct bellwire_options o = {.queue_bytes = 300}; /* they also wait for room */
    setup(&f, true, &o);
    for (int i = 0; i < PUBLISHERS; i++)
        pthread_create(&threads[i], NULL, publish_and_wait, &f);
    for (int i = 0; i < PUBLISHERS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(f.bus->n, PUBLISHERS * EACH);
    teardown(&f);
}

static void checks_its_options(void **state)
{
    (void)state;
    struct bellwire *h;
    assert_int_equal(bellwire_connect("http://x", NULL, &h), BELLWIRE_EINVAL);
    assert_null(h);
    assert_int_equal(
        bellwire_connect("inproc://x", &(struct bellwire_options){.batch_events = 1001}, &h),
        BELLWIRE_EINVAL);
    assert_int_equal(
        bellwire_connect("inproc://x", &(struct bellwire_options){.in_flight = 65}, &h),
        BELLWIRE_EINVAL);
    assert_int_equal(
        bellwire_connect("inproc://x", &(struct bellwire_options){.source = "two\nlines"}, &h),
        BELLWIRE_EINVAL);
    assert_null(h);
    assert_string_equal(bellwire_strerror(BELLWIRE_EUNAVAILABLE), "the bus cannot be reached");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acks_with_a_place),
        cmocka_unit_test(refuses_before_sending),
        cmocka_unit_test(delivers_when_the_bus_comes),
        cmocka_unit_test(batches_what_waits),
        cmocka_unit_test(keeps_to_the_batch_limit),
        cmocka_unit_test(keeps_order_through_lost_answers_and_refusals),
        cmocka_unit_test(survives_a_restart),
        cmocka_unit_test(keeps_the_order_of_each_topic_in_lanes),
        cmocka_unit_test(says_when_the_queue_is_full),
        cmocka_unit_test(gives_up_waiting_in_time),
        cmocka_unit_test(tells_a_full_disk_to_those_who_wait),
        cmocka_unit_test(loses_nothing_beside_a_bad_event),
        cmocka_unit_test(reports_an_answer_that_is_none),
        cmocka_unit_test(close_reports_what_was_not_acked),
        cmocka_unit_test(tells_state),
        cmocka_unit_test(a_callback_may_publish_but_not_wait),
        cmocka_unit_test(serves_many_threads),
        cmocka_unit_test(checks_its_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

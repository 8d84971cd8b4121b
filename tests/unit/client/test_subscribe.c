/* Subscriptions, against a bus that loses messages and restarts. */
#include "client/subscriber.h"

static void tells_what_happens_from_now_on(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    store(f, "things", 0, 5);
    subscribe(f, things, NULL);
    wait_begun(f);
    store(f, "things", 5, 10);
    store(f, "things2", 0, 3); /* begins like the topic, but is another */
    store(f, "other", 0, 3);
    fake_bus_heartbeat(f->bus);
    wait_until(fake_get(&f->told, n) >= 5);
    assert_told(f, "things", 5, 10);
    assert_int_equal(f->told.n, 5);
    assert_string_equal(f->told.events[0].cursor, "abcd0001.6");
    unsigned n_idle = fake_get(&f->told, n_idle);
    fake_bus_heartbeat(f->bus); /* also when nothing has happened */
    wait_until(fake_get(&f->told, n_idle) > n_idle);
    teardown(f);
}

static void begins_when_the_bus_comes(void **state)
{
    (void)state;
    struct fixture *f = setup(false);
    subscribe(f, things, "oldest");
    store(f, "things", 0, 5);
    fake_bus_start(f->bus);
    wait_until(fake_get(&f->told, n) >= 5);
    store(f, "things", 5, 8);
    fake_bus_heartbeat(f->bus);
    wait_until(fake_get(&f->told, n) >= 8);
    assert_told(f, "things", 0, 8);
    teardown(f);
}

static void goes_on_after_a_cursor_in_pages(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    store(f, "things", 0, 100);
    store(f, "other", 0, 10);
    store(f, "things", 100, 2500);
    subscribe(f, (const char *const[]){"other", "things", NULL}, "abcd0001.50");
    wait_until(fake_get(&f->told, n) >= 2460);
    assert_told(f, "things", 50, 2500);
    assert_told(f, "other", 0, 10);
    /* merged, as far as it was read from the journal */
    for (unsigned i = 1; i < f->told.n; i++)
        assert_true(f->told.events[i - 1].seq < f->told.events[i].seq);
    teardown(f);
}

static void fetches_lost_messages_first(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    subscribe(f, things, "latest");
    wait_begun(f);
    store(f, "things", 0, 2);
    fake_set(f->bus, lose_messages, 3);
    store(f, "things", 2, 10);
    wait_until(fake_get(&f->told, n) >= 10);
    assert_told(f, "things", 0, 10);
    teardown(f);
}

static void fetches_a_lost_last_message(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    subscribe(f, NULL, NULL);
    wait_begun(f);
    store(f, "things", 0, 2);
    fake_set(f->bus, lose_messages, 3);
    store(f, "things", 2, 4);
    store(f, "new", 0, 1);
    fake_bus_heartbeat(f->bus);
    wait_until(fake_get(&f->told, n) >= 5);
    assert_told(f, "things", 0, 4);
    assert_told(f, "new", 0, 1);
    teardown(f);
}

/* What it has reached, it has told: also what was lost before. */
static void tells_what_was_reached(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    store(f, "things", 0, 3);
    subscribe(f, NULL, "oldest");
    wait_until(fake_get(&f->told, reached) == 3);
    assert_int_equal(fake_get(&f->told, n_when_reached), 3);
    fake_set(f->bus, lose_messages, 4);
    store(f, "things", 3, 5);
    store(f, "other", 0, 2);
    fake_bus_heartbeat(f->bus);
    wait_until(fake_get(&f->told, reached) == 7);
    assert_int_equal(fake_get(&f->told, n_when_reached), 7);
    assert_told(f, "things", 0, 5);
    assert_told(f, "other", 0, 2);
    teardown(f);
}

static void finds_the_first_message_of_a_new_topic(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    store(f, "old", 0, 20);
    subscribe(f, NULL, NULL);
    wait_begun(f);
    fake_set(f->bus, lose_messages, 1);
    store(f, "new", 0, 2);
    store(f, "old", 20, 21);
    wait_until(fake_get(&f->told, n) >= 3);
    assert_told(f, "new", 0, 2);
    assert_told(f, "old", 20, 21);
    teardown(f);
}

static void misses_nothing_when_most_is_lost(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    subscribe(f, NULL, NULL);
    wait_begun(f);
    for (unsigned i = 0; i < 500; i++) {
        if (i % 7 == 0)
            fake_set(f->bus, lose_messages, 5);
        store(f, i % 3 ? "a" : "b", i % 3 ? i - i / 3 - 1 : i / 3, i % 3 ? i - i / 3 : i / 3 + 1);
        if (i % 50 == 0)
            fake_bus_heartbeat(f->bus);
    }
    fake_set(f->bus, lose_messages, 0);
    fake_bus_heartbeat(f->bus);
    wait_until(fake_get(&f->told, n) >= 500);
    assert_told(f, "a", 0, 333);
    assert_told(f, "b", 0, 167);
    teardown(f);
}

static void goes_on_after_a_restart(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    subscribe(f, things, NULL);
    wait_begun(f);
    store(f, "things", 0, 5);
    fake_bus_stop(f->bus);
    store(f, "things", 5, 8); /* stored, and nobody was there to be told */
    fake_bus_start(f->bus);
    wait_until(fake_get(&f->told, n) >= 8);
    store(f, "things", 8, 10);
    fake_bus_heartbeat(f->bus);
    wait_until(fake_get(&f->told, n) >= 10);
    assert_told(f, "things", 0, 10);
    assert_int_equal(f->told.n_resets, 0);
    teardown(f);
}

static void asks_again_when_the_bus_refuses(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    store(f, "things", 0, 5);
    fake_set(f->bus, refuse_with, BW_EBUSY);
    fake_set(f->bus, refuse, 3);
    subscribe(f, things, "oldest");
    wait_until(fake_get(&f->told, n) >= 5);
    fake_set(f->bus, drop_answers, 1);
    fake_set(f->bus, lose_messages, 1);
    store(f, "things", 5, 7);
    wait_until(fake_get(&f->told, n) >= 7);
    assert_told(f, "things", 0, 7);
    teardown(f);
}

static void ends_while_the_bus_is_away_or_silent(void **state)
{
    (void)state;
    struct fixture *f = setup(false);
    subscribe(f, NULL, NULL);
    teardown(f);

    f = setup(true);
    fake_bus_hold(f->bus, true);
    subscribe(f, NULL, NULL);
    wait_until(fake_get(f->bus, waiting));
    bellwire_unsubscribe(&f->subscription);
    fake_bus_hold(f->bus, false);
    teardown(f);
}

static void knows_the_task_of_an_event(void **state)
{
    static const struct {
        const char *type, *topic, *data, *task_id;
    } cases[] = {
        {"TASK_UPDATED", "system", "{\"id\":\"a\",\"task_id\":\"b\"}", "a"},
        {"TASK_UPDATED", "system", "{\"task_id\":\"b\"}", "b"},
        {"TASK_LOG", "logs", "{\"id\":\"line\",\"task_id\":\"b\"}", "b"},
        {"TASK_LOG", "logs", "{\"id\":\"c\"}", "c"},
        {"THING", "things", "{\"id\":7}", ""},
        {"THING", "things", NULL, ""},
    };
    enum { N = sizeof cases / sizeof cases[0] };
    (void)state;
    struct fixture *f = setup(true);
    for (int i = 0; i < N; i++) {
        struct bellwire_event e = {
            .event_type = cases[i].type, .topic = cases[i].topic, .data_json = cases[i].data};
        assert_int_equal(bellwire_publish(f->handle, &e, NULL), 0);
    }
    subscribe(f, NULL, "oldest");
    wait_until(fake_get(&f->told, n) >= N);
    for (int i = 0; i < N; i++)
        assert_string_equal(f->told.events[i].task_id, cases[i].task_id);
    teardown(f);
}

static void checks_what_is_asked_for(void **state)
{
    (void)state;
    struct fixture *f = setup(false);
    struct bellwire_subscribe_options o = {.on_event = on_event, .after = "nonsense"};
    assert_int_equal(bellwire_subscribe(f->handle, &o, &f->subscription), BELLWIRE_EINVAL);
    assert_null(f->subscription);
    o = (struct bellwire_subscribe_options){.on_event = on_event,
                                            .topics = (const char *const[]){"$head", NULL}};
    assert_int_equal(bellwire_subscribe(f->handle, &o, &f->subscription), BELLWIRE_EINVAL);
    o = (struct bellwire_subscribe_options){.on_event = on_event,
                                            .topics = (const char *const[]){NULL}};
    assert_int_equal(bellwire_subscribe(f->handle, &o, &f->subscription), BELLWIRE_EINVAL);
    o = (struct bellwire_subscribe_options){0};
    assert_int_equal(bellwire_subscribe(f->handle, &o, &f->subscription), BELLWIRE_EINVAL);
    teardown(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_happens_from_now_on),
        cmocka_unit_test(begins_when_the_bus_comes),
        cmocka_unit_test(goes_on_after_a_cursor_in_pages),
        cmocka_unit_test(fetches_lost_messages_first),
        cmocka_unit_test(fetches_a_lost_last_message),
        cmocka_unit_test(tells_what_was_reached),
        cmocka_unit_test(finds_the_first_message_of_a_new_topic),
        cmocka_unit_test(misses_nothing_when_most_is_lost),
        cmocka_unit_test(goes_on_after_a_restart),
        cmocka_unit_test(asks_again_when_the_bus_refuses),
        cmocka_unit_test(ends_while_the_bus_is_away_or_silent),
        cmocka_unit_test(knows_the_task_of_an_event),
        cmocka_unit_test(checks_what_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Subscriptions, against a bus that loses messages, restarts, and comes back as another journal. */
#include "unit.h"

#include "bellwire.h"
#include "client/fake_bus.h"

enum { SEEN_MAX = 4096 };

struct seen {
    char topic[32], message[32], cursor[32], task_id[32];
    uint64_t seq, prev;
};

/* What the callbacks were told. */
struct told {
    pthread_mutex_t lock;
    struct seen events[SEEN_MAX];
    unsigned n, n_idle, n_resets;
    char reset_topics[64];
    enum bellwire_reset reason;
    char reset_cursor[32];
};

struct fixture {
    struct fake_bus *bus;
    struct bellwire *handle;
    struct bellwire_subscription *subscription;
    struct told told;
};

static void on_event(void *arg, const struct bellwire_received *e)
{
    struct told *t = arg;
    pthread_mutex_lock(&t->lock);
    struct seen *s = &t->events[t->n++ % SEEN_MAX];
    *s = (struct seen){.seq = e->seq, .prev = e->prev};
    snprintf(s->topic, sizeof s->topic, "%s", e->topic);
    snprintf(s->message, sizeof s->message, "%s", e->message);
    snprintf(s->cursor, sizeof s->cursor, "%s", e->cursor);
    snprintf(s->task_id, sizeof s->task_id, "%s", e->task_id);
    pthread_mutex_unlock(&t->lock);
}

static void on_reset(void *arg, const char *topic, enum bellwire_reset reason, const char *cursor)
{
    struct told *t = arg;
    pthread_mutex_lock(&t->lock);
    size_t used = strlen(t->reset_topics);
    snprintf(t->reset_topics + used, sizeof t->reset_topics - used, "[%s]", topic);
    snprintf(t->reset_cursor, sizeof t->reset_cursor, "%s", cursor);
    t->reason = reason;
    t->n_resets++;
    pthread_mutex_unlock(&t->lock);
}

static void on_idle(void *arg)
{
    struct told *t = arg;
    pthread_mutex_lock(&t->lock);
    t->n_idle++;
    pthread_mutex_unlock(&t->lock);
}

static struct fixture *setup(bool started)
{
    struct fixture *f = calloc(1, sizeof *f);
    pthread_mutex_init(&f->told.lock, NULL);
    f->bus = fake_bus_create();
    if (started)
        fake_bus_start(f->bus);
    assert_int_equal(bellwire_connect(f->bus->url, NULL, &f->handle), 0);
    return f;
}

static void subscribe(struct fixture *f, const char *const *topics, const char *after)
{
    struct bellwire_subscribe_options o = {.topics = topics,
                                           .after = after,
                                           .on_event = on_event,
                                           .on_reset = on_reset,
                                           .on_idle = on_idle,
                                           .arg = &f->told};
    assert_int_equal(bellwire_subscribe(f->handle, &o, &f->subscription), 0);
}

/* Waits until the subscription has settled where it begins: it asks for that after connecting. */
static void wait_begun(struct fixture *f)
{
    wait_until(fake_get(f->bus, n_requests) > 0);
    struct bellwire_reply *reply; /* the fake answers one request after the other */
    assert_int_equal(bellwire_stats(f->handle, &reply), 0);
    bellwire_reply_free(&reply);
}

static void teardown(struct fixture *f)
{
    bellwire_unsubscribe(&f->subscription);
    assert_null(f->subscription);
    bellwire_close(&f->handle);
    fake_bus_destroy(f->bus);
    free(f);
}

/* The numbers first to last - 1, as messages. */
static void store(struct fixture *f, const char *topic, unsigned first, unsigned last)
{
    for (unsigned i = first; i < last; i++) {
        char message[32];
        snprintf(message, sizeof message, "%u", i);
        fake_bus_store(f->bus, topic, message);
    }
}

/* A topic's events were told: the numbers first to last - 1, each once, in order. */
static void assert_told(struct fixture *f, const char *topic, unsigned first, unsigned last)
{
    unsigned next = first;
    uint64_t seq = 0;
    pthread_mutex_lock(&f->told.lock);
    for (unsigned i = 0; i < f->told.n; i++) {
        const struct seen *s = &f->told.events[i];
        char expected[32];
        if (strcmp(s->topic, topic) != 0)
            continue;
        snprintf(expected, sizeof expected, "%u", next++);
        assert_string_equal(s->message, expected);
        assert_true(s->seq > seq && s->prev < s->seq);
        seq = s->seq;
    }
    pthread_mutex_unlock(&f->told.lock);
    assert_int_equal(next, last);
}

static const char *const things[] = {"things", NULL};

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

static void another_journal_is_a_reset(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    subscribe(f, (const char *const[]){"things", "other", NULL}, NULL);
    wait_begun(f);
    store(f, "things", 0, 5);
    wait_until(fake_get(&f->told, n) >= 5);
    fake_bus_stop(f->bus);
    fake_bus_forget(f->bus);
    f->bus->epoch = 0xabcd0002;
    store(f, "things", 0, 2);
    fake_bus_start(f->bus);
    wait_until(fake_get(&f->told, n_resets) >= 2);
    assert_string_equal(f->told.reset_topics, "[things][other]");
    assert_int_equal(f->told.reason, BELLWIRE_RESET_EPOCH);
    assert_string_equal(f->told.reset_cursor, "abcd0002.2");
    store(f, "other", 0, 2);
    fake_bus_heartbeat(f->bus);
    wait_until(fake_get(&f->told, n) >= 7);
    assert_told(f, "other", 0, 2);
    teardown(f);
}

static void another_epoch_is_noticed_without_reconnecting(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    subscribe(f, NULL, NULL);
    wait_begun(f);
    store(f, "things", 0, 5);
    wait_until(fake_get(&f->told, n) >= 5);
    fake_set(f->bus, epoch, 0xabcd0002);
    fake_bus_heartbeat(f->bus);
    wait_until(fake_get(&f->told, n_resets) >= 1);
    assert_string_equal(f->told.reset_topics, "[]");
    assert_int_equal(f->told.reason, BELLWIRE_RESET_EPOCH);
    store(f, "things", 5, 6);
    wait_until(fake_get(&f->told, n) >= 6);
    assert_told(f, "things", 0, 6);
    teardown(f);
}

static void a_message_of_an_old_journal_is_dropped(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    subscribe(f, NULL, NULL);
    wait_begun(f);
    fake_set(f->bus, epoch, 0xabcd0002);
    store(f, "things", 0, 1);
    wait_until(fake_get(&f->told, n_resets) >= 1);
    /* A message that still says the old epoch must not turn the subscription back. */
    struct bw_buf message = {0};
    bw_pub_begin(&message, BW_STR("things"), 0xabcd0001, 0, 1);
    bw_buf_puts(&message, bw_buf_str(&f->bus->events[0]->bytes));
    pthread_mutex_lock(&f->bus->lock);
    fake_send(f->bus, &message);
    pthread_mutex_unlock(&f->bus->lock);
    bw_buf_free(&message);
    store(f, "things", 1, 2);
    wait_until(fake_get(&f->told, n) >= 1);
    assert_told(f, "things", 1, 2);
    assert_int_equal(f->told.n_resets, 1);
    teardown(f);
}

static void a_cursor_that_cannot_be_served_is_a_reset(void **state)
{
    static const struct {
        const char *after;
        enum bellwire_reset reason;
    } cases[] = {
        {"00000001.3", BELLWIRE_RESET_EPOCH},
        {"abcd0001.11", BELLWIRE_RESET_AHEAD},
        {"abcd0001.2", BELLWIRE_RESET_RETENTION},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture *f = setup(true);
        store(f, "things", 0, 10);
        f->bus->oldest = 5;
        subscribe(f, things, cases[i].after);
        wait_until(fake_get(&f->told, n_resets) >= 1);
        assert_int_equal(f->told.reason, cases[i].reason);
        assert_string_equal(f->told.reset_cursor, "abcd0001.10");
        store(f, "things", 10, 11);
        wait_until(fake_get(&f->told, n) >= 1);
        assert_told(f, "things", 10, 11);
        assert_int_equal(f->told.n_resets, 1);
        teardown(f);
    }
}

static void oldest_is_what_is_retained(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    store(f, "things", 0, 10);
    f->bus->oldest = 5;
    subscribe(f, NULL, "oldest");
    wait_until(fake_get(&f->told, n) >= 6);
    assert_int_equal(f->told.events[0].seq, 5);
    assert_int_equal(f->told.n_resets, 0);
    teardown(f);
}

static void retention_that_overtakes_is_a_reset(void **state)
{
    (void)state;
    struct fixture *f = setup(true);
    subscribe(f, things, NULL);
    wait_begun(f);
    store(f, "things", 0, 3);
    wait_until(fake_get(&f->told, n) >= 3);
    fake_set(f->bus, oldest, 9);
    fake_set(f->bus, lose_messages, 9);
    store(f, "things", 3, 12);
    store(f, "things", 12, 13);
    wait_until(fake_get(&f->told, n_resets) >= 1);
    assert_int_equal(f->told.reason, BELLWIRE_RESET_RETENTION);
    assert_string_equal(f->told.reset_topics, "[things]");
    store(f, "things", 13, 14);
    wait_until(fake_get(&f->told, n) >= 4);
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
        cmocka_unit_test(finds_the_first_message_of_a_new_topic),
        cmocka_unit_test(misses_nothing_when_most_is_lost),
        cmocka_unit_test(goes_on_after_a_restart),
        cmocka_unit_test(another_journal_is_a_reset),
        cmocka_unit_test(another_epoch_is_noticed_without_reconnecting),
        cmocka_unit_test(a_message_of_an_old_journal_is_dropped),
        cmocka_unit_test(a_cursor_that_cannot_be_served_is_a_reset),
        cmocka_unit_test(oldest_is_what_is_retained),
        cmocka_unit_test(retention_that_overtakes_is_a_reset),
        cmocka_unit_test(asks_again_when_the_bus_refuses),
        cmocka_unit_test(ends_while_the_bus_is_away_or_silent),
        cmocka_unit_test(knows_the_task_of_an_event),
        cmocka_unit_test(checks_what_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

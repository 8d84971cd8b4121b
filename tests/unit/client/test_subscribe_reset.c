/* Subscriptions whose place is no more: another journal, a cursor that cannot be served, retention.
 */
#include "client/subscriber.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_journal_is_a_reset),
        cmocka_unit_test(another_epoch_is_noticed_without_reconnecting),
        cmocka_unit_test(a_message_of_an_old_journal_is_dropped),
        cmocka_unit_test(a_cursor_that_cannot_be_served_is_a_reset),
        cmocka_unit_test(oldest_is_what_is_retained),
        cmocka_unit_test(retention_that_overtakes_is_a_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Queries: waiting, repeating, several at once, and how answers look. */
#include "unit.h"

#include "bellwire.h"
#include "client/fake_bus.h"

struct fixture {
    struct fake_bus *bus;
    struct bellwire *handle;
};

static void setup(struct fixture *f, bool started, uint32_t timeout_ms)
{
    struct bellwire_options o = {.timeout_ms = timeout_ms};
    f->bus = fake_bus_create();
    if (started)
        fake_bus_start(f->bus);
    assert_int_equal(bellwire_connect(f->bus->url, &o, &f->handle), 0);
}

static void teardown(struct fixture *f)
{
    bellwire_close(&f->handle);
    fake_bus_destroy(f->bus);
}

static void assert_json(int err, struct bellwire_reply **reply, const char *expected)
{
    assert_int_equal(err, 0);
    assert_non_null(*reply);
    assert_string_equal(bellwire_reply_json(*reply), expected);
    assert_string_equal(bellwire_reply_message(*reply), "");
    bellwire_reply_free(reply);
    assert_null(*reply);
}

static void events_become_json_with_cursors(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_reply *r;
    setup(&f, true, 0);
    for (int i = 0; i < 3; i++)
        fake_bus_store(f.bus, "things", "hello");
    const char *const topics[] = {"things", NULL};
    assert_json(
        bellwire_events(f.handle, topics, "abcd0001.1", 1, &r), &r,
        "{\"head\":\"abcd0001.3\",\"oldest\":\"abcd0001.0\",\"events\":[{\"topic\":\"things\","
        "\"event_type\":\"THING_HAPPENED\",\"message\":\"hello\",\"data\":{},\"source\":\"\","
        "\"timestamp\":\"1970-01-01T00:00:00.000001Z\",\"cursor\":\"abcd0001.2\","
        "\"id\":\"other-2\"}],\"more\":true,\"cursor\":\"abcd0001.2\"}");
    assert_json(bellwire_events(f.handle, topics, "00000001.1", 1, &r), &r,
                "{\"head\":\"abcd0001.3\",\"oldest\":\"abcd0001.0\",\"events\":[],"
                "\"reset\":\"epoch\",\"cursor\":\"abcd0001.3\"}");
    assert_json(bellwire_stats(f.handle, &r), &r,
                "{\"head\":\"abcd0001.3\",\"oldest\":\"abcd0001.0\",\"topics\":{\"things\":"
                "{\"events\":1,\"head\":3}},\"cursor\":\"abcd0001.3\"}");
    teardown(&f);
}

static void tasks_become_json(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_reply *r;
    size_t len;
    setup(&f, true, 0);
    assert_int_equal(bellwire_tasks(f.handle, NULL, &r), 0);
    const char *json = bellwire_reply_json(r);
    assert_non_null(strstr(json, "{\"head\":\"abcd0001.0\",\"tasks\":[{\"id\":\"t1\""));
    assert_non_null(strstr(json, "\"retry_count\":1"));
    assert_null(strstr(json, "\"result\""));
    assert_non_null(strstr(json, "],\"total\":1,\"total_exact\":true,\"next\":null,"
                                 "\"cursor\":\"abcd0001.0\"}"));
    assert_ptr_equal(bellwire_reply_json(r), json);
    assert_non_null(bellwire_reply_msgpack(r, &len));
    assert_true(len > 0);
    bellwire_reply_free(&r);
    assert_int_equal(bellwire_task(f.handle, "t1", &r), 0);
    json = bellwire_reply_json(r);
    assert_non_null(strstr(json, "\"task\":{\"id\":\"t1\""));
    assert_non_null(strstr(json, "\"result\":\"forty\""));
    assert_null(strstr(json, "docs"));
    bellwire_reply_free(&r);
    bellwire_reply_free(&r);
    teardown(&f);
}

static void errors_say_what_is_wrong(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_reply *r;
    setup(&f, true, 0);
    assert_int_equal(bellwire_task(f.handle, "none", &r), BELLWIRE_ENOTFOUND);
    assert_string_equal(bellwire_reply_message(r), "there is no task none");
    assert_string_equal(bellwire_reply_field(r), "task_id");
    assert_string_equal(bellwire_reply_json(r),
                        "{\"code\":\"not_found\",\"message\":\"there is no task none\","
                        "\"field\":\"task_id\"}");
    bellwire_reply_free(&r);
    struct bellwire_task_filter filter = {.status = "asleep"};
    assert_int_equal(bellwire_tasks(f.handle, &filter, &r), BELLWIRE_EINVAL);
    assert_string_equal(bellwire_reply_field(r), "status");
    bellwire_reply_free(&r);
    teardown(&f);
}

static void refuses_what_cannot_be_asked(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_reply *r;
    setup(&f, false, 0);
    assert_int_equal(bellwire_request(f.handle, "\xc1", 1, 0, &r), BELLWIRE_EINVAL);
    assert_null(r);
    assert_int_equal(bellwire_request(f.handle, "\x90", 1, 0, &r), BELLWIRE_EINVAL);
    assert_int_equal(bellwire_events(f.handle, NULL, "nonsense", 0, &r), BELLWIRE_EINVAL);
    assert_int_equal(bellwire_events(f.handle, NULL, NULL, 1001, &r), BELLWIRE_EINVAL);
    assert_int_equal(bellwire_logs(f.handle, "t", "1.2.3", NULL, 0, &r), BELLWIRE_EINVAL);
    assert_int_equal(bellwire_log_end(f.handle, "t", "first", NULL, 0, &r), BELLWIRE_EINVAL);
    assert_int_equal(bellwire_log_end(f.handle, "t", NULL, NULL, 1001, &r), BELLWIRE_EINVAL);
    struct bellwire_task_filter filter = {.sort = "-colour"};
    assert_int_equal(bellwire_tasks(f.handle, &filter, &r), BELLWIRE_EINVAL);
    assert_null(r);
    teardown(&f);
}

static void filters_reach_the_bus(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_reply *r;
    setup(&f, true, 0);
    char many[4096] = "";
    for (int i = 0; i < 300; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "id-%d,", i);
    struct bellwire_task_filter filter = {
        .id = many, .status = "failed,,running", .sort = "created_at", .limit = 7};
    assert_int_equal(bellwire_tasks(f.handle, &filter, &r), 0);
    bellwire_reply_free(&r);
    assert_int_equal(bellwire_logs(f.handle, "t1", "oldest", "warning", 5, &r), 0);
    bellwire_reply_free(&r);
    teardown(&f);
}

static void asks_again_what_was_lost_or_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_reply *r;
    setup(&f, true, 0);
    fake_set(f.bus, drop_answers, 2);
    assert_int_equal(bellwire_stats(f.handle, &r), 0);
    bellwire_reply_free(&r);
    assert_int_equal(fake_get(f.bus, n_requests), 3);
    fake_set(f.bus, refuse_with, BW_EBUSY);
    fake_set(f.bus, refuse, 2);
    assert_int_equal(bellwire_stats(f.handle, &r), 0);
    bellwire_reply_free(&r);
    assert_int_equal(fake_get(f.bus, n_requests), 6);
    teardown(&f);
}

static void does_not_publish_twice(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_reply *r;
    struct bw_buf request = {0};
    struct bw_event e = {.event_type = BW_STR("THING"), .topic = BW_STR("things")};
    bw_rpc_publish_begin(&request, 1);
    bw_event_encode(&request, &e, NULL);
    setup(&f, true, 0);
    fake_set(f.bus, drop_answers, 1);
    assert_int_equal(bellwire_request(f.handle, request.data, request.len, 0, &r),
                     BELLWIRE_ETIMEDOUT);
    assert_null(r);
    assert_int_equal(fake_get(f.bus, n), 1);
    fake_set(f.bus, refuse_with, BW_EBUSY);
    fake_set(f.bus, refuse, 1);
    assert_int_equal(bellwire_request(f.handle, request.data, request.len, 0, &r), BELLWIRE_EBUSY);
    bellwire_reply_free(&r);
    bw_buf_free(&request);
    teardown(&f);
}

static void waits_no_longer_than_told(void **state)
{
    (void)state;
    struct fixture f;
    struct bellwire_reply *r;
    setup(&f, false, 20);
    assert_int_equal(bellwire_stats(f.handle, &r), BELLWIRE_EUNAVAILABLE);
    assert_null(r);
    fake_bus_hold(f.bus, true);
    fake_bus_start(f.bus);
    int err; /* the connection may take longer than 20 ms to be made */
    while ((err = bellwire_stats(f.handle, &r)) == BELLWIRE_EUNAVAILABLE)
        continue;
    assert_int_equal(err, BELLWIRE_ETIMEDOUT);
    assert_null(r);
    fake_bus_hold(f.bus, false);
    teardown(&f);
}

enum { ASKERS = 8, EACH = 100 };

static void *ask(void *arg)
{
    struct fixture *f = arg;
    unsigned failed = 0;
    for (int i = 0; i < EACH; i++) {
        struct bellwire_reply *r;
        failed += bellwire_task(f->handle, "t1", &r) != 0;
        bellwire_reply_free(&r);
    }
    return (void *)(uintptr_t)failed;
}

static void serves_many_threads(void **state)
{
    (void)state;
    struct fixture f;
    pthread_t threads[ASKERS];
    setup(&f, true, 0);
    for (int i = 0; i < ASKERS; i++)
        pthread_create(&threads[i], NULL, ask, &f);
    for (int i = 0; i < ASKERS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(f.bus->n_requests, ASKERS * EACH);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_become_json_with_cursors),
        cmocka_unit_test(tasks_become_json),
        cmocka_unit_test(errors_say_what_is_wrong),
        cmocka_unit_test(refuses_what_cannot_be_asked),
        cmocka_unit_test(filters_reach_the_bus),
        cmocka_unit_test(asks_again_what_was_lost_or_refused),
        cmocka_unit_test(does_not_publish_twice),
        cmocka_unit_test(waits_no_longer_than_told),
        cmocka_unit_test(serves_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

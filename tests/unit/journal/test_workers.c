/* The verbs `values` and `workers`: what is found, in which order, and what it may cost. */
#include "base/clock.h"
#include "journal/kit.h"
#include "journal/workers.h"

static void put_task(struct kit *k, const char *type, const char *id, const char *more)
{
    kit_event(k, "{\"event_type\":\"%s\",\"data\":{\"id\":\"%s\"%s}}", type, id, more);
}

static void ask_values(struct kit *k, const char *field, const char *more)
{
    assert_int_equal(kit_ask(k, "\"op\":\"values\",\"field\":\"%s\"%s", field, more), 0);
}

/* "a=2 b=1000+" */
static void has_values(struct kit *k, const char *expected)
{
    char text[512] = "", path[48];
    size_t len = 0;
    for (uint32_t i = 0; i < kit_len(k, "values"); i++) {
        snprintf(path, sizeof path, "values.%u.value", i);
        struct bw_str value = bw_mp_as_str(kit_answer(k, path));
        snprintf(path, sizeof path, "values.%u.count", i);
        uint64_t count = kit_u64(k, path);
        snprintf(path, sizeof path, "values.%u.count_exact", i);
        bool exact = kit_answer(k, path)->via.boolean;
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s=%u%s", i ? " " : "",
                                BW_STR_ARG(value), (unsigned)count, exact ? "" : "+");
    }
    assert_string_equal(text, expected);
}

static void has_more(struct kit *k, bool more)
{
    assert_int_equal(kit_answer(k, "more")->via.boolean, more);
}

static void values_come_in_order_and_counted(void **state)
{
    struct kit *k = *state;
    ask_values(k, "type", "");
    has_values(k, "");
    has_more(k, false);
    put_task(k, "TASK_CREATED", "1", ",\"type\":\"render\",\"owner\":\"bob\",\"queue\":\"slow\"");
    put_task(k, "TASK_CREATED", "2", ",\"type\":\"import\",\"owner\":\"ann\"");
    put_task(k, "TASK_FAILED", "3", ",\"type\":\"render\",\"owner\":\"\xc3\xa9ve\"");
    put_task(k, "TASK_CREATED", "4", ",\"resource\":\"novel\"");
    ask_values(k, "type", "");
    has_values(k, "import=1 render=2");
    ask_values(k, "owner", "");
    has_values(k, "ann=1 bob=1 \xc3\xa9ve=1");
    ask_values(k, "queue", "");
    has_values(k, "slow=1");
    ask_values(k, "resource", "");
    has_values(k, "novel=1");
    ask_values(k, "status", "");
    has_values(k, "pending=3 running=0 paused=0 completed=0 failed=1 cancelled=0 timeout=0");
    put_task(k, "TASK_DELETED", "2", "");
    ask_values(k, "type", "");
    has_values(k, "render=2");
}

static void a_prefix_may_be_a_value_itself(void **state)
{
    struct kit *k = *state;
    static const char *const types[] = {"re", "ren", "render", "report", "r", "s", "Render"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char more[32];
        snprintf(more, sizeof more, ",\"type\":\"%s\"", types[i]);
        put_task(k, "TASK_CREATED", types[i], more);
    }
    ask_values(k, "type", ",\"prefix\":\"ren\"");
    has_values(k, "ren=1 render=1");
    ask_values(k, "type", ",\"prefix\":\"rend\"");
    has_values(k, "render=1");
    ask_values(k, "type", ",\"prefix\":\"x\"");
    has_values(k, "");
    ask_values(k, "type", ",\"prefix\":\"r\",\"limit\":2");
    has_values(k, "r=1 re=1");
    has_more(k, true);
    ask_values(k, "type", ",\"prefix\":\"r\",\"limit\":5");
    has_values(k, "r=1 re=1 ren=1 render=1 report=1");
    has_more(k, false);
    ask_values(k, "status", ",\"prefix\":\"pa\"");
    has_values(k, "paused=0");
    ask_values(k, "status", ",\"limit\":1");
    has_values(k, "pending=7");
    has_more(k, true);
}

static void tasks_of_a_value_are_counted_up_to_a_bound(void **state)
{
    struct kit *k = *state;
    static char json[1 << 17];
    for (int task = 0; task < 1001;) {
        size_t len = 0;
        for (int i = 0; i < 100 && task < 1001; i++, task++)
            len +=
                (size_t)snprintf(json + len, sizeof json - len,
                                 "%s{\"event_type\":\"%s\",\"data\":{\"id\":\"%d\",\"type\":\"t\","
                                 "\"owner\":\"%s\"}}",
                                 i ? "," : "[", task % 2 ? "TASK_CREATED" : "TASK_FAILED", task,
                                 task < 1000 ? "ann" : "bob");
        strcpy(json + len, "]");
        assert_int_equal(kit_put(k, json), 0);
    }
    ask_values(k, "type", "");
    has_values(k, "t=1000+");
    ask_values(k, "type", ",\"prefix\":\"t\"");
    has_values(k, "t=1000+");
    ask_values(k, "owner", "");
    has_values(k, "ann=1000 bob=1");
}

/* --- Workers --------------------------------------------------------------------------------- */

static void beat(struct kit *k, const char *source, const char *data)
{
    kit_event(k, "{\"event_type\":\"WORKER_HEARTBEAT\",\"source\":\"%s\",\"data\":{%s}}", source,
              data);
}

static void ask_workers(struct kit *k, const char *more)
{
    assert_int_equal(kit_ask(k, "\"op\":\"workers\"%s", more), 0);
}

static bool is_alive(struct kit *k, unsigned i)
{
    char path[48];
    snprintf(path, sizeof path, "workers.%u.alive", i);
    return kit_answer(k, path)->via.boolean;
}

static void workers_are_who_beats_and_whom_tasks_name(void **state)
{
    struct kit *k = *state;
    ask_workers(k, "");
    assert_int_equal(kit_len(k, "workers"), 0);
    beat(k, "host:7/beater", "\"load\":1,\"heartbeat_s\":5");
    beat(k, "x", "\"worker\":\"named\"");
    beat(k, "x", "\"hostname\":\"celery@h\"");
    beat(k, "host:7/beater", "\"load\":2,\"heartbeat_s\":5");
    kit_event(k, "{\"event_type\":\"OTHER\",\"topic\":\"workers\",\"source\":\"nobody\"}");
    put_task(k, "TASK_UPDATED", "t1", ",\"worker\":\"named\",\"progress\":5");
    put_task(k, "TASK_UPDATED", "t2", ",\"worker\":\"silent\",\"progress\":5");
    put_task(k, "TASK_STATUS_CHANGED", "t3", ",\"worker\":\"named\",\"status\":\"paused\"");
    put_task(k, "TASK_COMPLETED", "t4", ",\"worker\":\"was here\"");
    put_task(k, "TASK_UPDATED", "t5", ",\"progress\":5");
    ask_workers(k, "");
    assert_int_equal(kit_len(k, "workers"), 4);
    kit_is_str(k, "workers.0.name", "celery@h");
    kit_is_str(k, "workers.1.name", "host:7/beater");
    assert_int_equal(kit_u64(k, "workers.1.heartbeat.load"), 2);
    assert_int_equal(kit_u64(k, "workers.1.alive_s"), 16);
    assert_int_equal(kit_len(k, "workers.1.tasks"), 0);
    kit_is_str(k, "workers.2.name", "named");
    assert_int_equal(kit_u64(k, "workers.2.running"), 1);
    assert_int_equal(kit_u64(k, "workers.2.paused"), 1);
    kit_is_str(k, "workers.2.tasks.0", "t1");
    kit_is_str(k, "workers.2.tasks.1", "t3");
    kit_is_str(k, "workers.3.name", "silent");
    assert_false(kit_has(k, "workers.3.heartbeat"));
    assert_int_equal(kit_len(k, "tasks"), 3);
    kit_is_str(k, "tasks.2.id", "t2");
    for (unsigned i = 0; i < 4; i++)
        assert_true(is_alive(k, i));
    has_more(k, false);
    assert_true(kit_answer(k, "all_counted")->via.boolean);
    ask_values(k, "worker", "");
    has_values(k, "celery@h=0 host:7/beater=0 named=2 silent=1");
    ask_values(k, "worker", ",\"prefix\":\"s\"");
    has_values(k, "silent=1");
    kit_restart(k);
    ask_workers(k, ",\"limit\":3");
    assert_int_equal(kit_len(k, "workers"), 3);
    assert_int_equal(kit_len(k, "tasks"), 2);
    has_more(k, true);
}

static void who_was_not_heard_for_long_is_not_alive(void **state)
{
    struct kit *k = *state;
    char then[BW_TIME_LEN + 1];
    bw_time_format(bw_clock_wall_us() - (BW_WORKER_ALIVE_S + 60) * INT64_C(1000000), then);
    kit_event(k,
              "{\"event_type\":\"TASK_UPDATED\",\"timestamp\":\"%s\",\"data\":{\"id\":\"t\","
              "\"worker\":\"w\",\"progress\":1}}",
              then);
    ask_workers(k, "");
    assert_false(is_alive(k, 0));
    beat(k, "w", "");
    ask_workers(k, "");
    assert_int_equal(kit_len(k, "workers"), 1);
    assert_true(is_alive(k, 0));
}

static void of_many_tasks_the_newest_are_told(void **state)
{
    struct kit *k = *state;
    for (int i = 0; i < BW_WORKER_TASKS_MAX + 2; i++) {
        char id[16];
        snprintf(id, sizeof id, "t%d", i);
        put_task(k, "TASK_UPDATED", id, ",\"worker\":\"w\",\"progress\":5");
    }
    ask_workers(k, "");
    assert_int_equal(kit_u64(k, "workers.0.running"), BW_WORKER_TASKS_MAX + 2);
    assert_int_equal(kit_len(k, "workers.0.tasks"), BW_WORKER_TASKS_MAX);
    kit_is_str(k, "workers.0.tasks.0", "t6");
}

static void there_is_room_for_so_many_workers(void **state)
{
    struct kit *k = *state;
    static char json[1 << 16];
    for (int n = 0; n <= BW_WORKERS_MAX;) {
        size_t len = 0;
        for (int i = 0; i < 91 && n <= BW_WORKERS_MAX; i++, n++)
            len += (size_t)snprintf(json + len, sizeof json - len,
                                    "%s{\"event_type\":\"WORKER_HEARTBEAT\",\"source\":\"w%d\"}",
                                    i ? "," : "[", n);
        strcpy(json + len, "]");
        assert_int_equal(kit_put(k, json), 0);
    }
    ask_workers(k, ",\"limit\":1000");
    assert_int_equal(kit_len(k, "workers"), BW_WORKERS_MAX);
    has_more(k, false);
    assert_false(kit_answer(k, "all_counted")->via.boolean);
}

static void what_a_worker_says_of_itself_is_bounded(void **state)
{
    struct kit *k = *state;
    char data[BW_WORKER_HEARTBEAT_MAX + 64];
    int n = snprintf(data, sizeof data, "\"text\":\"");
    memset(data + n, 'x', BW_WORKER_HEARTBEAT_MAX);
    strcpy(data + n + BW_WORKER_HEARTBEAT_MAX, "\"");
    beat(k, "w", data);
    ask_workers(k, "");
    kit_is_str(k, "workers.0.name", "w");
    assert_false(kit_has(k, "workers.0.heartbeat"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_come_in_order_and_counted),
        TEST(a_prefix_may_be_a_value_itself),
        TEST(tasks_of_a_value_are_counted_up_to_a_bound),
        TEST(workers_are_who_beats_and_whom_tasks_name),
        TEST(who_was_not_heard_for_long_is_not_alive),
        TEST(of_many_tasks_the_newest_are_told),
        TEST(there_is_room_for_so_many_workers),
        TEST(what_a_worker_says_of_itself_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

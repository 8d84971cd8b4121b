/* Threads: named, with signals blocked, joined. */
#include "unit.h"

#include <semaphore.h>
#include <signal.h>

#include "base/metrics.h"
#include "base/thread.h"

BW_COUNTER(counted, "bellwire_test_total", "What the test counted.");
BW_GAUGE(level, "bellwire_test_level", "How high it is.");

struct seen {
    char name[16];
    int blocked, unblocked; /* of SIGTERM, SIGINT, SIGHUP */
};

static void look_around(void *arg)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct seen *seen = arg;
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigismember(&now, signals[i]) ? seen->blocked++ : seen->unblocked++;
}

static void test_signals_belong_to_main(void **state)
{
    (void)state;
    struct bw_thread t = {0};
    struct seen seen = {0};
    sigset_t mine;
    assert_int_equal(bw_thread_start(&t, "a-name-15-chars", look_around, &seen), 0);
    assert_true(t.running);
    bw_thread_join(&t);
    assert_false(t.running);
    assert_int_equal(seen.blocked, 3);
    assert_int_equal(seen.unblocked, 0);
    pthread_sigmask(SIG_BLOCK, NULL, &mine);
    assert_false(sigismember(&mine, SIGTERM)); /* the caller's mask is as it was */
}

static void test_join_is_harmless_twice_and_never_started(void **state)
{
    (void)state;
    struct bw_thread t = {0};
    struct seen seen = {0};
    bw_thread_join(&t);
    assert_int_equal(bw_thread_start(&t, "t", look_around, &seen), 0);
    bw_thread_join(&t);
    bw_thread_join(&t);
}

static void count(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10000; i++)
        bw_metric_add(&counted, 1);
}

static void test_counting_from_many_threads(void **state)
{
    (void)state;
    struct bw_thread t[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(bw_thread_start(&t[i], "count", count, NULL), 0);
    for (int i = 0; i < 4; i++)
        bw_thread_join(&t[i]);
    assert_int_equal(bw_metric_get(&counted), 40000);
    bw_metric_set(&level, -5);
    assert_int_equal(bw_metric_get(&level), -5);
}

static void find(void *ctx, const struct bw_metric *m)
{
    int *found = ctx;
    if (strcmp(m->name, "bellwire_test_total") == 0 && !m->is_gauge)
        *found |= 1;
    if (strcmp(m->name, "bellwire_test_level") == 0 && m->is_gauge)
        *found |= 2;
}

static void test_every_metric_is_on_the_list(void **state)
{
    (void)state;
    int found = 0;
    bw_metrics_each(find, &found);
    assert_int_equal(found, 3);
}

struct gate {
    sem_t open, passed;
};

static void wait_at(void *arg)
{
    struct gate *gate = arg;
    while (sem_wait(&gate->open) != 0)
        ;
    sem_post(&gate->passed);
}

static void test_who_never_returns_is_left(void **state)
{
    (void)state;
    struct bw_thread t = {0};
    struct gate gate;
    sem_init(&gate.open, 0, 0);
    sem_init(&gate.passed, 0, 0);
    assert_true(bw_thread_join_in(&t, 0)); /* was never started */
    assert_int_equal(bw_thread_start(&t, "waits", wait_at, &gate), 0);
    assert_false(bw_thread_join_in(&t, 1));
    assert_false(t.running);
    sem_post(&gate.open); /* it goes on all the same */
    while (sem_wait(&gate.passed) != 0)
        ;
    assert_int_equal(bw_thread_start(&t, "passes", wait_at, &gate), 0);
    sem_post(&gate.open);
    assert_true(bw_thread_join_in(&t, 60000));
    sem_destroy(&gate.open);
    sem_destroy(&gate.passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals_belong_to_main),
        cmocka_unit_test(test_who_never_returns_is_left),
        cmocka_unit_test(test_join_is_harmless_twice_and_never_started),
        cmocka_unit_test(test_counting_from_many_threads),
        cmocka_unit_test(test_every_metric_is_on_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Rate and remaining time. */
#include <math.h>

#include "sample.h"

static struct bw_task fold(const struct bw_task *before, const char *members, double at_s)
{
    const msgpack_object *docs[BW_N_DOCS];
    struct bw_event e = sample_task_event("TASK_UPDATED", members, at_s);
    struct bw_task after;
    struct bw_fault f = {0};
    if (bw_task_fold(before, &e, &after, docs, &f) != BW_FOLD_APPLIED)
        fail_msg("{%s}: %s %s", members, f.field, f.message);
    return after;
}

static struct bw_task units(const struct bw_task *before, double done, double at_s)
{
    char members[64];
    snprintf(members, sizeof members, "'completed_units':%.3f", done);
    return fold(before, members, at_s);
}

static void test_steady_work(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "'total_units':100,'completed_units':0", 100);
    assert_true(t.rate == -1 && t.eta_s == -1);
    for (int s = 1; s <= 20; s++) {
        t = units(&t, 2 * s, 100 + s);
        assert_true(t.rate == 2);
        assert_true(t.eta_s == (100 - 2 * s) / 2.0);
    }
}

static void test_points_where_there_are_no_units(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "'progress':10", 100);
    t = fold(&t, "'progress':15", 110);
    assert_true(t.rate == 0.5 && t.eta_s == 170);
}

static void test_units_without_a_total(void **state)
{
    (void)state;
    struct bw_task t = units(NULL, 0, 100);
    t = units(&t, 50, 110);
    assert_true(t.rate == 5 && t.eta_s == -1);
}

/* After a change of speed, one time constant brings 63 % of the way, however many events tell it.
 */
static void test_smoothing_depends_on_time_only(void **state)
{
    (void)state;
    for (int per_s = 1; per_s <= 4; per_s++) {
        struct bw_task t = fold(NULL, "'total_units':1000000,'completed_units':0", 100);
        t = units(&t, 10, 101);
        assert_true(t.rate == 10);
        for (int i = 1; i <= 10 * per_s; i++)
            t = units(&t, 10 + 20.0 * i / per_s, 101 + 1.0 * i / per_s);
        assert_true(fabs(t.rate - (20 - 10 * exp(-1))) < 0.01);
    }
}

static void test_a_burst_is_one_measurement(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "'total_units':1000,'completed_units':0", 100);
    for (int i = 1; i < 25; i++) {
        t = units(&t, i, 100 + i * 0.01);
        assert_true(t.rate == -1); /* a quarter of a second is not over */
    }
    t = units(&t, 25, 100.25);
    assert_true(t.rate == 100);
}

static void test_standing_still(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "'total_units':100,'completed_units':0", 100);
    t = units(&t, 10, 101);
    assert_true(t.rate == 10 && t.eta_s == 9);
    t = fold(&t, "'step':'thinking'", 105);
    assert_true(t.rate == 10 && t.eta_s == 9);
    t = units(&t, 10, 120);
    assert_true(t.rate == 10);
    t = units(&t, 11, 151); /* one unit in 50 s, and that for five time constants */
    assert_true(t.rate < 0.1 && t.rate > 0.02);
}

static void test_only_while_running(void **state)
{
    (void)state;
    const msgpack_object *docs[BW_N_DOCS];
    struct bw_task t = fold(NULL, "'total_units':100,'completed_units':0", 100), after;
    t = units(&t, 10, 101);
    static const char *const others[] = {"paused", "pending", "completed", "failed", "cancelled"};
    for (size_t i = 0; i < 5; i++) {
        char members[64];
        snprintf(members, sizeof members, "'status':'%s','completed_units':20", others[i]);
        after = fold(&t, members, 102);
        assert_true(after.rate == -1 && after.eta_s == -1 && after.rate_at_us == 0);
    }
    after = fold(&t, "'status':'paused'", 102);
    after = fold(&after, "'status':'running'", 500); /* the pause does not count */
    assert_true(after.rate == -1);
    after = units(&after, 30, 510);
    assert_true(after.rate == 2 && after.eta_s == 35);
    struct bw_event e = sample_task_event("TASK_COMPLETED", "", 103);
    assert_int_equal(bw_task_fold(&t, &e, &after, docs, NULL), BW_FOLD_APPLIED);
    assert_true(after.rate == -1 && after.eta_s == -1);
}

static void test_beginning_anew(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "'total_units':100,'completed_units':0", 100), after;
    t = units(&t, 50, 110);
    assert_true(t.rate == 5);
    after = units(&t, 10, 111); /* going back */
    assert_true(after.rate == -1 && after.rate_value == 10);
    after = fold(&t, "'attempt':2,'completed_units':60", 111);
    assert_true(after.rate == -1);
    t = fold(NULL, "'progress':10", 100);
    t = fold(&t, "'progress':20", 101);
    t = fold(&t, "'completed_units':30", 102); /* from points to units */
    assert_true(t.rate == -1);
}

static void test_clocks_that_go_back(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "'total_units':100,'completed_units':0", 100);
    t = units(&t, 10, 90);
    assert_true(t.rate == -1 && t.rate_at_us == 100000000);
    t = units(&t, 20, 101);
    assert_true(t.rate == 20);
}

static void test_results_a_person_can_use(void **state)
{
    (void)state;
    struct bw_task t = fold(NULL, "'total_units':1000,'completed_units':0", 100);
    t = units(&t, 1, 103);
    assert_true(t.rate == 0.333333 && t.eta_s == 2997);
    t = fold(NULL, "'total_units':1000000000000,'completed_units':0", 100);
    t = units(&t, 1, 200);
    assert_true(t.rate == 0.01 && t.eta_s == -1); /* three million years */
    t = fold(NULL, "'total_units':10,'completed_units':0", 100);
    t = units(&t, 12, 101); /* more than all */
    assert_true(t.eta_s == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sample_test(test_steady_work),
        sample_test(test_points_where_there_are_no_units),
        sample_test(test_units_without_a_total),
        sample_test(test_smoothing_depends_on_time_only),
        sample_test(test_a_burst_is_one_measurement),
        sample_test(test_standing_still),
        sample_test(test_only_while_running),
        sample_test(test_beginning_anew),
        sample_test(test_clocks_that_go_back),
        sample_test(test_results_a_person_can_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

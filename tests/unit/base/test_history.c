/* The history of metrics: steps, quantiles, and what is kept. */
#include "unit.h"

#include <string.h>

#include "base/clock.h"
#include "base/history.h"

BW_COUNTER(work, "bellwire_test_work_total", "For this test.");
BW_GAUGE(level, "bellwire_test_level", "For this test.");
BW_METRICS_DEFINE(kinds, 3, "bellwire_test_kinds_total", "For this test.",
                  0, [0] = "kind=\"a\"", [2] = "kind=\"c\"")
BW_HISTOGRAM(took, "bellwire_test_took_seconds", "For this test.");

/* The points of one series, as text. */
struct wanted {
    const char *id;
    char text[8192];
};

static void find(void *ctx, const struct bw_history_series *s)
{
    struct wanted *w = ctx;
    char id[BW_METRIC_ID_MAX];
    size_t len = 0;
    bw_history_id(s, id);
    if (strcmp(id, w->id) != 0)
        return;
    for (size_t i = 0; i < s->n; i++)
        len += (size_t)snprintf(w->text + len, sizeof w->text - len, "%s%lld", i ? " " : "",
                                (long long)s->points[i]);
}

static const char *points(const char *id, enum bw_history_step step, size_t limit)
{
    static struct wanted w;
    w = (struct wanted){.id = id, .text = "not there"};
    bw_history_each(step, limit, find, &w);
    return w.text;
}

static int open_history(void **state)
{
    (void)state;
    return bw_history_open();
}

static int close_history(void **state)
{
    (void)state;
    bw_history_stop();
    return 0;
}

static void nothing_is_told_before_the_first_step(void **state)
{
    (void)state;
    struct wanted w = {.id = "bellwire_test_work_total"};
    assert_int_equal(bw_history_each(BW_HISTORY_FINE, 10, find, &w), 0);
    bw_history_sample(1);
    assert_int_equal(bw_history_each(BW_HISTORY_FINE, 10, find, &w), 0);
    bw_history_sample(2);
    assert_int_equal(bw_history_each(BW_HISTORY_FINE, 10, find, &w), 2);
}

static void counters_are_told_by_step_and_gauges_as_they_were(void **state)
{
    (void)state;
    bw_metric_add(&work, 1000); /* before: no step has it */
    for (int i = 1; i <= 4; i++) {
        bw_history_sample(i);
        bw_metric_add(&work, i);
        bw_metric_add(&kinds[2], 2 * i);
        bw_metric_set(&level, -i);
    }
    bw_history_sample(5);
    assert_string_equal(points("bellwire_test_work_total", BW_HISTORY_FINE, 10), "1 2 3 4");
    assert_string_equal(points("bellwire_test_work_total", BW_HISTORY_FINE, 2), "3 4");
    assert_string_equal(points("bellwire_test_kinds_total{kind=\"c\"}", BW_HISTORY_FINE, 9),
                        "2 4 6 8");
    assert_string_equal(points("bellwire_test_level", BW_HISTORY_FINE, 9), "-1 -2 -3 -4");
}

static void coarse_steps_are_the_sum_of_fine_ones(void **state)
{
    (void)state;
    unsigned many = bw_history_step_s(BW_HISTORY_COARSE) / bw_history_step_s(BW_HISTORY_FINE);
    for (unsigned i = 0; i <= 2 * many; i++) {
        bw_history_sample((int64_t)i + 1);
        bw_metric_add(&work, 1);
    }
    char expected[32];
    snprintf(expected, sizeof expected, "%u %u", many, many);
    assert_string_equal(points("bellwire_test_work_total", BW_HISTORY_COARSE, 100), expected);
}

static size_t n_points;

static void count_points(void *ctx, const struct bw_history_series *s)
{
    (void)ctx;
    n_points = s->n;
}

static void the_oldest_steps_leave(void **state)
{
    (void)state;
    for (int i = 0; i < 3 * BW_HISTORY_POINTS_MAX; i++) {
        bw_history_sample(i + 1);
        bw_metric_add(&work, i);
    }
    bw_history_each(BW_HISTORY_FINE, SIZE_MAX, count_points, NULL);
    assert_int_equal(n_points, BW_HISTORY_POINTS_MAX);
    assert_string_equal(points("bellwire_test_work_total", BW_HISTORY_FINE, 2), "2157 2158");
}

static void quantiles_are_of_their_step(void **state)
{
    (void)state;
    bw_histogram_add(&took, 9000000);
    bw_history_sample(1);
    bw_history_sample(2);
    for (int i = 0; i < 100; i++)
        bw_histogram_add(&took, i < 90 ? 150 : 3000);
    bw_histogram_add(&took, -5); /* a clock that was set back */
    bw_history_sample(3);
    assert_string_equal(points("bellwire_test_took_seconds{quantile=\"0.5\"}", BW_HISTORY_FINE, 9),
                        "-1 155");
    assert_string_equal(points("bellwire_test_took_seconds{quantile=\"0.99\"}", BW_HISTORY_FINE, 1),
                        "4696");
}

static void beyond_the_last_bound_is_told_as_the_bound(void **state)
{
    (void)state;
    int64_t counts[BW_HISTOGRAM_BUCKETS] = {0};
    assert_int_equal(bw_histogram_quantile_us(counts, 0.5), -1);
    counts[BW_HISTOGRAM_BUCKETS - 1] = 7;
    assert_int_equal(bw_histogram_quantile_us(counts, 0.5), 10000000);
}

static void the_thread_takes_samples_and_ends(void **state)
{
    (void)state;
    assert_int_equal(bw_history_start(), 0);
    bw_history_stop();
    bw_history_stop();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_history, close_history)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_told_before_the_first_step),
        TEST(counters_are_told_by_step_and_gauges_as_they_were),
        TEST(coarse_steps_are_the_sum_of_fine_ones),
        TEST(the_oldest_steps_leave),
        TEST(quantiles_are_of_their_step),
        TEST(beyond_the_last_bound_is_told_as_the_bound),
        cmocka_unit_test(the_thread_takes_samples_and_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

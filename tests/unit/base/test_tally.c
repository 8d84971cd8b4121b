/* Tallies: bounds, growth, keys that share a place, many threads. */
#include "unit.h"

#include "base/tally.h"
#include "base/thread.h"

static void test_bound(void **state)
{
    (void)state;
    struct bw_tally *tally;
    assert_int_equal(bw_tally_create(&tally), 0);
    assert_int_equal(bw_tally_add(tally, 7, 2), 0);
    assert_int_equal(bw_tally_add(tally, 7, 2), 0);
    assert_int_equal(bw_tally_add(tally, 7, 2), BW_ETOOMANY);
    assert_int_equal(bw_tally_add(tally, 8, 2), 0); /* another's affair */
    bw_tally_remove(tally, 7);
    assert_int_equal(bw_tally_add(tally, 7, 2), 0);
    assert_int_equal(bw_tally_count(tally, 7), 2);
    assert_int_equal(bw_tally_count(tally, 9), 0);
    bw_tally_destroy(&tally);
    assert_null(tally);
}

/* Against a plain array, with few enough keys that they meet and go in every order. */
static void test_comes_and_goes(void **state)
{
    (void)state;
    enum { KEYS = 3000, STEPS = 200000 };
    static unsigned want[KEYS];
    struct bw_tally *tally;
    unsigned dice = 1;
    assert_int_equal(bw_tally_create(&tally), 0);
    for (int i = 0; i < STEPS; i++) {
        dice = dice * 1103515245 + 12345;
        unsigned key = dice / 65536 % KEYS;
        bool adds = (dice / 256 % 2) == 0 || want[key] == 0;
        if (adds && want[key] < 3) {
            assert_int_equal(bw_tally_add(tally, key + 1, 3), 0);
            want[key]++;
        } else if (want[key] > 0) {
            bw_tally_remove(tally, key + 1);
            want[key]--;
        }
    }
    for (unsigned key = 0; key < KEYS; key++) {
        assert_int_equal(bw_tally_count(tally, key + 1), want[key]);
        while (want[key]-- > 0)
            bw_tally_remove(tally, key + 1);
        assert_int_equal(bw_tally_count(tally, key + 1), 0);
    }
    bw_tally_destroy(&tally);
}

enum { THREADS = 4, ROUNDS = 20000, PLACES = 10 };

static void crowd(void *arg)
{
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t key = i % 5 + 1;
        if (bw_tally_add(arg, key, PLACES) == 0)
            bw_tally_remove(arg, key);
    }
}

static void test_threads(void **state)
{
    (void)state;
    struct bw_tally *tally;
    struct bw_thread threads[THREADS];
    assert_int_equal(bw_tally_create(&tally), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(bw_thread_start(&threads[i], "crowd", crowd, tally), 0);
    for (int i = 0; i < THREADS; i++)
        bw_thread_join(&threads[i]);
    for (uint64_t key = 1; key <= 5; key++)
        assert_int_equal(bw_tally_count(tally, key), 0);
    bw_tally_destroy(&tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_comes_and_goes),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The bounded ring of log lines. */
#include "unit.h"

#include <stdio.h>

#include "clients/cli/run/log_spool.h"

enum { HEAD = sizeof(struct bw_log_line) };

static struct bw_log_spool *spool;
static struct bw_log_line line;

static void put(const char *text)
{
    bw_log_spool_put(spool,
                     &(struct bw_log_line){
                         .kind = BW_LOG_STDERR, .wall_us = 42, .cut = 3, .text = bw_str(text)});
}

static void put_number(int i)
{
    char text[16];
    snprintf(text, sizeof text, "%08d", i);
    bw_log_spool_put(spool, &(struct bw_log_line){.text = bw_str(text)});
}

static void expect(const char *text)
{
    assert_true(bw_log_spool_get(spool, &line));
    assert_int_not_equal(line.kind, BW_LOG_LOST);
    if (!bw_str_is(line.text, text))
        fail_msg("got \"%.*s\", not \"%s\"", BW_STR_ARG(line.text), text);
}

static void expect_lost(uint64_t lines, uint64_t bytes)
{
    assert_true(bw_log_spool_get(spool, &line));
    assert_int_equal(line.kind, BW_LOG_LOST);
    assert_int_equal(line.lost_lines, lines);
    assert_int_equal(line.lost_bytes, bytes);
}

static void test_in_order(void **state)
{
    (void)state;
    assert_int_equal(bw_log_spool_create(&spool, 1000), 0);
    assert_true(bw_log_spool_empty(spool));
    assert_false(bw_log_spool_get(spool, &line));
    put("one");
    put("");
    put("three");
    expect("one");
    assert_int_equal(line.kind, BW_LOG_STDERR);
    assert_int_equal(line.wall_us, 42);
    assert_int_equal(line.cut, 3);
    expect("");
    expect("three");
    assert_true(bw_log_spool_empty(spool));
    assert_int_equal(bw_log_spool_lost(spool), 0);
    bw_log_spool_destroy(&spool);
    bw_log_spool_destroy(&spool);
}

/* Room for ten: of a thousand the newest ten stay, and how many went is told first. */
static void test_drops_the_oldest(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < HEAD + 8; extra++) { /* records wrap at every place */
        assert_int_equal(bw_log_spool_create(&spool, 10 * (HEAD + 8) + extra), 0);
        for (int i = 0; i < 1000; i++)
            put_number(i);
        assert_int_equal(bw_log_spool_lost(spool), 990);
        expect_lost(990, 990 * 8);
        for (int i = 990; i < 1000; i++) {
            char text[16];
            snprintf(text, sizeof text, "%08d", i);
            expect(text);
        }
        assert_true(bw_log_spool_empty(spool));
        bw_log_spool_destroy(&spool);
    }
}

static void test_markers_add_up(void **state)
{
    (void)state;
    assert_int_equal(bw_log_spool_create(&spool, 2 * (HEAD + 8)), 0);
    bw_log_spool_put(spool,
                     &(struct bw_log_line){.kind = BW_LOG_LOST, .lost_lines = 5, .lost_bytes = 50});
    put_number(1);
    assert_int_equal(bw_log_spool_lost(spool), 5);
    put_number(2);
    assert_int_equal(bw_log_spool_lost(spool), 5); /* the marker went, what it told did not */
    put_number(3);
    assert_int_equal(bw_log_spool_lost(spool), 6);
    expect_lost(6, 58);
    expect("00000002");
    put_number(4);
    put_number(5);
    expect_lost(1, 8);
    bw_log_spool_destroy(&spool);
}

static void test_line_that_never_fits(void **state)
{
    (void)state;
    static char large[4096];
    assert_int_equal(bw_log_spool_create(&spool, 1000), 0);
    put("before");
    bw_log_spool_put(spool, &(struct bw_log_line){.text = {large, sizeof large}});
    put("after");
    expect_lost(2, 6 + 3 + sizeof large); /* cut bytes count, too */
    expect("after");
    assert_true(bw_log_spool_empty(spool));
    bw_log_spool_destroy(&spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_drops_the_oldest),
        cmocka_unit_test(test_markers_add_up),
        cmocka_unit_test(test_line_that_never_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Cursors. */
#include "unit.h"

#include "wire/cursor.h"

static void check_round(uint32_t epoch, uint64_t seq, const char *expected)
{
    char text[BW_CURSOR_LEN + 1];
    struct bw_cursor c;
    memset(text, 'x', sizeof text);
    assert_int_equal(bw_cursor_format(epoch, seq, text), strlen(expected));
    assert_string_equal(text, expected);
    assert_int_equal(bw_cursor_parse(bw_str(text), "after", &c, NULL), 0);
    assert_int_equal(c.kind, BW_CURSOR_AT);
    assert_true(c.epoch == epoch && c.seq == seq);
}

static void test_both_ways(void **state)
{
    (void)state;
    check_round(0, 0, "00000000.0");
    check_round(0x1f0c22aa, 123, "1f0c22aa.123");
    check_round(UINT32_MAX, UINT64_MAX, "ffffffff.18446744073709551615");
    for (uint64_t seq = 1; seq < UINT64_MAX / 10; seq *= 10) {
        char text[BW_CURSOR_LEN + 1];
        snprintf(text, sizeof text, "00000001.%llu", (unsigned long long)seq);
        check_round(1, seq, text);
        snprintf(text, sizeof text, "00000001.%llu", (unsigned long long)seq * 10 - 1);
        check_round(1, seq * 10 - 1, text);
    }
}

static void test_words(void **state)
{
    (void)state;
    struct bw_cursor c;
    assert_int_equal(bw_cursor_parse(BW_STR("oldest"), "after", &c, NULL), 0);
    assert_int_equal(c.kind, BW_CURSOR_OLDEST);
    assert_int_equal(bw_cursor_parse(BW_STR("latest"), "after", &c, NULL), 0);
    assert_int_equal(c.kind, BW_CURSOR_LATEST);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "Oldest",
        "oldest ",
        "123",
        ".5",
        "1f0c22aa",
        "1f0c22aa.",
        "1f0c22aa.-1",
        "1f0c22aa.+1",
        "1f0c22aa.01",
        "1f0c22aa.00",
        "1f0c22aa.1x",
        "1f0c22aa.1 ",
        " 1f0c22aa.1",
        "1F0C22AA.1",
        "1f0c22ag.1",
        "1f0c22a.1",
        "1f0c22aa1.1",
        "1f0c22aa,1",
        "1f0c22aa.18446744073709551616",
        "1f0c22aa.99999999999999999999",
        "1f0c22aa.100000000000000000000",
        "1f0c22aa.1.2",
        "0x0c22aa.1",
    };
    struct bw_cursor c = {.seq = 77};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bw_fault f = {0};
        if (bw_cursor_parse(bw_str(bad[i]), "after", &c, &f) != BW_EINVAL)
            fail_msg("\"%s\" was accepted", bad[i]);
        assert_string_equal(f.field, "after");
        assert_true(strlen(f.message) > 0);
    }
    assert_int_equal(bw_cursor_parse((struct bw_str){0}, "after", &c, NULL), BW_EINVAL);
    assert_int_equal(bw_cursor_parse((struct bw_str){"1f0c22aa.1\0", 11}, "after", &c, NULL),
                     BW_EINVAL);
    assert_int_equal(c.seq, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

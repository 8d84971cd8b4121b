/* UTF-8: every boundary of every form, at every place of a string. */
#include "unit.h"

#include "wire/utf8.h"

static const char *const valid[] = {
    "\x01",
    "\x7f",
    "\xc2\x80",
    "\xdf\xbf",
    "\xe0\xa0\x80",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbf",
    "\xf0\x90\x80\x80",
    "\xf4\x8f\xbf\xbf",
    "\xe2\x82\xac",
    "\xf0\x9f\x9a\x80",
};

static const char *const invalid[] = {
    "\x80",     "\xbf",         "\xc0\x80",         "\xc1\xbf",         "\xc2",
    "\xc2\x7f", "\xc2\xc0",     "\xe0\x9f\xbf",     "\xe0\xa0",         "\xe1",
    "\xe1\x80", "\xed\xa0\x80", "\xed\xbf\xbf",     "\xf0\x8f\xbf\xbf", "\xf0\x90",
    "\xf1\x80", "\xf0",         "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
    "\xfe",     "\xe1\x80",     "\xf1\x80\x80",
};

/* s between `before` and `after` letters, in memory that ends with it. */
static bool check_at(const char *s, size_t before, size_t after, bool (*check)(struct bw_str))
{
    size_t n = strlen(s), len = before + n + after;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'a', len);
    memcpy(text + before, s, n);
    bool result = check((struct bw_str){text, len});
    free(text);
    return result;
}

static void test_valid_and_not_everywhere(void **state)
{
    (void)state;
    for (size_t before = 0; before < 20; before++)
        for (size_t after = 0; after < 20; after++) {
            for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
                assert_true(check_at(valid[i], before, after, bw_utf8_valid));
            for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
                assert_false(check_at(invalid[i], before, after, bw_utf8_valid));
        }
    assert_true(bw_utf8_valid((struct bw_str){0}));
}

static void test_lines_everywhere(void **state)
{
    (void)state;
    for (size_t before = 0; before < 20; before++)
        for (size_t after = 0; after < 20; after++) {
            for (int c = 1; c < 0x80; c++) {
                char s[] = {(char)c, 0};
                assert_int_equal(check_at(s, before, after, bw_utf8_is_line),
                                 c >= 0x20 && c != 0x7f);
            }
            for (size_t i = 2; i < sizeof valid / sizeof valid[0]; i++)
                assert_true(check_at(valid[i], before, after, bw_utf8_is_line));
            for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
                assert_false(check_at(invalid[i], before, after, bw_utf8_is_line));
        }
    assert_false(bw_utf8_is_line((struct bw_str){"abcdefgh\0abcdefg", 16}));
}

static void test_char_len(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        struct bw_str s = bw_str(valid[i]);
        assert_int_equal(bw_utf8_char_len(s), s.len);
        for (size_t n = 1; n < s.len; n++)
            assert_int_equal(bw_utf8_char_len((struct bw_str){s.ptr, n}), 0);
    }
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
        assert_int_equal(bw_utf8_char_len(bw_str(invalid[i])), 0);
}

static void test_cut(void **state)
{
    (void)state;
    struct bw_str s = bw_str("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\x80"); /* 1 + 2 + 3 + 4 bytes */
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    for (size_t max = 0; max < sizeof expected / sizeof expected[0]; max++) {
        struct bw_str cut = bw_utf8_cut(s, max);
        assert_int_equal(cut.len, expected[max]);
        assert_ptr_equal(cut.ptr, s.ptr);
        assert_true(bw_utf8_valid(cut));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_and_not_everywhere),
        cmocka_unit_test(test_lines_everywhere),
        cmocka_unit_test(test_char_len),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Cutting into lines: the same lines, wherever the chunks are cut. */
#include "unit.h"

#include "base/buf.h"
#include "clients/cli/lines.h"

/* What was told, in one string: "text|" for a line, "text<" for one that is replaced, "+n" before
 * them for bytes that were cut. */
static struct bw_buf told;

static void on_line(void *ctx, const struct bw_line *line)
{
    assert_ptr_equal(ctx, &told);
    bw_buf_puts(&told, line->text);
    if (line->cut > 0)
        bw_buf_printf(&told, "+%llu", (unsigned long long)line->cut);
    bw_buf_putc(&told, line->replaced ? '<' : '|');
}

static struct bw_lines new_lines(size_t max, bool returns)
{
    bw_buf_reset(&told);
    return (struct bw_lines){.max = max, .returns = returns, .on_line = on_line, .ctx = &told};
}

static void check_told(const char *expected, const char *input, size_t cut_a, size_t cut_b)
{
    if (!bw_str_is(bw_buf_str(&told), expected))
        fail_msg("\"%s\" cut at %zu and %zu: got \"%.*s\", not \"%s\"", input, cut_a, cut_b,
                 (int)told.len, told.data, expected);
}

/* Feeds the input in three parts, for every pair of places to cut. */
static void check(size_t max, bool returns, const char *input, const char *expected)
{
    size_t n = strlen(input);
    for (size_t a = 0; a <= n; a++)
        for (size_t b = a; b <= n; b++) {
            struct bw_lines l = new_lines(max, returns);
            bw_lines_feed(&l, (struct bw_str){input, a});
            bw_lines_feed(&l, (struct bw_str){input + a, b - a});
            bw_lines_feed(&l, (struct bw_str){input + b, n - b});
            bw_lines_end(&l);
            check_told(expected, input, a, b);
            bw_lines_free(&l);
        }
}

static void test_newlines(void **state)
{
    (void)state;
    check(100, true, "", "");
    check(100, true, "one", "one|");
    check(100, true, "one\ntwo\n", "one|two|");
    check(100, true, "\n\nx\n\n", "||x||");
}

static void test_returns(void **state)
{
    (void)state;
    check(100, true, "one\r\ntwo\r\n", "one|two|");
    check(100, true, "one\r\r\n", "one|");
    check(100, true, " 5%\r10%\r20%\ndone\n", " 5%<10%<20%|done|");
    check(100, true, "5%\r10%\r", "5%<10%|");
    check(100, true, "\rx\r\r\ry", "<x<y|");
    check(100, true, "\r\n\r\n", "||");
    check(100, false, "a\rb\r\nc\r", "a\rb\r|c\r|");
}

static void test_long_ones(void **state)
{
    (void)state;
    check(4, true, "1234\n12345\n123456789\nxy\n", "1234|1234+1|1234+5|xy|");
    check(4, true, "123456\r12\n", "1234+2<12|");
    check(4, true, "1234567", "1234+3|");
}

static void test_no_end(void **state)
{
    (void)state;
    enum { CHUNK = 4096, CHUNKS = 5000 };
    static const char zeros[CHUNK];
    struct bw_lines l = new_lines(10, true);
    for (int i = 0; i < CHUNKS; i++)
        bw_lines_feed(&l, (struct bw_str){zeros, CHUNK});
    assert_int_equal(told.len, 0);
    assert_true(l.rest.cap < 1024);
    bw_lines_end(&l);
    bw_buf_putc(&told, 0);
    assert_string_equal(told.data + 10, "+20479990|");
    bw_lines_free(&l);
}

static int free_told(void **state)
{
    (void)state;
    bw_buf_free(&told);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newlines),
        cmocka_unit_test(test_returns),
        cmocka_unit_test(test_long_ones),
        cmocka_unit_test(test_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, free_told);
}

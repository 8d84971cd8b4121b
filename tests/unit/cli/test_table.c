/* Tables. */
#include "unit.h"

#include <locale.h>

#include "clients/cli/table.h"

static const struct bw_column columns[] = {
    {.title = "ID"}, {.title = "N", .right = true}, {.title = "TEXT", .gives_way = true}, {0}};

static struct bw_table *table;

static void row(const char *id, const char *n, const char *text)
{
    bw_table_cell(table, bw_str(id), NULL);
    bw_table_cell(table, bw_str(n), "31");
    bw_table_cell(table, bw_str(text), NULL);
}

static void check(size_t width, bool colored, const char *expected)
{
    struct bw_buf out = {0};
    assert_int_equal(bw_table_print(table, width, colored, &out), 0);
    bw_buf_putc(&out, 0);
    assert_string_equal(out.data, expected);
    bw_buf_free(&out);
}

static int begin(void **state)
{
    (void)state;
    return setlocale(LC_CTYPE, "C.UTF-8") ? bw_table_create(&table, columns) : -1;
}

static int end(void **state)
{
    (void)state;
    bw_table_destroy(&table);
    bw_table_destroy(&table);
    return 0;
}

static void test_widths(void **state)
{
    (void)state;
    check(0, false, "ID  N  TEXT\n");
    row("a", "1", "short");
    row("\xe6\x97\xa5\xe6\x9c\xac", "100", "a longer text\nof two lines");
    check(0, false,
          "ID      N  TEXT\n"
          "a       1  short\n"
          "\xe6\x97\xa5\xe6\x9c\xac  100  a longer text of two lines\n");
}

static void test_gives_way(void **state)
{
    (void)state;
    row("a", "1", "0123456789abcdef");
    row("b", "2", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
    check(17, false,
          "ID  N  TEXT\n"
          "a   1  012345678\xe2\x80\xa6\n"
          "b   2  \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe2\x80\xa6\n");
    check(1, false, /* not below its least width */
          "ID  N  TEXT\n"
          "a   1  0123456\xe2\x80\xa6\n"
          "b   2  \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe2\x80\xa6\n");
}

static void test_colors(void **state)
{
    (void)state;
    row("a\033[31m", "12", "x");
    check(0, true,
          "\033[2mID\033[0m   \033[2mN\033[0m  \033[2mTEXT\033[0m\n"
          "a   \033[31m12\033[0m  x\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_widths, begin, end),
        cmocka_unit_test_setup_teardown(test_gives_way, begin, end),
        cmocka_unit_test_setup_teardown(test_colors, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

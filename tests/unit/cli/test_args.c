/* Options from tables. */
#include "unit.h"

#include "clients/cli/args.h"

static struct values {
    bool flag, other;
    const char *text;
    uint32_t count;
    struct bw_opt_list list;
} values;

static struct {
    const char *bus;
    bool help;
} common;

static const struct bw_opt opts[] = {
    {'f', "flag", BW_OPT_FLAG, offsetof(struct values, flag), NULL, "", 0, 0},
    {'o', "other", BW_OPT_FLAG, offsetof(struct values, other), NULL, "", 0, 0},
    {'t', "text", BW_OPT_TEXT, offsetof(struct values, text), "TEXT", "", 0, 0},
    {'n', "count", BW_OPT_COUNT, offsetof(struct values, count), "N", "", 1, 100},
    {'l', "list", BW_OPT_LIST, offsetof(struct values, list), "A,B", "", 0, 0},
    {0},
};
static const struct bw_opt common_opts[] = {
    {0, "bus", BW_OPT_TEXT, 0, "URL", "", 0, 0},
    {0},
};
static const struct bw_opt_table tables[] = {{opts, &values}, {common_opts, &common}};

static struct bw_fault fault;
static char *operands[32];
static int n_operands;

/* Words are separated by single spaces. */
static int parse(const char *line, bool stop_at_operand)
{
    static char words[1024];
    int argc = 0;
    bw_args_free(&tables[0]);
    values = (struct values){.count = 7};
    common.bus = NULL;
    snprintf(words, sizeof words, "program %s", line);
    for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
        operands[argc++] = w;
    return bw_args_parse(tables, 2, stop_at_operand, argc, operands, &n_operands, &fault);
}

static void test_every_form(void **state)
{
    (void)state;
    assert_int_equal(parse("--flag --text a --count=9 --bus tcp://h", false), 0);
    assert_true(values.flag);
    assert_false(values.other);
    assert_string_equal(values.text, "a");
    assert_int_equal(values.count, 9);
    assert_string_equal(common.bus, "tcp://h");
    assert_int_equal(n_operands, 0);

    assert_int_equal(parse("-fo -tx=y -n 100", false), 0);
    assert_true(values.flag && values.other);
    assert_string_equal(values.text, "x=y");
    assert_int_equal(values.count, 100);

    assert_int_equal(parse("-ft -n", false), 0); /* a value may look like an option */
    assert_string_equal(values.text, "-n");
    assert_int_equal(values.count, 7);
    assert_int_equal(parse("--text= x", false), 0);
    assert_string_equal(values.text, "");
    assert_string_equal(operands[0], "x");
}

static void test_operands(void **state)
{
    (void)state;
    assert_int_equal(parse("a -f b - c", false), 0);
    assert_true(values.flag);
    assert_int_equal(n_operands, 4);
    assert_string_equal(operands[2], "-");
    assert_string_equal(operands[3], "c");

    assert_int_equal(parse("a -- -f --nothing", false), 0);
    assert_false(values.flag);
    assert_int_equal(n_operands, 3);
    assert_string_equal(operands[2], "--nothing");

    assert_int_equal(parse("-f make -o --nothing -- x", true), 0);
    assert_true(values.flag);
    assert_false(values.other);
    assert_int_equal(n_operands, 5);
    assert_string_equal(operands[0], "make");
    assert_string_equal(operands[3], "--");

    assert_int_equal(parse("-- make -f", true), 0);
    assert_false(values.flag);
    assert_int_equal(n_operands, 2);
}

static void test_lists(void **state)
{
    (void)state;
    char many[512] = "--list ";
    assert_int_equal(parse("-l a --list b,c -l ,d,", false), 0);
    assert_int_equal(values.list.n, 4);
    assert_string_equal(values.list.v[1], "b");
    assert_string_equal(values.list.v[3], "d");
    assert_null(values.list.v[4]);
    assert_int_equal(parse("-l a\\,b,c", false), 0);
    assert_int_equal(values.list.n, 2);
    assert_string_equal(values.list.v[0], "a,b");
    assert_string_equal(values.list.v[1], "c");
    for (int i = 0; i < BW_OPT_LIST_MAX; i++)
        strcat(many, "x,");
    assert_int_equal(parse(many, false), 0);
    assert_int_equal(values.list.n, BW_OPT_LIST_MAX);
    strcat(many, "x");
    assert_int_equal(parse(many, false), BW_ETOOBIG);
    bw_args_free(&tables[0]);
    assert_int_equal(values.list.n, 0);
}

static void test_bad_ones(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } bad[] = {
        {"--nothing", "no option --nothing"},
        {"--fla", "no option --fla"},
        {"--flags", "no option --flags"},
        {"-x", "no option -x"},
        {"-fx", "no option -x"},
        {"--flag=1", "takes no value"},
        {"--text", "needs a value: --text TEXT"},
        {"-t", "needs a value"},
        {"--count 0", "from 1 to 100, not \"0\""},
        {"--count 101", "from 1 to 100"},
        {"--count 5x", "whole number"},
        {"--count -5", "whole number"},
        {"--count= ", "whole number"},
        {"--count 4294967297", "whole number"},
        {"--count 18446744073709551617", "whole number"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (parse(bad[i].line, false) == 0)
            fail_msg("\"%s\" was accepted", bad[i].line);
        if (!strstr(fault.message, bad[i].says))
            fail_msg("\"%s\": %s", bad[i].line, fault.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form),
        cmocka_unit_test(test_operands),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_bad_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

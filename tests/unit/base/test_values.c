/* Lists of values with commas between them. */
#include "unit.h"

#include <stdlib.h>

#include "base/values.h"

/* The values, each in brackets; taken in place. */
static void check(const char *text, const char *want)
{
    char *memory = strdup(text), got[256] = "";
    struct bw_str rest = bw_str(memory), value;
    while (bw_values_take(&rest, memory + (rest.ptr - memory), &value))
        snprintf(got + strlen(got), sizeof got - strlen(got), "[%.*s]", BW_STR_ARG(value));
    assert_string_equal(got, want);
    assert_int_equal(rest.len, 0);
    free(memory);
}

static void test_values(void **state)
{
    (void)state;
    check("", "");
    check("a", "[a]");
    check("a,b c,d", "[a][b c][d]");
    check(",,a,,b,", "[a][b]");
    check(",", "");
}

static void test_commas_within(void **state)
{
    (void)state;
    check("a\\,b", "[a,b]");
    check("a\\,b,c", "[a,b][c]");
    check("\\,", "[,]");
    check("\\,\\,,\\,", "[,,][,]");
}

/* Names of Windows domains need no care, unless a comma comes behind. */
static void test_backslashes(void **state)
{
    (void)state;
    check("CORP\\ann,CORP\\bob", "[CORP\\ann][CORP\\bob]");
    check("a\\\\,b", "[a\\][b]");
    check("a\\\\\\,b", "[a\\,b]");
    check("a\\", "[a\\]");
    check("\\\\", "[\\]");
}

static void test_elsewhere(void **state)
{
    (void)state;
    const char text[] = "x\\,y,z";
    char out[sizeof text];
    struct bw_str rest = BW_STR("x\\,y,z"), value;
    assert_true(bw_values_take(&rest, out, &value));
    assert_true(bw_str_is(value, "x,y"));
    assert_ptr_equal(value.ptr, out);
    assert_true(bw_str_is(rest, "z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_commas_within),
        cmocka_unit_test(test_backslashes),
        cmocka_unit_test(test_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Error numbers, their words, and faults. */
#include "unit.h"

#include "base/err.h"

static void test_every_number_has_its_word(void **state)
{
    (void)state;
#define X(name, value, code, text)                                                                 \
    assert_int_equal(name, value);                                                                 \
    assert_string_equal(bw_err_code(name), code);                                                  \
    assert_string_equal(bw_err_text(name), text);                                                  \
    assert_int_equal(bw_err_from_code(code), name);
    BW_ERRORS(X)
#undef X
}

static void test_unknown_ones(void **state)
{
    (void)state;
    assert_string_equal(bw_err_code(-999), "internal");
    assert_string_equal(bw_err_text(-999), "unknown error");
    assert_string_equal(bw_err_text(0), "no error");
    assert_int_equal(bw_err_from_code("no such code"), BW_EINTERNAL);
    assert_int_equal(bw_err_from_code(""), BW_EINTERNAL);
}

static void test_fault_says_what_and_where(void **state)
{
    (void)state;
    struct bw_fault f;
    assert_int_equal(bw_fault(&f, BW_EINVAL, "data.progress", "must be at most %d", 100),
                     BW_EINVAL);
    assert_int_equal(f.err, BW_EINVAL);
    assert_string_equal(f.field, "data.progress");
    assert_string_equal(f.message, "must be at most 100");
    assert_int_equal(bw_fault(NULL, BW_EIO, "x", "nobody asked"), BW_EIO);
    bw_fault(&f, BW_EIO, NULL, "no field");
    assert_string_equal(f.field, "");
}

static void test_fault_is_bounded(void **state)
{
    (void)state;
    struct bw_fault f;
    char big[1000];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = 0;
    bw_fault(&f, BW_EINVAL, big, "%s", big);
    assert_int_equal(strlen(f.field), sizeof f.field - 1);
    assert_int_equal(strlen(f.message), sizeof f.message - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_has_its_word),
        cmocka_unit_test(test_unknown_ones),
        cmocka_unit_test(test_fault_says_what_and_where),
        cmocka_unit_test(test_fault_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

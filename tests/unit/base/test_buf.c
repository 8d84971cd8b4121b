/* Growable buffers and shared bytes. */
#include "unit.h"

#include "base/buf.h"

static void test_empty_is_ready(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    assert_int_equal(bw_buf_str(&b).len, 0);
    bw_buf_put(&b, NULL, 0);
    assert_false(b.failed);
    bw_buf_putc(&b, 'x');
    bw_buf_puts(&b, BW_STR("yz"));
    bw_buf_printf(&b, "%d-%s", 42, "end");
    assert_true(bw_str_is(bw_buf_str(&b), "xyz42-end"));
    bw_buf_free(&b);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
}

/* Every length around every doubling, so that no write ends beyond the memory (under ASan). */
static void test_grows_at_every_boundary(void **state)
{
    (void)state;
    for (size_t first = 0; first < 300; first++) {
        struct bw_buf b = {0};
        char *p = bw_buf_reserve(&b, first);
        assert_non_null(p);
        memset(p, 'a', first);
        b.len += first;
        bw_buf_puts(&b, BW_STR("tail"));
        assert_int_equal(b.len, first + 4);
        assert_memory_equal(b.data + first, "tail", 4);
        for (size_t i = 0; i < first; i++)
            assert_int_equal(b.data[i], 'a');
        bw_buf_free(&b);
    }
}

static void test_reset_keeps_the_memory(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    bw_buf_printf(&b, "%0500d", 7);
    char *data = b.data;
    bw_buf_reset(&b);
    assert_int_equal(b.len, 0);
    bw_buf_puts(&b, BW_STR("again"));
    assert_ptr_equal(b.data, data);
    bw_buf_free(&b);
}

static void test_failure_is_sticky(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    bw_buf_puts(&b, BW_STR("kept"));
    assert_null(bw_buf_reserve(&b, SIZE_MAX / 2));
    assert_true(b.failed);
    bw_buf_putc(&b, 'x');
    bw_buf_puts(&b, BW_STR("yz"));
    bw_buf_printf(&b, "%d", 1);
    assert_null(bw_buf_reserve(&b, 1));
    assert_int_equal(b.len, 4);
    bw_buf_reset(&b);
    assert_false(b.failed);
    bw_buf_puts(&b, BW_STR("a new beginning"));
    assert_true(bw_str_is(bw_buf_str(&b), "a new beginning"));
    assert_null(bw_buf_reserve(&b, SIZE_MAX / 2));
    size_t len = 99;
    assert_null(bw_buf_take(&b, &len));
    assert_null(b.data);
    assert_false(b.failed);
}

static void test_take_hands_over(void **state)
{
    (void)state;
    struct bw_buf b = {0};
    size_t len = 0;
    bw_buf_puts(&b, BW_STR("mine"));
    char *data = bw_buf_take(&b, &len);
    assert_int_equal(len, 4);
    assert_memory_equal(data, "mine", 4);
    assert_null(b.data);
    assert_int_equal(b.cap, 0);
    free(data);
    assert_null(bw_buf_take(&b, &len));
}

static void test_shared_lives_as_long_as_a_reference(void **state)
{
    (void)state;
    struct bw_shared *a = bw_shared_dup("bytes", 5), *b = bw_shared_ref(a);
    assert_ptr_equal(a, b);
    bw_shared_unref(&a);
    assert_null(a);
    assert_int_equal(b->len, 5);
    assert_memory_equal(b->data, "bytes", 5);
    bw_shared_unref(&b);
    bw_shared_unref(&b);
    struct bw_shared *empty = bw_shared_dup(NULL, 0);
    assert_int_equal(empty->len, 0);
    bw_shared_unref(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_is_ready),
        cmocka_unit_test(test_grows_at_every_boundary),
        cmocka_unit_test(test_reset_keeps_the_memory),
        cmocka_unit_test(test_failure_is_sticky),
        cmocka_unit_test(test_take_hands_over),
        cmocka_unit_test(test_shared_lives_as_long_as_a_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

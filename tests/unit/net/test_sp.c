/* nng's messages as bytes: whole, cut anywhere, and wrong. */
#include "unit.h"

#include "net/sp.h"

enum { MAX = 1000 };

static int read_from(enum bw_sp_framing framing, const char *bytes, size_t len,
                     struct bw_sp_message *out)
{
    char *exact = malloc(len + 1); /* so that reading beyond is seen */
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    char *end = realloc(exact, len ? len : 1);
    int rc = bw_sp_read(framing, (struct bw_str){end, len}, MAX, out);
    if (rc == 1) { /* what is borrowed lies within */
        assert_true(out->route.ptr >= end && out->body.ptr + out->body.len <= end + len);
        out->route.ptr = bytes + (out->route.ptr - end);
        out->body.ptr = bytes + (out->body.ptr - end);
    }
    free(end);
    return rc;
}

static const struct {
    enum bw_sp_framing framing;
    struct bw_str bytes, route, body;
} whole[] = {
    {BW_SP_IPC, BW_STR("\1\0\0\0\0\0\0\0\7\x80\0\0\1abc"), BW_STR("\x80\0\0\1"), BW_STR("abc")},
    {BW_SP_TCP, BW_STR("\0\0\0\0\0\0\0\7\x80\0\0\1abc"), BW_STR("\x80\0\0\1"), BW_STR("abc")},
    {BW_SP_TCP, BW_STR("\0\0\0\0\0\0\0\4\xff\xff\xff\xff"), BW_STR("\xff\xff\xff\xff"), BW_STR("")},
    {BW_SP_TCP, BW_STR("\0\0\0\0\0\0\0\x0d\0\0\0\5\0\0\0\6\x80\0\0\1x"), /* over two devices */
     BW_STR("\0\0\0\5\0\0\0\6\x80\0\0\1"), BW_STR("x")},
};

static void test_messages_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        struct bw_sp_message m;
        for (size_t len = 0; len < whole[i].bytes.len; len++) {
            assert_int_equal(read_from(whole[i].framing, whole[i].bytes.ptr, len, &m), 0);
            assert_true(m.bytes > len && m.bytes <= whole[i].bytes.len);
        }
        assert_int_equal(read_from(whole[i].framing, whole[i].bytes.ptr, whole[i].bytes.len, &m),
                         1);
        assert_int_equal(m.bytes, whole[i].bytes.len);
        assert_true(bw_str_eq(m.route, whole[i].route));
        assert_true(bw_str_eq(m.body, whole[i].body));
    }
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        struct bw_buf out = {0};
        bw_buf_putc(&out, '#'); /* it need not be the first */
        size_t began = bw_sp_begin(&out, whole[i].framing, whole[i].route);
        bw_buf_puts(&out, whole[i].body);
        bw_sp_end(&out, whole[i].framing, began);
        assert_int_equal(out.len, 1 + whole[i].bytes.len);
        assert_memory_equal(out.data + 1, whole[i].bytes.ptr, whole[i].bytes.len);
        bw_buf_free(&out);
    }
}

static void test_wrong_messages(void **state)
{
    (void)state;
    static const struct {
        enum bw_sp_framing framing;
        struct bw_str bytes;
        int err;
    } wrong[] = {
        {BW_SP_IPC, BW_STR("\2"), BW_EPROTO},
        {BW_SP_IPC, BW_STR("GET / HTTP/1.1\r\n"), BW_EPROTO},
        {BW_SP_TCP, BW_STR("GET / HTTP/1.1\r\n"), BW_ETOOBIG},
        {BW_SP_TCP, BW_STR("\0\0\0\0\0\0\3\xe9"), BW_ETOOBIG}, /* 1001 */
        {BW_SP_TCP, BW_STR("\xff\xff\xff\xff\xff\xff\xff\xff"), BW_ETOOBIG},
        {BW_SP_TCP, BW_STR("\0\0\0\0\0\0\0\0"), BW_EPROTO},             /* no route */
        {BW_SP_TCP, BW_STR("\0\0\0\0\0\0\0\3\x80\0\0"), BW_EPROTO},     /* cut off */
        {BW_SP_TCP, BW_STR("\0\0\0\0\0\0\0\6\0\0\0\1\0\0"), BW_EPROTO}, /* without its end */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct bw_sp_message m;
        assert_int_equal(read_from(wrong[i].framing, wrong[i].bytes.ptr, wrong[i].bytes.len, &m),
                         wrong[i].err);
    }
}

static void test_too_many_devices(void **state)
{
    (void)state;
    static const char zeros[BW_SP_ROUTE_BYTES_MAX];
    for (size_t before = BW_SP_ROUTE_BYTES_MAX - 4; before <= BW_SP_ROUTE_BYTES_MAX; before += 4) {
        struct bw_buf bytes = {0};
        struct bw_sp_message m;
        size_t began = bw_sp_begin(&bytes, BW_SP_TCP, (struct bw_str){zeros, before});
        bw_buf_put(&bytes, "\x80\0\0\1body", 8);
        bw_sp_end(&bytes, BW_SP_TCP, began);
        assert_int_equal(bw_sp_read(BW_SP_TCP, bw_buf_str(&bytes), MAX, &m), 1);
        assert_int_equal(m.bytes, bytes.len); /* what comes behind it is all right */
        if (before < BW_SP_ROUTE_BYTES_MAX)
            assert_true(bw_str_is(m.body, "body"));
        else
            assert_int_equal(m.route.len, 0);
        bw_buf_free(&bytes);
    }
}

static void test_greetings(void **state)
{
    (void)state;
    assert_int_equal(bw_sp_greeting_check("\0SP\0\0\x30\0\0"), 0);
    assert_int_equal(bw_sp_greeting_check("\0SP\0\0\x31\0\0"), BW_EPROTO); /* another REP */
    assert_int_equal(bw_sp_greeting_check("\0SP\0\0\x30\0\1"), BW_EPROTO);
    assert_int_equal(bw_sp_greeting_check("GET / HT"), BW_EPROTO);
    assert_int_equal(bw_sp_greeting().len, BW_SP_GREETING_BYTES);
    assert_memory_equal(bw_sp_greeting().ptr, "\0SP\0\0\x31\0\0", BW_SP_GREETING_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_cut_anywhere),
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_wrong_messages),
        cmocka_unit_test(test_too_many_devices),
        cmocka_unit_test(test_greetings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

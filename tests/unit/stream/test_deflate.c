/* Compressed messages: there and back, in fragments, and what is not DEFLATE or too much of it. */
#include "unit.h"

#include "web/stream/deflate.h"

enum { MESSAGE_MAX = 4096 };

static struct bw_ws_pool pool = {.max_message_bytes = MESSAGE_MAX};
static struct bw_buf got;

static int on_message(void *arg, enum bw_ws_opcode opcode, struct bw_str payload)
{
    (void)arg;
    bw_buf_printf(&got, "%d:", opcode);
    bw_buf_puts(&got, payload);
    bw_buf_putc(&got, '|');
    return 0;
}

static const struct bw_ws_handler handler = {.on_message = on_message};

/* Appends a client's frame with a mask that changes nothing. */
static void put_client_frame(struct bw_buf *out, unsigned first, struct bw_str payload)
{
    uint8_t header[BW_WS_OUT_HEADER_MAX];
    size_t len = bw_ws_header(BW_WS_TEXT, payload.len, header);
    header[0] = (uint8_t)first;
    header[1] |= 0x80;
    bw_buf_put(out, header, len);
    bw_buf_put(out, "\0\0\0\0", 4);
    bw_buf_puts(out, payload);
}

/* What is said on a new connection; its messages are in `got`. */
static int say(const struct bw_buf *frames, unsigned window_bits)
{
    struct bw_ws ws = {.window_bits = (uint8_t)window_bits};
    bw_buf_reset(&got);
    int status = bw_ws_input(&ws, &pool, bw_buf_str(frames), &handler, NULL);
    bw_ws_free(&ws);
    return status;
}

/* The payload of a message, compressed. */
static struct bw_str compressed(struct bw_buf *frame, struct bw_str text, unsigned window_bits)
{
    struct bw_deflater *deflater;
    assert_int_equal(bw_deflater_create(&deflater, window_bits), 0);
    bw_buf_reset(frame);
    bw_deflate_put_frame(deflater, frame, BW_WS_TEXT, text);
    bw_deflater_destroy(&deflater);
    assert_null(deflater);
    assert_int_equal((uint8_t)frame->data[0], 0x80 | BW_WS_COMPRESSED | BW_WS_TEXT);
    size_t n = (uint8_t)frame->data[1];
    size_t header = n == 126 ? 4 : 2;
    return (struct bw_str){frame->data + header, frame->len - header};
}

static void test_there_and_back(void **state)
{
    (void)state;
    char text[MESSAGE_MAX + 1];
    struct bw_buf frame = {0}, said = {0};
    for (size_t len = 0; len <= MESSAGE_MAX; len = len * 2 + 1)
        for (unsigned bits = BW_WINDOW_BITS_MIN; bits <= BW_WINDOW_BITS_MAX; bits++) {
            for (size_t i = 0; i < len; i++)
                text[i] = (char)('a' + i * i % 23);
            bw_buf_reset(&said);
            put_client_frame(&said, 0xC1, compressed(&frame, (struct bw_str){text, len}, bits));
            assert_int_equal(say(&said, bits), 0);
            assert_int_equal(got.len, len + 3);
            assert_memory_equal(got.data + 2, text, len);
        }
    bw_buf_free(&frame);
    bw_buf_free(&said);
}

/* RFC 7692, 7.2.3: "Hello" in a fixed block, in fragments, stored, in two blocks, with BFINAL. */
static void test_examples_of_the_rfc(void **state)
{
    (void)state;
    struct bw_buf said = {0};
    put_client_frame(&said, 0xC1, BW_STR("\xf2\x48\xcd\xc9\xc9\x07\x00"));
    put_client_frame(&said, 0x41, BW_STR("\xf2\x48\xcd"));
    put_client_frame(&said, 0x80, BW_STR("\xc9\xc9\x07\x00"));
    put_client_frame(&said, 0xC2, BW_STR("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"));
    put_client_frame(&said, 0xC1, BW_STR("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"));
    put_client_frame(&said, 0xC1, BW_STR("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"));
    put_client_frame(&said, 0xC1, BW_STR("\x00"));
    put_client_frame(&said, 0x81, BW_STR("plain"));
    assert_int_equal(say(&said, 15), 0);
    bw_buf_putc(&got, '\0');
    assert_string_equal(got.data, "1:Hello|1:Hello|2:Hello|1:Hello|1:Hello|1:|1:plain|");
    bw_buf_free(&said);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        unsigned first, window_bits;
        struct bw_str payload;
        int status;
    } bad[] = {
        {0xC1, 0, {"\xf2\x48\xcd\xc9\xc9\x07\x00", 7}, BW_WS_PROTOCOL_ERROR}, /* not agreed on */
        {0xE1, 15, {"\xf2\x48\xcd\xc9\xc9\x07\x00", 7}, BW_WS_PROTOCOL_ERROR},
        {0xC9, 15, {"ping", 4}, BW_WS_PROTOCOL_ERROR},
        {0xC0, 15, {"", 0}, BW_WS_PROTOCOL_ERROR},
        {0xC1, 15, {"\xff\xff\xff", 3}, BW_WS_INVALID_DATA},
        {0xC1, 15, {"\x00\x02\x00\xfd\xff\xc3\x28\x00", 8}, BW_WS_INVALID_DATA}, /* no UTF-8 */
        {0xC1, 15, {"\x00\x01\x00\xfe\xff\xc3\x00", 7}, BW_WS_INVALID_DATA},     /* half of it */
    };
    struct bw_buf said = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bw_buf_reset(&said);
        put_client_frame(&said, bad[i].first, bad[i].payload);
        assert_int_equal(say(&said, bad[i].window_bits), bad[i].status);
        assert_int_equal(got.len, 0);
    }
    bw_buf_reset(&said);
    put_client_frame(&said, 0x41, BW_STR("\xf2"));
    put_client_frame(&said, 0xC0, BW_STR("\x48")); /* only a message's first frame says it */
    assert_int_equal(say(&said, 15), BW_WS_PROTOCOL_ERROR);
    bw_buf_free(&said);
}

/* A few bytes that would become a hundred thousand: no more than the bound is ever made of them. */
static void test_a_bomb(void **state)
{
    (void)state;
    static char zeros[MESSAGE_MAX * 25];
    struct bw_buf frame = {0}, said = {0};
    put_client_frame(&said, 0xC1, compressed(&frame, (struct bw_str){zeros, sizeof zeros}, 15));
    assert_true(said.len < 1000);
    assert_int_equal(say(&said, 15), BW_WS_TOO_BIG);
    bw_buf_reset(&said);
    put_client_frame(&said, 0xC1, compressed(&frame, (struct bw_str){zeros, MESSAGE_MAX}, 15));
    assert_int_equal(say(&said, 15), 0);
    bw_buf_free(&frame);
    bw_buf_free(&said);
}

static int tear_down(void **state)
{
    (void)state;
    bw_ws_pool_free(&pool);
    bw_buf_free(&got);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_examples_of_the_rfc),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_a_bomb),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}

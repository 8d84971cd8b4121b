/* WebSocket input: every conversation is fed whole and in pieces of 1, 2, 3 and 7 bytes, and must
 * end the same: the same messages, the same verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/stream/ws.h"

enum { MESSAGE_MAX = 1000 };

/* Writes down what it is told: "T(text)", "B(bytes)", "9(ping)", "A(pong)". */
static int note(void *arg, enum bw_ws_opcode opcode, struct bw_str payload)
{
    struct bw_buf *log = arg;
    bw_buf_putc(log, " TB     C9A"[opcode]);
    bw_buf_putc(log, '(');
    bw_buf_puts(log, payload);
    bw_buf_putc(log, ')');
    return bw_str_is(payload, "refuse") ? BW_WS_UNSUPPORTED_DATA : 0;
}

static const struct bw_ws_handler noting = {.on_message = note, .on_control = note};

static int feed(struct bw_str bytes, size_t piece, struct bw_buf *log)
{
    struct bw_ws ws = {0};
    struct bw_ws_pool pool = {.max_message_bytes = MESSAGE_MAX};
    int status = 0;
    for (size_t at = 0; at < bytes.len && status == 0; at += piece) {
        size_t n = bytes.len - at < piece ? bytes.len - at : piece;
        char *exact = malloc(n); /* so that reading beyond it is seen */
        memcpy(exact, bytes.ptr + at, n);
        status = bw_ws_input(&ws, &pool, (struct bw_str){exact, n}, &noting, log);
        free(exact);
    }
    bw_ws_free(&ws);
    bw_ws_pool_free(&pool);
    return status;
}

static void check(struct bw_buf *client, const char *log_expected, int status_expected)
{
    static const size_t pieces[] = {1, 2, 3, 7, SIZE_MAX / 2};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct bw_buf log = {0};
        int status = feed(bw_buf_str(client), pieces[i], &log);
        bw_buf_putc(&log, '\0');
        assert_string_equal(log.data, log_expected);
        assert_int_equal(status, status_expected);
        bw_buf_free(&log);
    }
    bw_buf_reset(client);
}

enum { FIN = 0x80 };

/* A masked frame as a client sends it; `first` is its first byte. */
static void put(struct bw_buf *out, int first, struct bw_str payload)
{
    static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t header[BW_WS_OUT_HEADER_MAX];
    size_t header_len = bw_ws_header(BW_WS_TEXT, payload.len, header);
    header[0] = (uint8_t)first;
    header[1] |= 0x80;
    bw_buf_put(out, header, header_len);
    bw_buf_put(out, key, sizeof key);
    for (size_t i = 0; i < payload.len; i++)
        bw_buf_putc(out, (char)((uint8_t)payload.ptr[i] ^ key[i % 4]));
}

#define PUT(first, literal) put(&client, (first), BW_STR(literal))
#define PUT_RAW(literal)    bw_buf_puts(&client, BW_STR(literal))

static void test_whole_messages(void **state)
{
    (void)state;
    struct bw_buf client = {0};
    PUT(FIN | BW_WS_TEXT, "hello");
    PUT(FIN | BW_WS_TEXT, "");
    PUT(FIN | BW_WS_BINARY, "\xff\xfe");
    PUT(FIN | BW_WS_PING, "are you there");
    PUT(FIN | BW_WS_PONG, "");
    check(&client, "T(hello)T()B(\xff\xfe)9(are you there)A()", 0);
    bw_buf_free(&client);
}

static void test_fragments_with_control_frames_between(void **state)
{
    (void)state;
    struct bw_buf client = {0};
    PUT(BW_WS_TEXT, "one ");
    PUT(FIN | BW_WS_PING, "1");
    PUT(BW_WS_CONTINUATION, "");
    PUT(BW_WS_CONTINUATION, "two ");
    PUT(FIN | BW_WS_PONG, "2");
    PUT(FIN | BW_WS_CONTINUATION, "three");
    PUT(FIN | BW_WS_TEXT, "after");
    check(&client, "9(1)A(2)T(one two three)T(after)", 0);
    bw_buf_free(&client);
}

static void test_lengths_of_every_form(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 124, 125, 126, 127, 255, 256, MESSAGE_MAX};
    struct bw_buf client = {0};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        char text[MESSAGE_MAX], expected[MESSAGE_MAX + 4];
        memset(text, 'x', sizeof text);
        put(&client, FIN | BW_WS_TEXT, (struct bw_str){text, lengths[i]});
        snprintf(expected, sizeof expected, "T(%.*s)", (int)lengths[i], text);
        check(&client, expected, 0);
    }
    bw_buf_free(&client);
}

static void test_what_is_too_big_is_refused_by_its_header(void **state)
{
    (void)state;
    struct bw_buf client = {0};
    PUT_RAW("\x81\xfe\x03\xe9"); /* 1 001 bytes; neither mask nor payload has come */
    check(&client, "", BW_WS_TOO_BIG);
    PUT_RAW("\x82\xff\x00\x00\x00\x00\x80\x00\x00\x00"); /* 2 GiB */
    check(&client, "", BW_WS_TOO_BIG);
    PUT_RAW("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    check(&client, "", BW_WS_TOO_BIG);
    char half[MESSAGE_MAX / 2];
    memset(half, 'y', sizeof half);
    put(&client, BW_WS_BINARY, (struct bw_str){half, sizeof half});
    put(&client, BW_WS_CONTINUATION, (struct bw_str){half, sizeof half});
    PUT_RAW("\x80\x81"); /* one byte more than the limit */
    check(&client, "", BW_WS_TOO_BIG);
    bw_buf_free(&client);
}

static void test_protocol_errors(void **state)
{
    (void)state;
    struct bw_buf client = {0};
    PUT_RAW("\x81\x05hello"); /* not masked */
    check(&client, "", BW_WS_PROTOCOL_ERROR);
    for (int rsv = 0x10; rsv <= 0x40; rsv <<= 1) {
        PUT(FIN | BW_WS_TEXT, "fine");
        PUT(FIN | rsv | BW_WS_TEXT, "reserved");
        check(&client, "T(fine)", BW_WS_PROTOCOL_ERROR);
    }
    for (int opcode = 3; opcode <= 15; opcode++) {
        if (opcode >= BW_WS_CLOSE && opcode <= BW_WS_PONG)
            continue;
        PUT(FIN | opcode, "");
        check(&client, "", BW_WS_PROTOCOL_ERROR);
    }
    PUT(FIN | BW_WS_CONTINUATION, "of nothing");
    check(&client, "", BW_WS_PROTOCOL_ERROR);
    PUT(BW_WS_TEXT, "begun");
    PUT(FIN | BW_WS_TEXT, "again");
    check(&client, "", BW_WS_PROTOCOL_ERROR);
    PUT(BW_WS_PING, "in pieces");
    check(&client, "", BW_WS_PROTOCOL_ERROR);
    char long_ping[126] = {0};
    put(&client, FIN | BW_WS_PING, (struct bw_str){long_ping, sizeof long_ping});
    check(&client, "", BW_WS_PROTOCOL_ERROR);
    PUT_RAW("\x81\xfe\x00\x05\x00\x00\x00\x00hello"); /* 5 in two bytes */
    check(&client, "", BW_WS_PROTOCOL_ERROR);
    PUT_RAW("\x81\xff\x00\x00\x00\x00\x00\x00\x00\x7f\x00\x00\x00\x00"); /* 127 in eight */
    check(&client, "", BW_WS_PROTOCOL_ERROR);
    bw_buf_free(&client);
}

static void test_text_must_be_utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"κόσμε",        "\xf0\x9f\x9a\x80", "\xed\x9f\xbf",
                                       "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xc2\x80",
                                       "\xe0\xa0\x80"};
    static const char *const bad[] = {
        "\x80",         "\xc0\xaf", "\xc1\xbf",         "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xf5",     "\xf4\x90\x80\x80", "\xf0\x80\x80\x80",
        "\xff",         "\xc3(",    "\xe2\x82",         "\xf0\x9f\x9a"};
    struct bw_buf client = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char expected[32];
        put(&client, FIN | BW_WS_TEXT, bw_str(good[i]));
        snprintf(expected, sizeof expected, "T(%s)", good[i]);
        check(&client, expected, 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(&client, FIN | BW_WS_TEXT, bw_str(bad[i]));
        check(&client, "", BW_WS_INVALID_DATA);
    }
    PUT(BW_WS_TEXT, "\xe2\x82"); /* a character may be cut by a fragment */
    PUT(FIN | BW_WS_CONTINUATION, "\xac");
    check(&client, "T(\xe2\x82\xac)", 0);
    PUT(BW_WS_TEXT, "\xe2("); /* and is refused before the message ends */
    check(&client, "", BW_WS_INVALID_DATA);
    bw_buf_free(&client);
}

static void test_invalid_text_is_refused_inside_a_frame(void **state)
{
    (void)state;
    struct bw_buf client = {0};
    PUT(FIN | BW_WS_TEXT, "fine \xff and much more to come");
    client.len -= 20;
    check(&client, "", BW_WS_INVALID_DATA);
    bw_buf_free(&client);
}

static void test_close(void **state)
{
    (void)state;
    struct bw_buf client = {0};
    PUT(FIN | BW_WS_CLOSE, "");
    PUT(FIN | BW_WS_TEXT, "never read");
    check(&client, "", BW_WS_NO_STATUS);
    PUT(FIN | BW_WS_CLOSE, "\x03\xe8"
                           "bye");
    check(&client, "", BW_WS_NORMAL);
    PUT(FIN | BW_WS_CLOSE, "\x03");
    check(&client, "", BW_WS_PROTOCOL_ERROR);
    PUT(FIN | BW_WS_CLOSE, "\x03\xe8\xff");
    check(&client, "", BW_WS_INVALID_DATA);
    static const int valid[] = {1000, 1001, 1002, 1003, 1007, 1008,
                                1009, 1010, 1011, 1014, 3000, 4999};
    static const int invalid[] = {0,    999,  1004, 1005, 1006, 1015,
                                  1016, 1100, 2000, 2999, 5000, 65535};
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
        char body[2] = {(char)(valid[i] >> 8), (char)valid[i]};
        put(&client, FIN | BW_WS_CLOSE, (struct bw_str){body, 2});
        check(&client, "", valid[i]);
    }
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        char body[2] = {(char)(invalid[i] >> 8), (char)invalid[i]};
        put(&client, FIN | BW_WS_CLOSE, (struct bw_str){body, 2});
        check(&client, "", BW_WS_PROTOCOL_ERROR);
    }
    bw_buf_free(&client);
}

static void test_the_handler_can_end_it(void **state)
{
    (void)state;
    struct bw_buf client = {0};
    PUT(FIN | BW_WS_TEXT, "refuse");
    PUT(FIN | BW_WS_TEXT, "never read");
    check(&client, "T(refuse)", BW_WS_UNSUPPORTED_DATA);
    bw_buf_free(&client);
}

static void test_nothing_is_lent_between_frames(void **state)
{
    (void)state;
    struct bw_buf client = {0}, log = {0};
    struct bw_ws ws = {0};
    struct bw_ws_pool pool = {.max_message_bytes = MESSAGE_MAX};
    PUT(FIN | BW_WS_TEXT, "hello");
    for (size_t at = 0; at < client.len; at++) {
        assert_int_equal(
            bw_ws_input(&ws, &pool, (struct bw_str){client.data + at, 1}, &noting, &log), 0);
        bool payload_arriving = at >= 5 && at + 1 < client.len; /* its header has six bytes */
        assert_int_equal(ws.arrival != NULL, payload_arriving);
    }
    assert_int_equal(pool.n_spare, 1);
    assert_null(ws.message);
    assert_true(sizeof ws <= 48);
    bw_ws_free(&ws);
    bw_ws_pool_free(&pool);
    bw_buf_free(&client);
    bw_buf_free(&log);
}

static void test_our_frames(void **state)
{
    (void)state;
    struct bw_buf out = {0};
    char payload[70000] = {0};
    bw_ws_put_frame(&out, BW_WS_TEXT, BW_STR("hi"));
    assert_memory_equal(out.data, "\x81\x02hi", 4);
    bw_buf_reset(&out);
    bw_ws_put_frame(&out, BW_WS_TEXT, (struct bw_str){payload, 126});
    assert_memory_equal(out.data, "\x81\x7e\x00\x7e", 4);
    bw_buf_reset(&out);
    bw_ws_put_frame(&out, BW_WS_BINARY, (struct bw_str){payload, sizeof payload});
    assert_memory_equal(out.data, "\x82\x7f\x00\x00\x00\x00\x00\x01\x11\x70", 10);
    assert_int_equal(out.len, 10 + sizeof payload);
    bw_buf_reset(&out);
    bw_ws_put_close(&out, BW_WS_TOO_BIG, bw_ws_reason(BW_WS_TOO_BIG));
    assert_memory_equal(out.data, "\x88\x11\x03\xf1message too big", 19);
    bw_buf_reset(&out);
    bw_ws_put_close(&out, BW_WS_NO_STATUS, "");
    assert_memory_equal(out.data, "\x88\x00", 2);
    assert_int_equal(out.len, 2);
    bw_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_messages),
        cmocka_unit_test(test_fragments_with_control_frames_between),
        cmocka_unit_test(test_lengths_of_every_form),
        cmocka_unit_test(test_what_is_too_big_is_refused_by_its_header),
        cmocka_unit_test(test_protocol_errors),
        cmocka_unit_test(test_text_must_be_utf8),
        cmocka_unit_test(test_invalid_text_is_refused_inside_a_frame),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_the_handler_can_end_it),
        cmocka_unit_test(test_nothing_is_lent_between_frames),
        cmocka_unit_test(test_our_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

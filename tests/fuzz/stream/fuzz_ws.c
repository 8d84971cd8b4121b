/* What a client sends on its WebSocket. The first byte of the input says how the rest is cut,
 * and whether permessage-deflate was agreed on.
 *
 * Properties. However the bytes are cut, the same messages come out, with the same verdict; text
 * that comes out is UTF-8; nothing longer than allowed comes out; nothing is lent between frames.
 */
#include "fuzz.h"

#include "web/stream/ws.h"
#include "wire/utf8.h"

enum { MESSAGE_MAX = 300 };

static int on_message(void *arg, enum bw_ws_opcode opcode, struct bw_str payload)
{
    struct bw_buf *log = arg;
    REQUIRE(opcode == BW_WS_TEXT || opcode == BW_WS_BINARY);
    REQUIRE(payload.len <= MESSAGE_MAX);
    REQUIRE(opcode == BW_WS_BINARY || bw_utf8_valid(payload));
    bw_ws_put_frame(log, opcode, payload);
    return bw_str_is(payload, "stop") ? BW_WS_UNSUPPORTED_DATA : 0;
}

static int on_control(void *arg, enum bw_ws_opcode opcode, struct bw_str payload)
{
    REQUIRE(opcode == BW_WS_PING || opcode == BW_WS_PONG);
    REQUIRE(payload.len <= BW_WS_CONTROL_MAX);
    bw_ws_put_frame(arg, opcode, payload);
    return 0;
}

static int on_part(void *arg)
{
    bw_buf_putc(arg, '.');
    return 0;
}

/* Fed in pieces of `piece` bytes, each in memory of its own, so that reading beyond it is seen. */
static int feed(struct bw_str bytes, size_t piece, bool deflate, struct bw_buf *log)
{
    static const struct bw_ws_handler handler = {on_message, on_control, on_part};
    struct bw_ws ws = {.window_bits = deflate ? 15 : 0};
    struct bw_ws_pool pool = {.max_message_bytes = MESSAGE_MAX};
    int status = 0;
    for (size_t at = 0; at < bytes.len && status == 0; at += piece) {
        size_t n = bytes.len - at < piece ? bytes.len - at : piece;
        char *copy = malloc(n);
        if (!copy)
            abort();
        memcpy(copy, bytes.ptr + at, n);
        status = bw_ws_input(&ws, &pool, (struct bw_str){copy, n}, &handler, log);
        free(copy);
        REQUIRE(ws.header_len <= BW_WS_HEADER_MAX && ws.message_len <= MESSAGE_MAX);
        REQUIRE(status != 0 || ws.header_len == BW_WS_HEADER_MAX || ws.arrival || ws.opcode ||
                !ws.message);
    }
    REQUIRE(status == 0 || (status >= 1000 && status <= 4999));
    bw_ws_free(&ws);
    bw_ws_pool_free(&pool);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_buf whole = {0}, pieces = {0};
    if (size < 1)
        return 0;
    struct bw_str bytes = fuzz_input(data + 1, size - 1);
    bool deflate = data[0] & 0x80;
    int status = feed(bytes, SIZE_MAX / 2, deflate, &whole);
    REQUIRE(feed(bytes, (size_t)data[0] % 32 + 1, deflate, &pieces) == status);
    fuzz_require_same(&whole, &pieces);
    bw_buf_free(&whole);
    bw_buf_free(&pieces);
    return 0;
}

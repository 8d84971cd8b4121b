/* Our own WebSocket frames, and why we close. */
#include <endian.h>
#include <string.h>

#include "web/stream/ws.h"

size_t bw_ws_header(enum bw_ws_opcode opcode, size_t payload_len, uint8_t out[BW_WS_OUT_HEADER_MAX])
{
    out[0] = (uint8_t)(0x80 | opcode);
    if (payload_len < 126) {
        out[1] = (uint8_t)payload_len;
        return 2;
    }
    if (payload_len <= UINT16_MAX) {
        out[1] = 126;
        out[2] = (uint8_t)(payload_len >> 8);
        out[3] = (uint8_t)payload_len;
        return 4;
    }
    uint64_t big_endian = htobe64(payload_len);
    out[1] = 127;
    memcpy(out + 2, &big_endian, sizeof big_endian);
    return 10;
}

void bw_ws_put_frame(struct bw_buf *out, enum bw_ws_opcode opcode, struct bw_str payload)
{
    uint8_t header[BW_WS_OUT_HEADER_MAX];
    bw_buf_put(out, header, bw_ws_header(opcode, payload.len, header));
    bw_buf_puts(out, payload);
}

void bw_ws_put_close(struct bw_buf *out, int status, const char *reason)
{
    char body[BW_WS_CONTROL_MAX] = {(char)(status >> 8), (char)status};
    size_t len = 0;
    if (status != BW_WS_NO_STATUS) {
        size_t reason_len = strnlen(reason, sizeof body - 2);
        memcpy(body + 2, reason, reason_len);
        len = 2 + reason_len;
    }
    bw_ws_put_frame(out, BW_WS_CLOSE, (struct bw_str){body, len});
}

const char *bw_ws_reason(int status)
{
    switch (status) {
    case BW_WS_GOING_AWAY:
        return "server is stopping";
    case BW_WS_PROTOCOL_ERROR:
        return "not RFC 6455";
    case BW_WS_UNSUPPORTED_DATA:
        return "text messages only";
    case BW_WS_INVALID_DATA:
        return "text is not UTF-8";
    case BW_WS_POLICY:
        return "more messages than are allowed";
    case BW_WS_TOO_BIG:
        return "message too big";
    case BW_WS_INTERNAL_ERROR:
        return "out of memory";
    default:
        return "";
    }
}

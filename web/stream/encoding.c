/* The encodings of frames. */
#include "web/stream/encoding.h"

#include <string.h>

#include "wire/cursor.h"
#include "web/stream/deflate.h"
#include "web/stream/ws.h"

enum { USUAL_HEADER = 4 }; /* of WebSocket payloads from 126 bytes to 64 KiB */

/* --- WebSocket: the header is known when the payload is, so room for the usual one is left -------
 */

static void end_websocket(struct bw_buf *out, size_t begun)
{
    uint8_t header[BW_WS_OUT_HEADER_MAX];
    size_t len = out->len - begun - USUAL_HEADER;
    size_t header_len = bw_ws_header(BW_WS_TEXT, len, header);
    if (header_len != USUAL_HEADER) {
        if (header_len > USUAL_HEADER && !bw_buf_reserve(out, header_len - USUAL_HEADER))
            return;
        memmove(out->data + begun + header_len, out->data + begun + USUAL_HEADER, len);
        out->len = begun + header_len + len;
    }
    memcpy(out->data + begun, header, header_len);
}

/* --- Server-sent events: nothing in it may hold a line break, and neither names nor JSON do ------
 */

/* EventSource dispatches events of these names itself: the connection is there, or lost. */
static bool is_of_eventsource(struct bw_str name)
{
    return bw_str_is(name, "error") || bw_str_is(name, "open");
}

static void begin_sse(struct bw_buf *out, const struct bw_label *label)
{
    char cursor[BW_CURSOR_LEN + 1];
    if (!is_of_eventsource(label->name)) {
        bw_buf_puts(out, BW_STR("event: "));
        bw_buf_puts(out, label->name);
        bw_buf_putc(out, '\n');
    }
    if (label->resume) {
        bw_cursor_format(label->resume->epoch, label->resume->seq, cursor);
        bw_buf_puts(out, BW_STR("id: "));
        bw_buf_puts(out, bw_str(cursor));
        bw_buf_putc(out, '\n');
    }
    bw_buf_puts(out, BW_STR("data: "));
}

/* ------------------------------------------------------------------------------------- */

static bool is_websocket(enum bw_encoding encoding)
{
    return encoding == BW_ENCODING_WEBSOCKET || encoding == BW_ENCODING_DEFLATE;
}

size_t bw_encoding_begin(struct bw_buf *out, enum bw_encoding encoding,
                         const struct bw_label *label)
{
    size_t begun = out->len;
    if (is_websocket(encoding))
        bw_buf_put(out, "\0\0\0\0", USUAL_HEADER);
    else if (encoding == BW_ENCODING_SSE)
        begin_sse(out, label);
    return begun;
}

void bw_encoding_end(struct bw_buf *out, enum bw_encoding encoding, size_t begun)
{
    if (out->failed)
        return;
    if (is_websocket(encoding))
        end_websocket(out, begun);
    else if (encoding == BW_ENCODING_SSE)
        bw_buf_puts(out, BW_STR("\n\n"));
    else
        bw_buf_putc(out, ',');
}

void bw_encode(struct bw_buf *out, enum bw_encoding encoding, const struct bw_label *label,
               struct bw_str json)
{
    size_t begun = bw_encoding_begin(out, encoding, label);
    bw_buf_puts(out, json);
    bw_encoding_end(out, encoding, begun);
}

void bw_encode_shared(struct bw_buf *out, enum bw_encoding encoding, const struct bw_label *label,
                      struct bw_str json, struct bw_deflater *deflater)
{
    if (encoding == BW_ENCODING_DEFLATE)
        bw_deflate_put_frame(deflater, out, BW_WS_TEXT, json);
    else
        bw_encode(out, encoding, label, json);
}

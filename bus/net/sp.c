/* nng's messages as bytes.
 *
 * A route is a list of words of four bytes: every device on the way put one before those it found.
 * The word that the REQ socket itself wrote is the last one, and has its highest bit set. */
#include "net/sp.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { WORD = 4, LENGTH = 8, IPC_MESSAGE = 1, LAST_WORD = 0x80 };

static const char rep_says[BW_SP_GREETING_BYTES] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};
static const char req_says[BW_SP_GREETING_BYTES] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};

struct bw_str bw_sp_greeting(void)
{
    return (struct bw_str){rep_says, sizeof rep_says};
}

int bw_sp_greeting_check(const char *said)
{
    return memcmp(said, req_says, sizeof req_says) == 0 ? 0 : BW_EPROTO;
}

static size_t header_bytes(enum bw_sp_framing framing)
{
    return framing == BW_SP_IPC ? 1 + LENGTH : LENGTH;
}

/* Divides a message. What came over too many devices is legal, as nng sees it, but has no answer.
 */
static int split(struct bw_str message, struct bw_sp_message *out)
{
    bool last = false;
    size_t at = 0;
    while (!last) {
        if (at == BW_SP_ROUTE_BYTES_MAX) {
            out->route = out->body = (struct bw_str){message.ptr, 0};
            return 1;
        }
        if (message.len - at < WORD)
            return BW_EPROTO;
        last = (unsigned char)message.ptr[at] & LAST_WORD;
        at += WORD;
    }
    out->route = (struct bw_str){message.ptr, at};
    out->body = (struct bw_str){message.ptr + at, message.len - at};
    return 1;
}

static uint64_t length_of(struct bw_str in, size_t header)
{
    uint64_t length;
    memcpy(&length, in.ptr + header - LENGTH, LENGTH);
    return be64toh(length);
}

int bw_sp_read(enum bw_sp_framing framing, struct bw_str in, size_t bytes_max,
               struct bw_sp_message *out)
{
    size_t header = header_bytes(framing);
    *out = (struct bw_sp_message){.bytes = header};
    if (framing == BW_SP_IPC && in.len > 0 && in.ptr[0] != IPC_MESSAGE)
        return BW_EPROTO;
    if (in.len < header)
        return 0;
    uint64_t length = length_of(in, header);
    if (length > bytes_max)
        return BW_ETOOBIG;
    out->bytes = header + (size_t)length;
    if (in.len < out->bytes)
        return 0;
    return split((struct bw_str){in.ptr + header, (size_t)length}, out);
}

int bw_sp_read_part(enum bw_sp_framing framing, struct bw_str in, struct bw_sp_message *out)
{
    size_t header = header_bytes(framing);
    *out = (struct bw_sp_message){.bytes = header + (size_t)length_of(in, header)};
    return split((struct bw_str){in.ptr + header, in.len - header}, out);
}

size_t bw_sp_begin(struct bw_buf *out, enum bw_sp_framing framing, struct bw_str route)
{
    static const char later[LENGTH];
    size_t began = out->len;
    if (framing == BW_SP_IPC)
        bw_buf_putc(out, IPC_MESSAGE);
    bw_buf_put(out, later, LENGTH);
    bw_buf_puts(out, route);
    return began;
}

void bw_sp_end(struct bw_buf *out, enum bw_sp_framing framing, size_t began)
{
    size_t header = header_bytes(framing);
    if (out->failed)
        return;
    uint64_t length = htobe64(out->len - began - header);
    memcpy(out->data + began + header - LENGTH, &length, LENGTH);
}

/* Compressing and inflating with zlib, as raw DEFLATE without its last four bytes. */
#include "web/stream/deflate.h"

#include <stdlib.h>
#include <zlib.h>

enum {
    LEVEL = 1,          /* small frames hardly get smaller with more */
    MEM_LEVEL = 5,      /* its tables are cleared for each frame */
    KEPT_BYTES = 65536, /* of an inflater's buffer, between messages */
};

/* What a sync flush ends with, and what RFC 7692 leaves away. */
static const unsigned char tail[4] = {0x00, 0x00, 0xff, 0xff};

struct bw_deflater {
    z_stream z;
    struct bw_buf packed;
};

struct bw_inflater {
    z_stream z;
    struct bw_buf text;
};

/* --- Compressing ------------------------------------------------------------------------ */

int bw_deflater_create(struct bw_deflater **out, unsigned window_bits)
{
    struct bw_deflater *d = *out = calloc(1, sizeof *d);
    if (!d)
        return BW_ENOMEM;
    if (deflateInit2(&d->z, LEVEL, Z_DEFLATED, -(int)window_bits, MEM_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
        free(d);
        *out = NULL;
        return BW_ENOMEM;
    }
    return 0;
}

void bw_deflater_destroy(struct bw_deflater **deflater)
{
    struct bw_deflater *d = *deflater;
    *deflater = NULL;
    if (!d)
        return;
    deflateEnd(&d->z);
    bw_buf_free(&d->packed);
    free(d);
}

/* Into d->packed; without memory that has failed. */
static void compress_it(struct bw_deflater *d, struct bw_str payload)
{
    bw_buf_reset(&d->packed);
    size_t most = deflateBound(&d->z, payload.len) + sizeof tail + 2; /* of an empty block */
    char *room = bw_buf_reserve(&d->packed, most);
    if (!room)
        return;
    d->z.next_in = (unsigned char *)(uintptr_t)payload.ptr;
    d->z.avail_in = (unsigned)payload.len;
    d->z.next_out = (unsigned char *)room;
    d->z.avail_out = (unsigned)most;
    if (deflateReset(&d->z) != Z_OK || deflate(&d->z, Z_SYNC_FLUSH) != Z_OK || d->z.avail_out == 0)
        d->packed.failed = true;
    else
        d->packed.len = most - d->z.avail_out - sizeof tail;
}

void bw_deflate_put_frame(struct bw_deflater *deflater, struct bw_buf *out,
                          enum bw_ws_opcode opcode, struct bw_str payload)
{
    size_t begun = out->len;
    compress_it(deflater, payload);
    if (deflater->packed.failed) {
        bw_ws_put_frame(out, opcode, payload);
        return;
    }
    bw_ws_put_frame(out, opcode, bw_buf_str(&deflater->packed));
    if (!out->failed)
        out->data[begun] = (char)(out->data[begun] | BW_WS_COMPRESSED);
}

/* --- Inflating -------------------------------------------------------------------------- */

static struct bw_inflater *get_inflater(struct bw_inflater **inflater)
{
    struct bw_inflater *i = *inflater;
    if (i) {
        if (i->text.cap > KEPT_BYTES)
            bw_buf_free(&i->text);
        bw_buf_reset(&i->text);
        return inflateReset(&i->z) == Z_OK ? i : NULL;
    }
    i = calloc(1, sizeof *i);
    if (i && inflateInit2(&i->z, -BW_WINDOW_BITS_MAX) != Z_OK) {
        free(i);
        i = NULL;
    }
    *inflater = i;
    return i;
}

/* Never makes room for more than one byte beyond max_bytes, however much a client packed. A message
 * may be made of several DEFLATE streams, one behind the other. */
static int inflate_some(struct bw_inflater *i, struct bw_str bytes, size_t max_bytes)
{
    i->z.next_in = (unsigned char *)(uintptr_t)bytes.ptr;
    i->z.avail_in = (unsigned)bytes.len;
    for (;;) {
        size_t step = 1024 + i->text.len, left = max_bytes + 1 - i->text.len;
        size_t want = step < left ? step : left;
        char *room = bw_buf_reserve(&i->text, want);
        if (!room)
            return BW_WS_INTERNAL_ERROR;
        i->z.next_out = (unsigned char *)room;
        i->z.avail_out = (unsigned)want;
        int verdict = inflate(&i->z, Z_SYNC_FLUSH);
        i->text.len += want - i->z.avail_out;
        if (i->text.len > max_bytes)
            return BW_WS_TOO_BIG;
        if (verdict == Z_STREAM_END)
            verdict = inflateReset(&i->z);
        if (verdict == Z_MEM_ERROR)
            return BW_WS_INTERNAL_ERROR;
        if (verdict != Z_OK && verdict != Z_BUF_ERROR)
            return BW_WS_INVALID_DATA;
        if (i->z.avail_in == 0 && i->z.avail_out > 0)
            return 0;
    }
}

int bw_inflate(struct bw_inflater **inflater, struct bw_str compressed, size_t max_bytes,
               struct bw_str *out)
{
    struct bw_inflater *i = get_inflater(inflater);
    if (!i)
        return BW_WS_INTERNAL_ERROR;
    int status = inflate_some(i, compressed, max_bytes);
    if (status == 0)
        status = inflate_some(i, (struct bw_str){(const char *)tail, sizeof tail}, max_bytes);
    *out = bw_buf_str(&i->text);
    return status;
}

void bw_inflater_free(struct bw_inflater **inflater)
{
    if (!*inflater)
        return;
    inflateEnd(&(*inflater)->z);
    bw_buf_free(&(*inflater)->text);
    free(*inflater);
    *inflater = NULL;
}

/* WebSocket frames: what a client sends is judged, unmasked and put together here. */
#include "web/stream/ws.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <wslay/wslay.h>

#include "web/stream/deflate.h"

enum { SPARE_MAX = 64, MASK_KEY = 4 };

/* A frame whose payload is arriving. */
struct bw_ws_arrival {
    struct bw_ws_arrival *next; /* in the pool */
    wslay_frame_context_ptr reader;
    struct bw_str feed; /* what the reader may take now: never more than this frame */
    uint64_t left;      /* bytes of the frame that have not come yet */
    uint8_t control[BW_WS_CONTROL_MAX];
    size_t control_len;
};

/* --- The pool ------------------------------------------------------------------------ */

static ssize_t feed_reader(uint8_t *to, size_t len, int flags, void *arg)
{
    struct bw_ws_arrival *a = arg;
    (void)flags;
    size_t n = a->feed.len < len ? a->feed.len : len;
    if (n == 0)
        return -1;
    memcpy(to, a->feed.ptr, n);
    a->feed.ptr += n;
    a->feed.len -= n;
    return (ssize_t)n;
}

static struct bw_ws_arrival *lend(struct bw_ws_pool *pool)
{
    struct bw_ws_arrival *a = pool->spare;
    if (a) {
        pool->spare = a->next;
        pool->n_spare--;
        return a;
    }
    const struct wslay_frame_callbacks callbacks = {.recv_callback = feed_reader};
    a = calloc(1, sizeof *a);
    if (a && wslay_frame_context_init(&a->reader, &callbacks, a) != 0) {
        free(a);
        a = NULL;
    }
    return a;
}

static void dispose(struct bw_ws_arrival *a)
{
    wslay_frame_context_free(a->reader);
    free(a);
}

/* Only between frames: the reader inside has nothing left over then. */
static void give_back(struct bw_ws_pool *pool, struct bw_ws_arrival *a)
{
    if (pool->n_spare == SPARE_MAX) {
        dispose(a);
        return;
    }
    a->control_len = 0;
    a->next = pool->spare;
    pool->spare = a;
    pool->n_spare++;
}

void bw_ws_pool_free(struct bw_ws_pool *pool)
{
    while (pool->spare) {
        struct bw_ws_arrival *a = pool->spare;
        pool->spare = a->next;
        dispose(a);
    }
    pool->n_spare = 0;
    bw_inflater_free(&pool->inflater);
}

static void drop_message(struct bw_ws *ws)
{
    free(ws->message);
    ws->message = NULL;
    ws->message_len = ws->message_cap = 0;
    ws->opcode = 0;
    ws->compressed = false;
    ws->utf8 = (struct bw_utf8){0};
}

void bw_ws_free(struct bw_ws *ws)
{
    if (ws->arrival) /* in the middle of a frame: of no use to another connection */
        dispose(ws->arrival);
    ws->arrival = NULL;
    drop_message(ws);
}

/* --- Text ---------------------------------------------------------------------------- */

static bool utf8_begin(struct bw_utf8 *u, uint8_t c)
{
    *u = (struct bw_utf8){.low = 0x80, .high = 0xBF};
    if (c < 0x80)
        return true;
    if (c < 0xC2 || c > 0xF4)
        return false;
    u->need = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    if (c == 0xE0)
        u->low = 0xA0; /* shorter forms exist */
    else if (c == 0xED)
        u->high = 0x9F; /* surrogates */
    else if (c == 0xF0)
        u->low = 0x90;
    else if (c == 0xF4)
        u->high = 0x8F; /* beyond U+10FFFF */
    return true;
}

bool bw_utf8_feed(struct bw_utf8 *u, struct bw_str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = (uint8_t)bytes.ptr[i];
        if (u->need == 0) {
            if (!utf8_begin(u, c))
                return false;
            continue;
        }
        if (c < u->low || c > u->high)
            return false;
        u->need--;
        u->low = 0x80;
        u->high = 0xBF;
    }
    return true;
}

/* --- Headers ------------------------------------------------------------------------- */

static size_t header_length(const uint8_t *h)
{
    size_t announced = h[1] & 0x7F;
    return 2 + (announced == 126 ? 2u : announced == 127 ? 8u : 0u) + MASK_KEY;
}

static uint64_t announced_length(const uint8_t *h)
{
    uint64_t n = h[1] & 0x7F;
    if (n == 126)
        return (uint64_t)h[2] << 8 | h[3];
    if (n == 127) {
        memcpy(&n, h + 2, sizeof n);
        n = be64toh(n);
    }
    return n;
}

static bool is_control(unsigned opcode)
{
    return opcode & 8;
}

/* What a frame may be at this point of the conversation, before anything is lent for it; that the
 * length is written in the shortest form is wslay's to judge. */
static int judge_header(const struct bw_ws *ws, const struct bw_ws_pool *pool)
{
    unsigned opcode = ws->header[0] & 0x0F;
    bool final = ws->header[0] & 0x80, masked = ws->header[1] & 0x80;
    bool begins_data = opcode == BW_WS_TEXT || opcode == BW_WS_BINARY;
    unsigned reserved = ws->header[0] & 0x70;
    uint64_t announced = announced_length(ws->header);
    if (ws->window_bits && begins_data)
        reserved &= ~(unsigned)BW_WS_COMPRESSED;
    if (!masked || reserved)
        return BW_WS_PROTOCOL_ERROR;
    switch (opcode) {
    case BW_WS_CONTINUATION:
        if (!ws->opcode)
            return BW_WS_PROTOCOL_ERROR;
        break;
    case BW_WS_TEXT:
    case BW_WS_BINARY:
        if (ws->opcode)
            return BW_WS_PROTOCOL_ERROR;
        break;
    case BW_WS_CLOSE:
    case BW_WS_PING:
    case BW_WS_PONG:
        return final && announced <= BW_WS_CONTROL_MAX ? 0 : BW_WS_PROTOCOL_ERROR;
    default:
        return BW_WS_PROTOCOL_ERROR;
    }
    return announced <= pool->max_message_bytes - ws->message_len ? 0 : BW_WS_TOO_BIG;
}

/* Moves bytes into the header. Sets *whole when it is complete; it is judged as early as possible.
 */
static int take_header(struct bw_ws *ws, const struct bw_ws_pool *pool, struct bw_str *bytes,
                       bool *whole)
{
    *whole = false;
    while (bytes->len > 0) {
        ws->header[ws->header_len++] = (uint8_t)*bytes->ptr++;
        bytes->len--;
        if (ws->header_len < 2)
            continue;
        size_t need = header_length(ws->header);
        if (ws->header_len == need) {
            *whole = true;
            return 0;
        }
        int status = ws->header_len == need - MASK_KEY ? judge_header(ws, pool) : 0;
        if (status != 0)
            return status;
    }
    return 0;
}

/* --- Payloads ------------------------------------------------------------------------ */

static int append_to_message(struct bw_ws *ws, struct bw_str chunk)
{
    if (ws->opcode == BW_WS_TEXT && !ws->compressed && !bw_utf8_feed(&ws->utf8, chunk))
        return BW_WS_INVALID_DATA;
    if (chunk.len > ws->message_cap - ws->message_len) {
        size_t cap = ws->message_cap ? ws->message_cap : 128;
        while (cap < ws->message_len + chunk.len)
            cap *= 2;
        char *grown = realloc(ws->message, cap);
        if (!grown)
            return BW_WS_INTERNAL_ERROR;
        ws->message = grown;
        ws->message_cap = (uint32_t)cap;
    }
    if (chunk.len)
        memcpy(ws->message + ws->message_len, chunk.ptr, chunk.len);
    ws->message_len += (uint32_t)chunk.len;
    return 0;
}

/* Text that was compressed is looked at only now. */
static int unpack(struct bw_ws *ws, struct bw_ws_pool *pool, struct bw_str *message)
{
    int status = bw_inflate(&pool->inflater, *message, pool->max_message_bytes, message);
    if (status == 0 && ws->opcode == BW_WS_TEXT && !bw_utf8_feed(&ws->utf8, *message))
        status = BW_WS_INVALID_DATA;
    return status;
}

static int finish_message(struct bw_ws *ws, struct bw_ws_pool *pool,
                          const struct bw_ws_handler *handler, void *arg)
{
    struct bw_str message = {ws->message, ws->message_len};
    int status = ws->compressed ? unpack(ws, pool, &message) : 0;
    if (status == 0 && ws->opcode == BW_WS_TEXT && ws->utf8.need)
        status = BW_WS_INVALID_DATA;
    if (status == 0)
        status = handler->on_message(arg, ws->opcode, message);
    drop_message(ws);
    return status;
}

static bool is_close_status(unsigned status)
{
    return (status >= 1000 && status <= 1014 && status != 1004 && status != 1005 &&
            status != 1006) ||
           (status >= 3000 && status <= 4999);
}

static int judge_close(struct bw_ws *ws, struct bw_str payload)
{
    unsigned status = BW_WS_NO_STATUS;
    struct bw_utf8 text = {0};
    if (payload.len == 1)
        return BW_WS_PROTOCOL_ERROR;
    if (payload.len > 0) {
        status = (unsigned)(uint8_t)payload.ptr[0] << 8 | (uint8_t)payload.ptr[1];
        if (!is_close_status(status))
            return BW_WS_PROTOCOL_ERROR;
        if (!bw_utf8_feed(&text, (struct bw_str){payload.ptr + 2, payload.len - 2}) || text.need)
            return BW_WS_INVALID_DATA;
    }
    ws->closed = true;
    return (int)status;
}

static int finish_control(struct bw_ws *ws, const struct bw_ws_arrival *a, enum bw_ws_opcode opcode,
                          const struct bw_ws_handler *handler, void *arg)
{
    struct bw_str payload = {(const char *)a->control, a->control_len};
    return opcode == BW_WS_CLOSE ? judge_close(ws, payload)
                                 : handler->on_control(arg, opcode, payload);
}

static int take_chunk(struct bw_ws *ws, const struct wslay_frame_iocb *got)
{
    struct bw_str chunk = {(const char *)got->data, got->data_length};
    if (!is_control(got->opcode))
        return append_to_message(ws, chunk);
    struct bw_ws_arrival *a = ws->arrival;
    if (chunk.len > sizeof a->control - a->control_len) /* wslay has refused that already */
        return BW_WS_PROTOCOL_ERROR;
    memcpy(a->control + a->control_len, chunk.ptr, chunk.len);
    a->control_len += chunk.len;
    return 0;
}

/* Lets the reader have what there is of the frame. */
static int read_payload(struct bw_ws *ws, struct bw_str payload)
{
    struct bw_ws_arrival *a = ws->arrival;
    struct wslay_frame_iocb got;
    int status = 0;
    a->feed = payload;
    do {
        memset(&got, 0, sizeof got);
        ssize_t n = wslay_frame_recv(a->reader, &got);
        if (n == WSLAY_ERR_WANT_READ)
            return 0;
        if (n < 0)
            return BW_WS_PROTOCOL_ERROR;
        status = take_chunk(ws, &got);
    } while (status == 0 && a->feed.len > 0);
    return status;
}

static int begin_frame(struct bw_ws *ws, struct bw_ws_pool *pool)
{
    unsigned opcode = ws->header[0] & 0x0F;
    struct bw_ws_arrival *a = ws->arrival = lend(pool);
    if (!a)
        return BW_WS_INTERNAL_ERROR;
    a->left = announced_length(ws->header);
    if (opcode == BW_WS_TEXT || opcode == BW_WS_BINARY) {
        ws->opcode = (uint8_t)opcode;
        ws->compressed = ws->header[0] & BW_WS_COMPRESSED;
    }
    return read_payload(ws, (struct bw_str){(const char *)ws->header, ws->header_len});
}

static int end_frame(struct bw_ws *ws, struct bw_ws_pool *pool, const struct bw_ws_handler *handler,
                     void *arg)
{
    bool final = ws->header[0] & 0x80;
    unsigned opcode = ws->header[0] & 0x0F;
    int status = 0;
    ws->header_len = 0;
    if (is_control(opcode))
        status = finish_control(ws, ws->arrival, opcode, handler, arg);
    else if (final)
        status = finish_message(ws, pool, handler, arg);
    else if (handler->on_part)
        status = handler->on_part(arg);
    give_back(pool, ws->arrival);
    ws->arrival = NULL;
    return status;
}

int bw_ws_input(struct bw_ws *ws, struct bw_ws_pool *pool, struct bw_str bytes,
                const struct bw_ws_handler *handler, void *arg)
{
    int status = 0;
    bool whole = true;
    while (status == 0 && bytes.len > 0) {
        if (!ws->arrival) {
            status = take_header(ws, pool, &bytes, &whole);
            if (status == 0 && whole)
                status = begin_frame(ws, pool);
        } else {
            size_t n = bytes.len < ws->arrival->left ? bytes.len : (size_t)ws->arrival->left;
            status = read_payload(ws, (struct bw_str){bytes.ptr, n});
            ws->arrival->left -= n;
            bytes.ptr += n;
            bytes.len -= n;
        }
        if (status == 0 && ws->arrival && ws->arrival->left == 0)
            status = end_frame(ws, pool, handler, arg);
    }
    return status;
}

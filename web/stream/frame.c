/* Rendering of everything a watcher receives, except the rows of snapshots (page.c). */
#include "web/stream/frame.h"

#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "wire/cursor.h"
#include "wire/json.h"
#include "web/stream/ws.h"

enum { USUAL_HEADER = 4 }; /* of payloads from 126 bytes to 64 KiB */

static void put(struct bw_buf *out, const char *z)
{
    bw_buf_puts(out, bw_str(z));
}

/* ,"name":"value" */
static void put_member(struct bw_buf *out, const char *name, const char *value)
{
    bw_buf_printf(out, ",\"%s\":", name);
    bw_json_string(out, bw_str(value));
}

void bw_frame_put_cursor(struct bw_buf *out, const char *name, uint32_t epoch, uint64_t seq)
{
    char cursor[BW_CURSOR_LEN + 1];
    bw_cursor_format(epoch, seq, cursor);
    put_member(out, name, cursor);
}

/* Leaves room for the usual header; bw_frame_end moves the payload when it turned out otherwise. */
size_t bw_frame_begin(struct bw_buf *out)
{
    size_t begun = out->len;
    bw_buf_put(out, "\0\0\0\0", USUAL_HEADER);
    return begun;
}

void bw_frame_end(struct bw_buf *out, size_t begun)
{
    uint8_t header[BW_WS_OUT_HEADER_MAX];
    if (out->failed)
        return;
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

void bw_frame_connected(struct bw_buf *out, unsigned heartbeat_s)
{
    char id[BW_UUID_LEN + 1], now[BW_TIME_LEN + 1];
    bw_uuid7(id);
    bw_time_format(bw_clock_wall_us(), now);
    size_t begun = bw_frame_begin(out);
    bw_buf_printf(out,
                  "{\"type\":\"connected\",\"connection_id\":\"%s\",\"server_time\":\"%s\","
                  "\"heartbeat_s\":%u}",
                  id, now, heartbeat_s);
    bw_frame_end(out, begun);
}

void bw_frame_subscribed(struct bw_buf *out, const char *topic, bool recovered, uint32_t epoch,
                         uint64_t seq)
{
    size_t begun = bw_frame_begin(out);
    put(out, "{\"type\":\"subscribed\"");
    put_member(out, "topic", topic);
    put(out, recovered ? ",\"recovered\":true" : ",\"recovered\":false");
    bw_frame_put_cursor(out, "cursor", epoch, seq);
    bw_buf_putc(out, '}');
    bw_frame_end(out, begun);
}

void bw_frame_unsubscribed(struct bw_buf *out, const char *topic)
{
    size_t begun = bw_frame_begin(out);
    put(out, "{\"type\":\"unsubscribed\"");
    put_member(out, "topic", topic);
    bw_buf_putc(out, '}');
    bw_frame_end(out, begun);
}

void bw_frame_reset(struct bw_buf *out, const char *topic, const char *reason)
{
    size_t begun = bw_frame_begin(out);
    put(out, "{\"type\":\"reset\"");
    put_member(out, "topic", topic);
    put_member(out, "reason", reason);
    bw_buf_putc(out, '}');
    bw_frame_end(out, begun);
}

void bw_frame_pong(struct bw_buf *out)
{
    char now[BW_TIME_LEN + 1];
    bw_time_format(bw_clock_wall_us(), now);
    size_t begun = bw_frame_begin(out);
    bw_buf_printf(out, "{\"type\":\"pong\",\"timestamp\":\"%s\"}", now);
    bw_frame_end(out, begun);
}

void bw_frame_error(struct bw_buf *out, const char *topic, const struct bw_fault *fault)
{
    size_t begun = bw_frame_begin(out);
    put(out, "{\"type\":\"error\"");
    put_member(out, "code", bw_err_code(fault->err));
    put_member(out, "message", fault->message[0] ? fault->message : bw_err_text(fault->err));
    if (fault->field[0])
        put_member(out, "field", fault->field);
    if (topic[0])
        put_member(out, "topic", topic);
    bw_buf_putc(out, '}');
    bw_frame_end(out, begun);
}

void bw_frame_event_payload(struct bw_buf *out, const struct bw_event *event, uint32_t epoch)
{
    put(out, "{\"type\":\"event\",");
    bw_event_json(out, event, epoch);
    bw_buf_putc(out, '}');
}

void bw_frame_event(struct bw_buf *out, const struct bw_event *event, uint32_t epoch)
{
    size_t begun = bw_frame_begin(out);
    bw_frame_event_payload(out, event, epoch);
    bw_frame_end(out, begun);
}

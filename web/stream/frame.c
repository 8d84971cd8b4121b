/* Rendering of everything a watcher receives, except the rows of snapshots (page.c). */
#include "web/stream/frame.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "wire/cursor.h"
#include "wire/json.h"

static void put(struct bw_buf *out, const char *z)
{
    bw_buf_puts(out, bw_str(z));
}

/* ,"name":"value" */
static void put_member(struct bw_buf *out, const char *name, struct bw_str value)
{
    bw_buf_printf(out, ",\"%s\":", name);
    bw_json_string(out, value);
}

void bw_frame_put_cursor(struct bw_buf *out, const char *name, struct bw_place place)
{
    char cursor[BW_CURSOR_LEN + 1];
    bw_cursor_format(place.epoch, place.seq, cursor);
    put_member(out, name, bw_str(cursor));
}

/* Begins a frame with {"type":"…" */
static size_t begin(struct bw_buf *out, enum bw_encoding encoding, const char *type,
                    const struct bw_place *resume)
{
    const struct bw_label label = {bw_str(type), resume};
    size_t begun = bw_encoding_begin(out, encoding, &label);
    bw_buf_printf(out, "{\"type\":\"%s\"", type);
    return begun;
}

static void end(struct bw_buf *out, enum bw_encoding encoding, size_t begun)
{
    bw_buf_putc(out, '}');
    bw_encoding_end(out, encoding, begun);
}

void bw_frame_connected(struct bw_buf *out, enum bw_encoding encoding, unsigned heartbeat_s)
{
    char id[BW_UUID_LEN + 1], now[BW_TIME_LEN + 1];
    bw_uuid7(id);
    bw_time_format(bw_clock_wall_us(), now);
    size_t begun = begin(out, encoding, "connected", NULL);
    bw_buf_printf(out, ",\"connection_id\":\"%s\",\"server_time\":\"%s\",\"heartbeat_s\":%u", id,
                  now, heartbeat_s);
    end(out, encoding, begun);
}

void bw_frame_subscribed(struct bw_buf *out, enum bw_encoding encoding, struct bw_str topic,
                         bool recovered, struct bw_place place, bool to_resume)
{
    size_t begun = begin(out, encoding, "subscribed", to_resume ? &place : NULL);
    put_member(out, "topic", topic);
    put(out, recovered ? ",\"recovered\":true" : ",\"recovered\":false");
    bw_frame_put_cursor(out, "cursor", place);
    end(out, encoding, begun);
}

void bw_frame_unsubscribed(struct bw_buf *out, enum bw_encoding encoding, struct bw_str topic)
{
    size_t begun = begin(out, encoding, "unsubscribed", NULL);
    put_member(out, "topic", topic);
    end(out, encoding, begun);
}

void bw_frame_reset(struct bw_buf *out, enum bw_encoding encoding, struct bw_str topic,
                    const char *reason, const struct bw_place *resume)
{
    size_t begun = begin(out, encoding, "reset", resume);
    put_member(out, "topic", topic);
    put_member(out, "reason", bw_str(reason));
    if (resume)
        bw_frame_put_cursor(out, "cursor", *resume);
    end(out, encoding, begun);
}

void bw_frame_pong(struct bw_buf *out, enum bw_encoding encoding)
{
    char now[BW_TIME_LEN + 1];
    bw_time_format(bw_clock_wall_us(), now);
    size_t begun = begin(out, encoding, "pong", NULL);
    put_member(out, "timestamp", bw_str(now));
    end(out, encoding, begun);
}

void bw_frame_error(struct bw_buf *out, enum bw_encoding encoding, struct bw_str topic,
                    const struct bw_fault *fault)
{
    /* EventSource has an event of its own called error, which means that the connection is lost. */
    const struct bw_label label = {BW_STR("problem"), NULL};
    size_t begun = bw_encoding_begin(out, encoding, &label);
    put(out, "{\"type\":\"error\"");
    put_member(out, "code", bw_str(bw_err_code(fault->err)));
    put_member(out, "message",
               bw_str(fault->message[0] ? fault->message : bw_err_text(fault->err)));
    if (fault->field[0])
        put_member(out, "field", bw_str(fault->field));
    if (topic.len > 0)
        put_member(out, "topic", topic);
    end(out, encoding, begun);
}

void bw_frame_event_json(struct bw_buf *out, const struct bw_event *event, uint32_t epoch)
{
    put(out, "{\"type\":\"event\",");
    bw_event_json(out, event, epoch);
    bw_buf_putc(out, '}');
}

void bw_frame_event(struct bw_buf *out, enum bw_encoding encoding, const struct bw_event *event,
                    uint32_t epoch)
{
    const struct bw_place place = {epoch, event->seq};
    const struct bw_label label = {event->event_type, &place};
    size_t begun = bw_encoding_begin(out, encoding, &label);
    bw_frame_event_json(out, event, epoch);
    bw_encoding_end(out, encoding, begun);
}

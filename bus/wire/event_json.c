/* An event as clients see it. */
#include "wire/event.h"

#include "wire/cursor.h"
#include "wire/json.h"

void bw_event_json(struct bw_buf *out, const struct bw_event *e, uint32_t epoch)
{
    char cursor[BW_CURSOR_LEN + 1];
    size_t cursor_len = bw_cursor_format(epoch, e->seq, cursor);
    bw_buf_puts(out, BW_STR("\"topic\":"));
    bw_json_string(out, e->topic);
    bw_buf_puts(out, BW_STR(",\"event_type\":"));
    bw_json_string(out, e->event_type);
    bw_buf_puts(out, BW_STR(",\"message\":"));
    bw_json_string(out, e->message);
    bw_buf_puts(out, BW_STR(",\"data\":"));
    if (e->data)
        bw_json_object(out, e->data);
    else
        bw_buf_puts(out, BW_STR("{}"));
    bw_buf_puts(out, BW_STR(",\"source\":"));
    bw_json_string(out, e->source);
    bw_buf_puts(out, BW_STR(",\"timestamp\":"));
    bw_json_time(out, e->timestamp_us);
    bw_buf_puts(out, BW_STR(",\"cursor\":\""));
    bw_buf_put(out, cursor, cursor_len);
    bw_buf_puts(out, BW_STR("\",\"id\":"));
    bw_json_string(out, e->id);
}

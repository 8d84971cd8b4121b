/* Reading an event in place, in one pass. The bus has checked it and writes it in one form, so this
 * looks only for the members, and leaves the payload as it is. */
#include "event_view.h"

#include "base/clock.h"
#include "task_ids.h"
#include "wire/cursor.h"

/* Room for it was made: all strings together are shorter than the event. */
static const char *keep(struct bw_view *v, struct bw_str s)
{
    char *begin = v->text.data + v->text.len;
    memcpy(begin, s.ptr, s.len);
    begin[s.len] = 0;
    v->text.len += s.len + 1;
    return begin;
}

static int64_t read_time(struct bw_scan *s)
{
    int64_t us = 0;
    if (bw_time_parse(bw_scan_str(s), &us) != 0)
        s->failed = true;
    return us;
}

static void read_data(struct bw_scan *s, struct bellwire_received *e, struct bw_task_ids *ids)
{
    const uint8_t *begin = s->at;
    for (uint32_t n = bw_scan_map(s); n > 0; n--) {
        struct bw_str key = bw_scan_str(s);
        struct bw_scan value = *s;
        struct bw_scan_value v;
        bw_scan_skip(s, BW_SCAN_DEPTH_MAX);
        if (bw_task_ids_is_key(key) && bw_scan_value(&value, &v))
            bw_task_ids_note(ids, key, &v);
    }
    e->data_msgpack = begin;
    e->data_msgpack_len = (size_t)(s->at - begin);
}

static void read_member(struct bw_view *v, struct bw_scan *s, struct bw_task_ids *ids)
{
    struct bellwire_received *e = &v->event;
    struct bw_str key = bw_scan_str(s);
    if (bw_str_is(key, "id"))
        e->id = keep(v, bw_scan_str(s));
    else if (bw_str_is(key, "topic"))
        e->topic = keep(v, bw_scan_str(s));
    else if (bw_str_is(key, "event_type"))
        e->event_type = keep(v, bw_scan_str(s));
    else if (bw_str_is(key, "message"))
        e->message = keep(v, bw_scan_str(s));
    else if (bw_str_is(key, "data"))
        read_data(s, e, ids);
    else if (bw_str_is(key, "source"))
        e->source = keep(v, bw_scan_str(s));
    else if (bw_str_is(key, "timestamp"))
        e->timestamp_us = read_time(s);
    else if (bw_str_is(key, "received_at"))
        e->received_at_us = read_time(s);
    else if (bw_str_is(key, "seq"))
        e->seq = bw_scan_uint(s);
    else if (bw_str_is(key, "prev"))
        e->prev = bw_scan_uint(s);
    else
        bw_scan_skip(s, BW_SCAN_DEPTH_MAX);
}

/* Room for all strings: together they are shorter than the event, but for the task's id, which
 * stands there once more. */
static int make_room(struct bw_view *v, size_t event_len)
{
    bw_buf_reset(&v->text);
    return bw_buf_reserve(&v->text, event_len + BW_TASK_ID_MAX + 1) ? 0 : BW_ENOMEM;
}

int bw_view_read(struct bw_view *v, struct bw_scan *s, uint32_t epoch)
{
    static const char no_data[] = "\x80"; /* an empty map */
    const struct bw_scan begin = *s;
    struct bellwire_received *e = &v->event;
    struct bw_task_ids ids = {{"", 0}, {"", 0}};
    *e = (struct bellwire_received){
        .topic = "",
        .event_type = "",
        .id = "",
        .message = "",
        .source = "",
        .data_msgpack = no_data,
        .data_msgpack_len = 1,
        .event_msgpack = begin.at,
        .epoch = epoch,
    };
    if (make_room(v, (size_t)(s->end - s->at)) != 0) {
        bw_scan_skip(s, BW_SCAN_DEPTH_MAX);
        return BW_ENOMEM;
    }
    for (uint32_t n = bw_scan_map(s); n > 0; n--)
        read_member(v, s, &ids);
    if (s->failed || e->seq == 0) {
        *s = begin;
        bw_scan_skip(s, BW_SCAN_DEPTH_MAX);
        return BW_EPROTO;
    }
    e->event_msgpack_len = (size_t)(s->at - begin.at);
    enum bw_event_kind kind = bw_event_kind(bw_str(e->event_type));
    e->task_id = keep(v, bw_task_ids_choose(&ids, kind, bw_str(e->topic)));
    bw_cursor_format(epoch, e->seq, e->cursor);
    return 0;
}

void bw_view_free(struct bw_view *v)
{
    bw_buf_free(&v->text);
}

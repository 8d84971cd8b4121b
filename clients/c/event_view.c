/* Reading an event in place. The bus has checked it and writes it in one form, so this looks only
 * for the members, and leaves the payload as it is. */
#include "event_view.h"

#include "base/clock.h"
#include "wire/cursor.h"
#include "wire/event.h"
#include "wire/event_type.h"
#include "wire/scan.h"
#include "wire/topic.h"

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

/* The members by the letters that tell them apart; what is unknown is skipped. */
static void read_member(struct bw_view *v, struct bw_scan *s)
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
    else {
        struct bw_str value = bw_scan_skip(s, BW_SCAN_DEPTH_MAX);
        if (bw_str_is(key, "data")) {
            e->data_msgpack = value.ptr;
            e->data_msgpack_len = value.len;
        }
    }
}

/* data.id or data.task_id, as wire/event_decode.c settles it: a task's own events are about their
 * `id`; elsewhere `id` may be the event's, so `task_id` comes first. */
static struct bw_str find_task_id(const struct bellwire_received *e)
{
    struct bw_scan s = bw_scan_begin((struct bw_str){e->data_msgpack, e->data_msgpack_len});
    struct bw_str id = {"", 0}, task_id = {"", 0};
    for (uint32_t n = bw_scan_map(&s); n > 0; n--) {
        struct bw_str key = bw_scan_str(&s);
        struct bw_scan value = s;
        struct bw_scan_value v;
        bw_scan_skip(&s, BW_SCAN_DEPTH_MAX);
        if (!bw_scan_value(&value, &v) || v.type != BW_SCAN_STR || v.s.len > BW_TASK_ID_MAX)
            continue;
        if (bw_str_is(key, "id"))
            id = v.s;
        else if (bw_str_is(key, "task_id"))
            task_id = v.s;
    }
    bool own = bw_event_kind_folds(bw_event_kind(bw_str(e->event_type))) &&
               strcmp(e->topic, BW_TOPIC_SYSTEM) == 0;
    return (own && id.len > 0) || task_id.len == 0 ? id : task_id;
}

int bw_view_read(struct bw_view *v, struct bw_str bytes, uint32_t epoch)
{
    static const char no_data[] = "\x80"; /* an empty map */
    struct bw_scan s = bw_scan_begin(bytes);
    struct bellwire_received *e = &v->event;
    *e = (struct bellwire_received){
        .topic = "",
        .event_type = "",
        .id = "",
        .message = "",
        .source = "",
        .data_msgpack = no_data,
        .data_msgpack_len = 1,
        .event_msgpack = bytes.ptr,
        .event_msgpack_len = bytes.len,
        .epoch = epoch,
    };
    bw_buf_reset(&v->text);
    if (!bw_buf_reserve(&v->text, 2 * bytes.len)) /* the task's id stands there twice */
        return BW_ENOMEM;
    for (uint32_t n = bw_scan_map(&s); n > 0; n--)
        read_member(v, &s);
    if (s.failed || e->seq == 0)
        return BW_EPROTO;
    e->task_id = keep(v, find_task_id(e));
    bw_cursor_format(epoch, e->seq, e->cursor);
    return 0;
}

void bw_view_free(struct bw_view *v)
{
    bw_buf_free(&v->text);
}

/* Objects, events and rows for tests, written as JSON with ' for ". */
#ifndef TEST_WIRE_SAMPLE_H
#define TEST_WIRE_SAMPLE_H

#include "unit.h"

#include "wire/event.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/task.h"

/* Where samples live; one per test, begun and ended by the test's setup and teardown. */
static msgpack_zone sample_zone;

static inline int sample_setup(void **state)
{
    (void)state;
    return msgpack_zone_init(&sample_zone, 16384) ? 0 : -1;
}

static inline int sample_teardown(void **state)
{
    (void)state;
    msgpack_zone_destroy(&sample_zone);
    return 0;
}

/* A copy of bytes that lives as long as the test. */
static inline struct bw_str sample_keep(struct bw_str bytes)
{
    char *copy = msgpack_zone_malloc(&sample_zone, bytes.len + 1);
    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    copy[bytes.len] = 0;
    return (struct bw_str){copy, bytes.len};
}

static inline const msgpack_object *sample_unpack(struct bw_str bytes)
{
    msgpack_object *o = msgpack_zone_malloc(&sample_zone, sizeof *o);
    struct bw_fault fault = {0};
    assert_non_null(o);
    if (bw_mp_unpack(sample_keep(bytes), BW_MP_DEPTH_MAX, &sample_zone, o, &fault) != 0)
        fail_msg("not unpacked: %s", fault.message);
    return o;
}

static inline const msgpack_object *sample_object(const char *json)
{
    struct bw_buf buf = {0};
    struct bw_fault fault = {0};
    char *text = (char *)sample_keep(bw_str(json)).ptr;
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    if (bw_json_to_msgpack(bw_str(text), &buf, &fault) != 0)
        fail_msg("%s: %s", text, fault.message);
    const msgpack_object *o = sample_unpack(bw_buf_str(&buf));
    bw_buf_free(&buf);
    return o;
}

static inline struct bw_event sample_event(const char *json)
{
    struct bw_event e;
    struct bw_fault fault = {0};
    if (bw_event_decode(sample_object(json), &e, &fault) != 0)
        fail_msg("%s: %s %s", json, fault.field, fault.message);
    return e;
}

/* A task event: its type, the members of its data after the id, and when it was. */
static inline struct bw_event sample_task_event(const char *type, const char *members, double at_s)
{
    char json[16384];
    snprintf(json, sizeof json, "{'event_type':'%s','data':{'id':'t'%s%s}}", type,
             members[0] ? "," : "", members);
    struct bw_event e = sample_event(json);
    e.timestamp_us = (int64_t)(at_s * 1e6);
    return e;
}

/* The text of JSON functions, with ' for ". */
static inline const char *sample_text(struct bw_buf *buf)
{
    assert_false(buf->failed);
    char *text = (char *)sample_keep(bw_buf_str(buf)).ptr;
    for (char *p = text; *p; p++)
        if (*p == '"')
            *p = '\'';
    bw_buf_free(buf);
    return text;
}

static inline const char *sample_json(const msgpack_object *o)
{
    struct bw_buf buf = {0};
    bw_json_object(&buf, o);
    return sample_text(&buf);
}

#define sample_test(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

#endif

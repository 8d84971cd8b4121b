/* What a subscription reads in place: the input is a published message.
 *
 * Properties. It is taken, event by event, for what msgpack-c takes it for; reading never ends
 * before the events do, unless they are no msgpack. */
#include "fuzz.h"

#include "envelope.h"
#include "event_view.h"
#include "wire/event.h"
#include "wire/pub.h"

/* The member is this text, or is not there and the text is empty. */
static void require_text(const msgpack_object *event, const char *key, const char *text)
{
    const msgpack_object *v = bw_mp_get(event, key);
    if (v)
        REQUIRE(v->type == MSGPACK_OBJECT_STR);
    struct bw_str s = v ? bw_mp_as_str(v) : (struct bw_str){"", 0};
    REQUIRE(s.len >= strlen(text) && memcmp(s.ptr, text, strlen(text)) == 0);
    REQUIRE(s.len == strlen(text) || memchr(s.ptr, 0, s.len)); /* NUL ends it earlier for C */
}

static void check_event(const struct bellwire_received *e)
{
    msgpack_zone zone;
    msgpack_object event;
    struct bw_fault fault;
    struct bw_str bytes = {e->event_msgpack, e->event_msgpack_len};
    if (!msgpack_zone_init(&zone, 4096))
        return;
    int err = bw_mp_unpack(bytes, BW_MP_DEPTH_MAX, &zone, &event, &fault);
    if (err == 0) { /* reading in place minds neither depth nor the number of values */
        const msgpack_object *seq = bw_mp_get(&event, "seq");
        REQUIRE(seq && seq->type == MSGPACK_OBJECT_POSITIVE_INTEGER && seq->via.u64 == e->seq);
        require_text(&event, "id", e->id);
        require_text(&event, "topic", e->topic);
        require_text(&event, "event_type", e->event_type);
        require_text(&event, "message", e->message);
        require_text(&event, "source", e->source);
        REQUIRE(strlen(e->task_id) <= BW_TASK_ID_MAX);
        const msgpack_object *data = bw_mp_get(&event, "data");
        REQUIRE(data ? data->type == MSGPACK_OBJECT_MAP : e->data_msgpack_len == 1);
    }
    msgpack_zone_destroy(&zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_envelope envelope;
    struct bw_view view = {0};
    struct bw_str topic;
    uint64_t head;
    uint32_t n = 0;
    struct bw_str input = fuzz_input(data, size);
    if (bw_envelope_of_message(input, &envelope) != 0)
        return 0;
    uint32_t announced = envelope.n_events;
    while (bw_envelope_next(&envelope)) {
        const uint8_t *before = envelope.events.at;
        n++;
        if (bw_view_read(&view, &envelope.events, envelope.epoch) == 0)
            check_event(&view.event);
        REQUIRE(envelope.events.failed || envelope.events.at > before);
    }
    REQUIRE(n == announced || envelope.events.failed);
    while (bw_envelope_head(&envelope, &topic, &head))
        REQUIRE(topic.len <= input.len);
    bw_view_free(&view);
    return 0;
}

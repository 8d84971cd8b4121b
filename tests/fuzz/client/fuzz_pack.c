/* What programs hand to bellwire_publish(): the first byte of the input chooses the type and the
 * form of the payload, the rest is the payload.
 *
 * Properties. What is accepted is an event to the bus, or the bus names the field of the payload
 * that is wrong; the size was not underestimated; the task it is kept in order with is the one that
 * the bus says it is about. What is refused is refused for a reason. */
#include "fuzz.h"

#include "event_pack.h"
#include "wire/event.h"
#include "wire/rpc.h"

static const struct {
    const char *type, *topic;
} kinds[] = {
    {"TASK_CREATED", NULL}, {"TASK_LOG", NULL},     {"TASK_COMMAND", NULL},
    {"THING", "things"},    {"task-started", NULL}, {"TASK_UPDATED", "mine"},
};

static void check_accepted(const struct bw_pack *pack)
{
    struct bw_buf bytes = {0};
    struct bw_event event;
    struct bw_fault fault = {0};
    msgpack_object map;
    msgpack_zone zone;
    bw_pack_encode(pack, &bytes);
    REQUIRE(!bytes.failed && bytes.len <= bw_pack_bytes_max(pack));
    REQUIRE(bw_str_eq(bw_pack_id(bw_buf_str(&bytes)), pack->event.id));
    if (msgpack_zone_init(&zone, 4096)) {
        map = fuzz_unpack(&bytes, &zone);
        if (bw_event_decode(&map, &event, &fault) != 0)
            REQUIRE(fault.err == BW_EINVAL && strncmp(fault.field, "data", 4) == 0);
        else if (pack->task_id.len > 0 && event.task_id.len > 0)
            REQUIRE(bw_str_eq(pack->task_id, event.task_id));
        msgpack_zone_destroy(&zone);
    }
    bw_buf_free(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bellwire_event from = {.id = "fuzz"};
    struct bw_pack pack;
    struct bw_fault fault = {0};
    if (size == 0)
        return 0;
    size_t kind = (data[0] >> 1) % (sizeof kinds / sizeof kinds[0]);
    from.event_type = kinds[kind].type;
    from.topic = kinds[kind].topic;
    char *text = calloc(1, size); /* the payload, and a NUL behind it */
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    if (data[0] & 1) {
        from.data_json = text;
    } else {
        from.data_msgpack = text;
        from.data_msgpack_len = size - 1;
    }
    if (bw_pack_begin(&pack, &from, "fuzz", &fault) == 0) {
        check_accepted(&pack);
        bw_pack_end(&pack);
    } else {
        REQUIRE(fault.err != 0 && fault.message[0]);
    }
    free(text);
    return 0;
}

/* Checking and encoding of what programs publish. */
#include "unit.h"

#include "event_pack.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/rpc.h"

/* Packs, unpacks as the bus does, and gives data as JSON; free it. */
static char *data_as_json(const struct bellwire_event *from)
{
    struct bw_pack pack;
    struct bw_buf bytes = {0}, json = {0};
    struct bw_event event;
    struct bw_fault fault;
    msgpack_object map;
    msgpack_zone zone;
    msgpack_zone_init(&zone, 1024);
    assert_int_equal(bw_pack_begin(&pack, from, "me", &fault), 0);
    bw_pack_encode(&pack, &bytes);
    assert_true(bytes.len <= bw_pack_bytes_max(&pack));
    assert_int_equal(bw_mp_unpack(bw_buf_str(&bytes), BW_RPC_DEPTH_MAX, &zone, &map, &fault), 0);
    assert_int_equal(bw_event_decode(&map, &event, &fault), 0);
    if (event.data)
        bw_json_object(&json, event.data);
    bw_buf_putc(&json, 0);
    bw_buf_free(&bytes);
    bw_pack_end(&pack);
    msgpack_zone_destroy(&zone);
    return bw_buf_take(&json, NULL);
}

static void assert_data(const struct bellwire_event *from, const char *expected)
{
    char *json = data_as_json(from);
    assert_string_equal(json, expected);
    free(json);
}

static void says_everything_the_bus_needs(void **state)
{
    (void)state;
    struct bellwire_event from = {.event_type = "THING",
                                  .topic = "things",
                                  .id = "my-id",
                                  .message = "grüße",
                                  .data_json = "{\"x\":1}",
                                  .timestamp_us = 1000001};
    struct bw_pack pack;
    struct bw_buf bytes = {0};
    struct bw_event e;
    struct bw_fault fault;
    msgpack_object map;
    msgpack_zone zone;
    msgpack_zone_init(&zone, 1024);
    assert_int_equal(bw_pack_begin(&pack, &from, "me", &fault), 0);
    bw_pack_encode(&pack, &bytes);
    bw_pack_end(&pack);
    assert_int_equal(bw_mp_unpack(bw_buf_str(&bytes), BW_RPC_DEPTH_MAX, &zone, &map, &fault), 0);
    assert_int_equal(bw_event_decode(&map, &e, &fault), 0);
    assert_true(bw_str_is(e.event_type, "THING"));
    assert_true(bw_str_is(e.topic, "things"));
    assert_true(bw_str_is(e.id, "my-id"));
    assert_true(bw_str_is(e.message, "grüße"));
    assert_true(bw_str_is(e.source, "me"));
    assert_int_equal(e.timestamp_us, 1000001);
    assert_true(bw_str_is(bw_pack_id(bw_buf_str(&bytes)), "my-id"));
    bw_buf_free(&bytes);
    msgpack_zone_destroy(&zone);
}

static void makes_ids_and_times(void **state)
{
    (void)state;
    struct bellwire_event from = {.event_type = "TASK_CREATED", .data_json = "{\"id\":\"t\"}"};
    struct bw_pack a, b;
    assert_int_equal(bw_pack_begin(&a, &from, "me", NULL), 0);
    assert_int_equal(bw_pack_begin(&b, &from, "me", NULL), 0);
    assert_int_equal(a.event.id.len, BW_UUID_LEN);
    assert_false(bw_str_eq(a.event.id, b.event.id));
    assert_true(a.event.timestamp_us > 0);
    bw_pack_end(&a);
    bw_pack_end(&b);
}

static void spells_a_tasks_number(void **state)
{
    (void)state;
    struct bellwire_event e = {.event_type = "TASK_CREATED",
                               .data_json = "{\"id\":42,\"n\":{\"id\":7},\"list\":[1,2]}"};
    assert_data(&e, "{\"id\":\"42\",\"n\":{\"id\":7},\"list\":[1,2]}");
    e = (struct bellwire_event){.event_type = "TASK_LOG",
                                .data_json = "{\"task_id\":-3,\"level\":\"info\"}"};
    assert_data(&e, "{\"task_id\":\"-3\",\"level\":\"info\"}");
    e = (struct bellwire_event){.event_type = "TASK_UPDATED",
                                .data_msgpack =
                                    "\x82\xa2id\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xa1x\xc0",
                                .data_msgpack_len = 16};
    assert_data(&e, "{\"id\":\"18446744073709551615\",\"x\":null}");
    e = (struct bellwire_event){.event_type = "task-started", .data_json = "{\"id\":42}"};
    assert_data(&e, "{\"id\":\"42\"}"); /* another system's name of a task's event */
    e = (struct bellwire_event){
        .event_type = "active", .topic = "doors", .data_json = "{\"id\":42}"};
    assert_data(&e, "{\"id\":42}"); /* which it is not here */
    e = (struct bellwire_event){
        .event_type = "THING", .topic = "things", .data_json = "{\"id\":42}"};
    assert_data(&e, "{\"id\":42}"); /* a user's own event means what it likes by it */
}

static void events_of_a_task_have_one_key(void **state)
{
    static const struct {
        const char *type, *topic, *data, *key;
    } cases[] = {
        {"TASK_UPDATED", NULL, "{\"id\":\"a\",\"task_id\":\"b\"}", "a"},
        {"TASK_UPDATED", NULL, "{\"task_id\":\"b\",\"id\":\"a\"}", "a"},
        {"TASK_UPDATED", NULL, "{\"id\":42}", "42"},
        {"TASK_LOG", NULL, "{\"id\":\"line\",\"task_id\":\"a\"}", "a"},
        {"TASK_LOG", NULL, "{\"task_id\":\"a\",\"id\":\"line\"}", "a"},
        {"TASK_LOG", NULL, "{\"id\":\"a\"}", "a"},
        {"THING", "things", "{\"id\":\"a\"}", "things"},
        {"THING", "things", NULL, "things"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bellwire_event e = {
            .event_type = cases[i].type, .topic = cases[i].topic, .data_json = cases[i].data};
        struct bw_pack pack;
        assert_int_equal(bw_pack_begin(&pack, &e, "me", NULL), 0);
        assert_true(bw_str_is(bw_pack_key(&pack), cases[i].key));
        bw_pack_end(&pack);
    }
}

static void passes_msgpack_on_untouched(void **state)
{
    (void)state;
    struct bellwire_event e = {.event_type = "THING",
                               .topic = "things",
                               .data_msgpack = "\x81\xa1x\xc4\x02\xff\x00",
                               .data_msgpack_len = 7};
    assert_data(&e, "{\"x\":\"/wA=\"}");
    e.data_msgpack = NULL;
    assert_data(&e, "");
}

static void assert_refused(const struct bellwire_event *e, int err, const char *field)
{
    struct bw_pack pack;
    struct bw_fault fault = {0};
    assert_int_equal(bw_pack_begin(&pack, e, "me", &fault), err);
    assert_string_equal(fault.field, field);
    assert_true(strlen(fault.message) > 0);
    assert_int_equal(bw_pack_begin(&pack, e, "me", NULL), err);
}

static char *repeat(char c, size_t n)
{
    char *text = malloc(n + 1);
    memset(text, c, n);
    text[n] = 0;
    return text;
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    char *long_text = repeat('x', 300);
    const struct bellwire_event good = {.event_type = "THING", .topic = "things"};
    struct bellwire_event e;
    struct bw_pack pack;
    assert_int_equal(bw_pack_begin(&pack, &good, "me", NULL), 0);
    bw_pack_end(&pack);

    assert_refused(&(struct bellwire_event){.topic = "things"}, BW_EINVAL, "event_type");
#define REFUSED(member, value, err)                                                                \
    do {                                                                                           \
        e = good;                                                                                  \
        e.member = (value);                                                                        \
        assert_refused(&e, err, #member);                                                          \
    } while (0)
    REFUSED(event_type, "", BW_EINVAL);
    REFUSED(event_type, long_text, BW_EINVAL);
    REFUSED(event_type, "A\nB", BW_EINVAL);
    REFUSED(topic, "a b", BW_EINVAL);
    REFUSED(topic, long_text, BW_EINVAL);
    REFUSED(topic, "$head", BW_EINVAL);
    REFUSED(id, long_text, BW_EINVAL);
    REFUSED(id, "a\tb", BW_EINVAL);
    REFUSED(source, long_text, BW_EINVAL);
    REFUSED(message, "\xff", BW_EINVAL);
#undef REFUSED
    free(long_text);
}

static void names_what_is_wrong_with_data(void **state)
{
    static const char *const json[] = {"{", "[]", "7", "{\"a\":1} x", "{\"a\":1,\"a\":2}"};
    static const struct bw_str msgpack[] = {
        BW_STR("\x90"),         /* no map */
        BW_STR("\x81\x01\x02"), /* a key that is no string */
        BW_STR("\x81\xa1x"),    /* cut off */
        BW_STR("\x80\x80"),     /* two */
        BW_STR("\xc1"),         {"", 0},
    };
    (void)state;
    struct bellwire_event e = {.event_type = "THING", .topic = "things"};
    for (size_t i = 0; i < sizeof json / sizeof json[0]; i++) {
        e.data_json = json[i];
        assert_refused(&e, BW_EINVAL, "data");
    }
    e.data_json = NULL;
    for (size_t i = 0; i < sizeof msgpack / sizeof msgpack[0]; i++) {
        e.data_msgpack = msgpack[i].ptr;
        e.data_msgpack_len = msgpack[i].len;
        assert_refused(&e, BW_EINVAL, "data");
    }
    e.data_json = "{}";
    assert_refused(&e, BW_EINVAL, "data");

    char nested[BW_EVENT_DEPTH_MAX + 4] = "\x81\xa1x";
    memset(nested + 3, 0x91, BW_EVENT_DEPTH_MAX);
    nested[BW_EVENT_DEPTH_MAX + 3] = 1;
    e.data_json = NULL;
    e.data_msgpack = nested;
    e.data_msgpack_len = sizeof nested;
    assert_refused(&e, BW_EINVAL, "data");
}

static void knows_the_largest_event(void **state)
{
    (void)state;
    char *message = repeat('x', BW_EVENT_BYTES_MAX - 1000);
    struct bellwire_event e = {.event_type = "THING", .topic = "things", .message = message};
    struct bw_pack pack;
    assert_int_equal(bw_pack_begin(&pack, &e, "me", NULL), 0);
    bw_pack_end(&pack);
    free(message);
    e.message = message = repeat('x', BW_EVENT_BYTES_MAX);
    assert_refused(&e, BW_ETOOBIG, "");
    free(message);

    char *json = repeat(' ', 9 * BW_EVENT_BYTES_MAX);
    e.message = NULL;
    e.data_json = json;
    assert_refused(&e, BW_ETOOBIG, "data");
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_everything_the_bus_needs),
        cmocka_unit_test(makes_ids_and_times),
        cmocka_unit_test(spells_a_tasks_number),
        cmocka_unit_test(events_of_a_task_have_one_key),
        cmocka_unit_test(passes_msgpack_on_untouched),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(names_what_is_wrong_with_data),
        cmocka_unit_test(knows_the_largest_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

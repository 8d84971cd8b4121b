/* What watchers say: accepted and refused messages. */
#include "unit.h"

#include "web/stream/command.h"

static struct bw_command parse(const char *json)
{
    struct bw_command command;
    struct bw_fault fault;
    if (bw_command_parse(bw_str(json), &command, &fault) != 0)
        fail_msg("%s: %s", json, fault.message);
    return command;
}

static void test_ping_and_unsubscribe(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"type\":\"ping\"}").kind, BW_COMMAND_PING);
    struct bw_command c = parse("{\"type\":\"unsubscribe\",\"topic\":\"logs\"}");
    assert_int_equal(c.kind, BW_COMMAND_UNSUBSCRIBE);
    assert_string_equal(c.topic, "logs");
}

static void test_a_bare_subscribe(void **state)
{
    (void)state;
    struct bw_command c = parse("{\"type\":\"subscribe\",\"topic\":\"my.own-topic_1\"}");
    assert_int_equal(c.kind, BW_COMMAND_SUBSCRIBE);
    assert_string_equal(c.topic, "my.own-topic_1");
    assert_false(c.has_after || c.snapshot || c.conflate);
    assert_null(c.filter);
}

static void test_all_that_a_subscribe_can_say(void **state)
{
    (void)state;
    struct bw_command c =
        parse("{\"type\":\"subscribe\",\"topic\":\"system\",\"after\":\"1f0c22aa.7\","
              "\"snapshot\":true,\"catchup\":\"conflate\",\"filter\":{\"owner\":\"kim\"},"
              "\"of_a_newer_client\":1}");
    assert_true(c.has_after && c.snapshot && c.conflate);
    assert_int_equal(c.after.kind, BW_CURSOR_AT);
    assert_int_equal(c.after.epoch, 0x1f0c22aa);
    assert_int_equal(c.after.seq, 7);
    assert_non_null(c.filter);
    bw_filter_unref(&c.filter);
    c = parse(
        "{\"type\":\"subscribe\",\"topic\":\"logs\",\"after\":\"oldest\",\"catchup\":\"replay\","
        "\"snapshot\":false,\"filter\":null}");
    assert_int_equal(c.after.kind, BW_CURSOR_OLDEST);
    assert_false(c.conflate);
    c = parse("{\"type\":\"subscribe\",\"topic\":\"logs\",\"after\":null}");
    assert_false(c.has_after);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int err;
        const char *field, *topic;
    } cases[] = {
        {"", BW_EINVAL, "", ""},
        {"{", BW_EINVAL, "", ""},
        {"[1]", BW_EINVAL, "", ""},
        {"{}", BW_EINVAL, "type", ""},
        {"{\"type\":7}", BW_EINVAL, "type", ""},
        {"{\"type\":\"dance\"}", BW_EINVAL, "type", ""},
        {"{\"type\":\"subscribe\"}", BW_EINVAL, "topic", ""},
        {"{\"type\":\"subscribe\",\"topic\":\"a b\"}", BW_EINVAL, "topic", ""},
        {"{\"type\":\"subscribe\",\"topic\":\"$head\"}", BW_EINVAL, "topic", ""},
        {"{\"type\":\"unsubscribe\",\"topic\":\"\"}", BW_EINVAL, "topic", ""},
        {"{\"type\":\"subscribe\",\"topic\":\"t\",\"after\":\"x\"}", BW_EINVAL, "after", "t"},
        {"{\"type\":\"subscribe\",\"topic\":\"t\",\"after\":7}", BW_EINVAL, "after", "t"},
        {"{\"type\":\"subscribe\",\"topic\":\"t\",\"catchup\":\"x\"}", BW_EINVAL, "catchup", "t"},
        {"{\"type\":\"subscribe\",\"topic\":\"t\",\"catchup\":\"conflate\"}", BW_EUNSUPPORTED,
         "catchup", "t"},
        {"{\"type\":\"subscribe\",\"topic\":\"t\",\"snapshot\":true}", BW_EUNSUPPORTED, "snapshot",
         "t"},
        {"{\"type\":\"subscribe\",\"topic\":\"system\",\"snapshot\":1}", BW_EINVAL, "snapshot",
         "system"},
        {"{\"type\":\"subscribe\",\"topic\":\"t\",\"filter\":[]}", BW_EINVAL, "filter", "t"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bw_command command;
        struct bw_fault fault;
        if (bw_command_parse(bw_str(cases[i].json), &command, &fault) != cases[i].err)
            fail_msg("%s: %s", cases[i].json, fault.message);
        assert_string_equal(fault.field, cases[i].field);
        assert_true(strlen(fault.message) > 0);
        assert_string_equal(command.topic, cases[i].topic);
        assert_null(command.filter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ping_and_unsubscribe),
        cmocka_unit_test(test_a_bare_subscribe),
        cmocka_unit_test(test_all_that_a_subscribe_can_say),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

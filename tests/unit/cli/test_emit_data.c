/* Words and lines as events. */
#include "unit.h"

#include "clients/cli/emit_data.h"
#include "wire/json.h"
#include "wire/mp.h"

static struct bw_fault fault;

/* The words' data, as JSON. */
static const char *pairs(const char *default_id, const char *a, const char *b)
{
    static char text[1024];
    char *words[] = {(char *)(uintptr_t)a, (char *)(uintptr_t)b};
    struct bw_buf data = {0}, json = {0};
    msgpack_zone zone;
    msgpack_object root;
    text[0] = 0;
    fault = (struct bw_fault){0};
    if (bw_emit_pairs(words, b ? 2 : a ? 1 : 0, default_id, &data, &fault) == 0) {
        msgpack_zone_init(&zone, 1024);
        assert_int_equal(bw_mp_unpack(bw_buf_str(&data), 32, &zone, &root, NULL), 0);
        bw_json_object(&json, &root);
        snprintf(text, sizeof text, "%.*s", (int)json.len, json.data);
        msgpack_zone_destroy(&zone);
    }
    bw_buf_free(&data);
    bw_buf_free(&json);
    return text;
}

static void test_values(void **state)
{
    (void)state;
    assert_string_equal(pairs(NULL, NULL, NULL), "{}");
    assert_string_equal(pairs(NULL, "id=job-1", "progress=40"),
                        "{\"id\":\"job-1\",\"progress\":40}");
    assert_string_equal(pairs(NULL, "id=7", "title=2026"), "{\"id\":\"7\",\"title\":\"2026\"}");
    assert_string_equal(pairs(NULL, "a=1.5", "b=true"), "{\"a\":1.5,\"b\":true}");
    assert_string_equal(pairs(NULL, "a=null", "b="), "{\"a\":null,\"b\":\"\"}");
    assert_string_equal(pairs(NULL, "a=[1,\"x\"]", "b={\"c\":{}}"),
                        "{\"a\":[1,\"x\"],\"b\":{\"c\":{}}}");
    assert_string_equal(pairs(NULL, "a=\"7\"", "b=x=y"), "{\"a\":\"7\",\"b\":\"x=y\"}");
    assert_string_equal(pairs(NULL, "a=1 2", "b=[1"), "{\"a\":\"1 2\",\"b\":\"[1\"}");
    assert_string_equal(pairs(NULL, "a:=[1]", "title:=7"), "{\"a\":[1],\"title\":7}");
}

static void test_default_id(void **state)
{
    (void)state;
    assert_string_equal(pairs("me", "progress=1", NULL), "{\"progress\":1,\"id\":\"me\"}");
    assert_string_equal(pairs("me", "id=you", NULL), "{\"id\":\"you\"}");
    assert_string_equal(pairs("me", "task_id=you", NULL), "{\"task_id\":\"you\"}");
}

static void test_bad_words(void **state)
{
    (void)state;
    static const struct {
        const char *word, *says;
    } bad[] = {{"word", "is not KEY=VALUE"},
               {"=x", "is not KEY=VALUE"},
               {":=x", "is not KEY=VALUE"},
               {"a:=x", "a:=… is not JSON"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_string_equal(pairs(NULL, bad[i].word, NULL), "");
        if (!strstr(fault.message, bad[i].says))
            fail_msg("%s: %s", bad[i].word, fault.message);
    }
}

static void test_line(void **state)
{
    (void)state;
    struct bw_emit_scratch scratch = {0};
    struct bellwire_event e;
    for (int again = 0; again < 2; again++) { /* the scratch can be used again */
        assert_int_equal(
            bw_emit_line(BW_STR("{\"type\":\"event\",\"id\":\"e1\",\"topic\":\"t\","
                                "\"event_type\":\"X\",\"message\":\"hi \\u00fc\",\"source\":null,"
                                "\"data\":{\"id\":7,\"x\":[1,2]},\"cursor\":\"c\",\"seq\":9,"
                                "\"timestamp\":\"2026-01-20T10:30:00.5Z\"}"),
                         &scratch, &e, &fault),
            0);
        assert_string_equal(e.id, "e1");
        assert_string_equal(e.topic, "t");
        assert_string_equal(e.event_type, "X");
        assert_string_equal(e.message, "hi \xc3\xbc");
        assert_null(e.source);
        assert_null(e.data_json);
        assert_int_equal(e.timestamp_us, 1768905000500000);
        assert_int_equal(e.data_msgpack_len, 10);
        assert_memory_equal(e.data_msgpack, "\x82\xa2id\x07\xa1x\x92\x01\x02", 10);
    }
    assert_int_equal(bw_emit_line(BW_STR("{}"), &scratch, &e, &fault), 0);
    assert_null(e.event_type);
    assert_null(e.data_msgpack);
    bw_emit_scratch_free(&scratch);
}

static void test_bad_lines(void **state)
{
    (void)state;
    static const struct {
        const char *line, *field;
    } bad[] = {
        {"", ""},
        {"{", ""},
        {"[1]", ""},
        {"{\"event_type\":1}", "event_type"},
        {"{\"data\":[]}", "data"},
        {"{\"data\":\"x\"}", "data"},
        {"{\"id\":{}}", "id"},
        {"{\"timestamp\":\"yesterday\"}", "timestamp"},
        {"{\"timestamp\":1768905000}", "timestamp"},
        {"{\"message\":\"a\\u0000b\"}", ""},
    };
    struct bw_emit_scratch scratch = {0};
    struct bellwire_event e;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fault = (struct bw_fault){0};
        if (bw_emit_line(bw_str(bad[i].line), &scratch, &e, &fault) == 0)
            fail_msg("%s was accepted", bad[i].line);
        assert_string_equal(fault.field, bad[i].field);
        assert_true(fault.message[0] != 0);
    }
    bw_emit_scratch_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),    cmocka_unit_test(test_default_id),
        cmocka_unit_test(test_bad_words), cmocka_unit_test(test_line),
        cmocka_unit_test(test_bad_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

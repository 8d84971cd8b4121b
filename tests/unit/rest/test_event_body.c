/* Events in all the forms in which HTTP brings them. */
#include "unit.h"

#include "web/rest/body.h"
#include "web/rest/event_body.h"
#include "wire/json.h"
#include "wire/mp.h"

enum { HEADERS_MAX = 12 };

struct input {
    const char *type; /* Content-Type */
    const char *body;
    const char *topic;                          /* of the query; NULL for none */
    struct bw_http_header headers[HEADERS_MAX]; /* further ones */
};

/* Converts the body as one event. 0: *out is the event the bus gets, as JSON. */
static int convert(const struct input *in, char *out, size_t size, struct bw_fault *fault)
{
    struct bw_http_request request = {.body = bw_str(in->body)};
    struct bw_http_header headers[HEADERS_MAX + 1];
    struct bw_body body;
    struct bw_buf event = {0}, json = {0};
    headers[request.n_headers++] =
        (struct bw_http_header){BW_STR("Content-Type"), bw_str(in->type)};
    for (size_t i = 0; i < HEADERS_MAX && in->headers[i].name.len; i++)
        headers[request.n_headers++] = in->headers[i];
    request.headers = headers;
    out[0] = '\0';
    int err = bw_body_decode(&request, &body, fault);
    if (!err)
        err = bw_event_body_put(&event, bw_event_form(&request), &request, &body.root,
                                bw_str(in->topic), fault);
    if (err) {
        assert_int_equal(event.len, 0);
        assert_int_equal(fault->err, err);
    } else {
        msgpack_object o;
        assert_int_equal(bw_mp_unpack(bw_buf_str(&event), 32, &body.zone, &o, fault), 0);
        bw_json_object(&json, &o);
        snprintf(out, size, "%.*s", (int)json.len, json.data);
    }
    bw_buf_free(&event);
    bw_buf_free(&json);
    bw_body_free(&body);
    return err;
}

static void check(struct input in, const char *want)
{
    char got[1024];
    struct bw_fault fault = {0};
    if (convert(&in, got, sizeof got, &fault) != 0)
        fail_msg("%s: %s", fault.field, fault.message);
    assert_string_equal(got, want);
}

static void check_refused(struct input in, const char *field, const char *message)
{
    char got[1024];
    struct bw_fault fault = {0};
    assert_int_equal(convert(&in, got, sizeof got, &fault), BW_EINVAL);
    assert_string_equal(fault.field, field);
    if (!strstr(fault.message, message))
        fail_msg("wanted \"%s\" in \"%s\"", message, fault.message);
}

#define INPUT(type_, body_, topic_)                                                                \
    (struct input)                                                                                 \
    {                                                                                              \
        .type = (type_), .body = (body_), .topic = (topic_)                                        \
    }
#define WITH_HEADERS(type_, body_, topic_, ...)                                                    \
    (struct input)                                                                                 \
    {                                                                                              \
        .type = (type_), .body = (body_), .topic = (topic_), .headers = { __VA_ARGS__ }            \
    }

#define PLAIN "application/json"
#define CE    "application/cloudevents+json"

static void test_plain(void **state)
{
    (void)state;
    check(INPUT(PLAIN, "{\"event_type\":\"X\",\"topic\":\"t\",\"data\":{\"a\":[1,2.5,null]}}", ""),
          "{\"event_type\":\"X\",\"topic\":\"t\",\"data\":{\"a\":[1,2.5,null]}}");
    check(INPUT(PLAIN, "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":42}}", ""),
          "{\"event_type\":\"TASK_UPDATED\",\"data\":{\"id\":\"42\"}}");
    check(INPUT(PLAIN, "{\"event_type\":\"TASK_LOG\",\"data\":{\"task_id\":-7}}", ""),
          "{\"event_type\":\"TASK_LOG\",\"data\":{\"task_id\":\"-7\"}}");
    check(INPUT("application/msgpack", "\x81\xa1x\x01", ""), "{\"x\":1}");
    check(INPUT("application/x-msgpack; v=1", "\x81\xa1x\x01", ""), "{\"x\":1}");
}

static void test_topic_of_the_query(void **state)
{
    (void)state;
    check(INPUT(PLAIN, "{\"event_type\":\"X\"}", "mine"),
          "{\"topic\":\"mine\",\"event_type\":\"X\"}");
    check(INPUT(PLAIN, "{\"event_type\":\"X\",\"topic\":null}", "mine"),
          "{\"topic\":\"mine\",\"event_type\":\"X\"}");
    check(INPUT(PLAIN, "{\"event_type\":\"X\",\"topic\":\"own\"}", "mine"),
          "{\"event_type\":\"X\",\"topic\":\"own\"}");
    check(INPUT(PLAIN, "{\"event_type\":\"TASK_LOG\"}", "mine"), "{\"event_type\":\"TASK_LOG\"}");
}

static void test_structured_cloudevent(void **state)
{
    (void)state;
    check(
        INPUT(
            CE,
            "{\"specversion\":\"1.0\",\"id\":\"17\",\"source\":\"/farm\",\"type\":\"TASK_UPDATED\","
            "\"subject\":\"t1\",\"time\":\"2026-01-20T10:30:00Z\",\"message\":\"hi\","
            "\"other\":\"dropped\",\"data\":{\"progress\":5}}",
            ""),
        "{\"id\":\"/farm "
        "17\",\"event_type\":\"TASK_UPDATED\",\"source\":\"/farm\",\"message\":\"hi\","
        "\"timestamp\":\"2026-01-20T10:30:00Z\",\"data\":{\"id\":\"t1\",\"progress\":5}}");
    /* data has its own id; data that is no object; none at all; binary; a topic of its own */
    check(INPUT(CE,
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"T\","
                "\"subject\":\"u\","
                "\"data\":{\"id\":3}}",
                "q"),
          "{\"id\":\"s "
          "1\",\"event_type\":\"T\",\"source\":\"s\",\"topic\":\"q\",\"data\":{\"id\":\"3\"}}");
    check(
        INPUT(CE,
              "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"T\",\"data\":[1]}",
              ""),
        "{\"id\":\"s 1\",\"event_type\":\"T\",\"source\":\"s\",\"data\":{\"value\":[1]}}");
    check(INPUT(CE,
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"T\","
                "\"topic\":\"c\"}",
                "q"),
          "{\"id\":\"s 1\",\"event_type\":\"T\",\"source\":\"s\",\"topic\":\"c\",\"data\":{}}");
    check(INPUT(CE,
                "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"T\","
                "\"data_base64\":\"AA==\"}",
                ""),
          "{\"id\":\"s 1\",\"event_type\":\"T\",\"source\":\"s\",\"data\":{\"value\":\"AA==\"}}");
}

#define H(name, value)                                                                             \
    {                                                                                              \
        BW_STR(name), BW_STR(value)                                                                \
    }

static void test_binary_cloudevent(void **state)
{
    (void)state;
    check(WITH_HEADERS(PLAIN, "{\"progress\":5}", "", H("Ce-Specversion", "1.0"), H("ce-id", "17"),
                       H("ce-source", "/f%20arm"), H("ce-type", "TASK_UPDATED"),
                       H("ce-subject", "%C3%A9"), H("ce-topic", "t")),
          "{\"id\":\"/f arm 17\",\"event_type\":\"TASK_UPDATED\",\"source\":\"/f "
          "arm\",\"topic\":\"t\","
          "\"data\":{\"id\":\"\xc3\xa9\",\"progress\":5}}");
    check(WITH_HEADERS(PLAIN, "[1]", "", H("ce-specversion", "1.0"), H("ce-id", "1"),
                       H("ce-source", "s"), H("ce-type", "T")),
          "{\"id\":\"s 1\",\"event_type\":\"T\",\"source\":\"s\",\"data\":{\"value\":[1]}}");
    check_refused(WITH_HEADERS(PLAIN, "{}", "", H("ce-specversion", "1.0"), H("ce-id", "%zz")),
                  "ce-id", "percent-encoded");
    check_refused(WITH_HEADERS(PLAIN, "{}", "", H("ce-specversion", "0.3"), H("ce-id", "1")),
                  "specversion", "1.0");
}

static void test_refusals(void **state)
{
    (void)state;
    static const char long_id[] =
        "{\"specversion\":\"1.0\",\"source\":\"s\",\"type\":\"T\",\"id\":\""
        "0123456789012345678901234567890123456789012345678901234567890123"
        "0123456789012345678901234567890123456789012345678901234567890123\"}";
    check_refused(INPUT(PLAIN, "", ""), "", "empty");
    check_refused(INPUT(PLAIN, "{\"a\":\n }", ""), "", "line 2");
    check_refused(INPUT(PLAIN, "\"text\"", ""), "", "object");
    check_refused(INPUT("application/msgpack", "\x82", ""), "", "msgpack");
    check_refused(INPUT(CE, "[]", ""), "", "object");
    check_refused(INPUT(CE, "{}", ""), "specversion", "1.0");
    check_refused(INPUT(CE, "{\"specversion\":1}", ""), "specversion", "string");
    check_refused(INPUT(CE, "{\"specversion\":\"1.0\"}", ""), "id", "must have");
    check_refused(INPUT(CE, "{\"specversion\":\"1.0\",\"id\":\"1\"}", ""), "source", "must have");
    check_refused(INPUT(CE, "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\"}", ""), "type",
                  "must have");
    check_refused(INPUT(CE, long_id, ""), "id", "more than");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_topic_of_the_query),
        cmocka_unit_test(test_structured_cloudevent),
        cmocka_unit_test(test_binary_cloudevent),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

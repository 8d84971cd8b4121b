/* From bytes to drafts: what is filled in, what is refused, and that the rest goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "intake.h"
#include "wire/json.h"

/* A message written as JSON. The buffer is the caller's. */
static struct bw_str packed(struct bw_buf *out, const char *json)
{
    struct bw_fault fault = {0};
    bw_buf_reset(out);
    if (bw_json_to_msgpack(bw_str(json), out, &fault) != 0)
        fail_msg("%s: %s", json, fault.message);
    return bw_buf_str(out);
}

static void test_publish_keeps_order_and_fills_in(void **state)
{
    (void)state;
    struct bw_intake in;
    struct bw_buf bytes = {0};
    struct bw_rpc_request request;
    struct bw_fault fault = {0};
    int64_t before = bw_clock_wall_us();
    assert_int_equal(bw_intake_init(&in), 0);
    struct bw_str message = packed(
        &bytes, "{\"v\":1,\"op\":\"publish\",\"events\":["
                "{\"event_type\":\"TASK_CREATED\",\"data\":{\"id\":\"a\"},\"seq\":7,\"prev\":3,"
                "\"received_at\":\"2001-01-01T00:00:00Z\"},"
                "{\"event_type\":\"TASK_CREATED\",\"data\":{}},"
                "{\"event_type\":\"MINE\",\"topic\":\"mine\",\"id\":\"own\","
                "\"timestamp\":\"2026-01-20T10:30:00.5Z\"}]}");
    assert_int_equal(bw_intake_request(&in, message, &request, &fault), 0);
    assert_int_equal(request.op, BW_RPC_PUBLISH);
    assert_int_equal(bw_intake_events(&in, request.events, &fault), 0);
    assert_int_equal(in.batch.n_items, 3);
    assert_int_equal(in.batch.n_waiting, 2);
    assert_int_equal(in.batch.mail.weight, message.len);

    const struct bw_draft *first = &in.batch.items[0].draft;
    assert_int_equal(first->result.fault.err, 0);
    assert_int_equal(first->event.id.len, BW_UUID_LEN);
    assert_true(bw_str_eq(first->event.id, first->result.id));
    assert_true(first->event.timestamp_us >= before);
    assert_int_equal(first->event.received_at_us, first->event.timestamp_us);
    assert_int_equal(first->event.seq, 0); /* the journal's to give */
    assert_int_equal(first->event.prev, 0);
    assert_ptr_equal(in.batch.items[0].batch, &in.batch);

    const struct bw_draft *second = &in.batch.items[1].draft;
    assert_int_equal(second->result.fault.err, BW_EINVAL);
    assert_string_equal(second->result.fault.field, "data.id");

    const struct bw_draft *third = &in.batch.items[2].draft;
    assert_int_equal(third->result.fault.err, 0);
    assert_true(bw_str_is(third->event.id, "own"));
    assert_int_equal(third->event.timestamp_us % 1000000, 500000);
    assert_true(third->event.received_at_us >= before);
    bw_intake_fini(&in);
    bw_buf_free(&bytes);
}

static void test_an_intake_serves_many_messages(void **state)
{
    (void)state;
    struct bw_intake in;
    struct bw_buf bytes = {0}, json = {0};
    struct bw_fault fault = {0};
    static const unsigned sizes[] = {1, 1000, 2, 64, 65, 1};
    assert_int_equal(bw_intake_init(&in), 0);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        bw_buf_reset(&json);
        bw_buf_puts(&json, BW_STR("{\"v\":1,\"events\":["));
        for (unsigned i = 0; i < sizes[s]; i++)
            bw_buf_printf(&json, "%s{\"event_type\":\"E\",\"topic\":\"t\",\"id\":\"%u\"}",
                          i ? "," : "", i);
        bw_buf_puts(&json, BW_STR("]}"));
        bw_buf_putc(&json, 0);
        assert_int_equal(bw_intake_unacked(&in, packed(&bytes, json.data), &fault), 0);
        assert_int_equal(in.batch.n_items, sizes[s]);
        for (unsigned i = 0; i < sizes[s]; i++) {
            char id[16];
            snprintf(id, sizeof id, "%u", i);
            assert_true(bw_str_is(in.batch.items[i].draft.event.id, id));
        }
        bw_intake_clear(&in);
        assert_int_equal(in.batch.n_items, 0);
    }
    bw_intake_fini(&in);
    bw_buf_free(&bytes);
    bw_buf_free(&json);
}

static void test_unacked_takes_one_event_or_many(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        size_t n_items, n_waiting;
        int err;
        const char *field;
    } cases[] = {
        {"{\"event_type\":\"E\",\"topic\":\"t\"}", 1, 1, 0, NULL},
        {"{\"event_type\":\"E\"}", 1, 0, 0, NULL}, /* refused, but by its own result */
        {"{\"events\":[{\"event_type\":\"E\",\"topic\":\"t\"},1]}", 2, 1, 0, NULL},
        {"{\"v\":1,\"events\":[]}", 0, 0, BW_EINVAL, "events"},
        {"{\"v\":1,\"events\":3}", 0, 0, BW_EINVAL, "events"},
        {"{\"v\":2,\"events\":[{}]}", 0, 0, BW_EVERSION, "v"},
        {"{\"v\":\"x\",\"events\":[{}]}", 0, 0, BW_EINVAL, "v"},
        {"[1]", 0, 0, BW_EINVAL, ""},
    };
    struct bw_intake in;
    struct bw_buf bytes = {0};
    assert_int_equal(bw_intake_init(&in), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bw_fault fault = {0};
        int err = bw_intake_unacked(&in, packed(&bytes, cases[i].json), &fault);
        if (err != cases[i].err || (err && strcmp(fault.field, cases[i].field) != 0))
            fail_msg("%s: %d on \"%s\"", cases[i].json, err, fault.field);
        if (!err) {
            assert_int_equal(in.batch.n_items, cases[i].n_items);
            assert_int_equal(in.batch.n_waiting, cases[i].n_waiting);
        }
        bw_intake_clear(&in);
    }
    struct bw_fault fault = {0};
    assert_int_equal(bw_intake_unacked(&in, BW_STR("\xc1"), &fault), BW_EPROTO);
    bw_intake_fini(&in);
    bw_buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publish_keeps_order_and_fills_in),
        cmocka_unit_test(test_an_intake_serves_many_messages),
        cmocka_unit_test(test_unacked_takes_one_event_or_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How long an answer of the bus is believed, and the ETags made of it. */
#include "unit.h"

#include <unistd.h>

#include "web/rest/etag.h"
#include "web/rest/fresh.h"

static const struct bw_cursor at_5 = {.epoch = 7, .seq = 5};

static void test_learned_and_forgotten(void **state)
{
    struct bw_fresh f;
    (void)state;
    bw_fresh_open(&f);
    assert_false(bw_fresh_is(&f, at_5));
    assert_false(bw_fresh_is(&f, (struct bw_cursor){.epoch = 0}));
    struct bw_fresh_question asked = bw_fresh_ask(&f);
    asked.asked_us += INT64_C(3600000000); /* asked an hour from now: true until then */
    bw_fresh_learn(&f, asked, 7, 5);
    assert_true(bw_fresh_is(&f, at_5));
    assert_false(bw_fresh_is(&f, (struct bw_cursor){.epoch = 8, .seq = 5}));
    assert_false(bw_fresh_is(&f, (struct bw_cursor){.epoch = 7, .seq = 6}));
    assert_false(bw_fresh_is(&f, (struct bw_cursor){.kind = BW_CURSOR_LATEST}));
    bw_fresh_forget(&f);
    assert_false(bw_fresh_is(&f, at_5));
    bw_fresh_close(&f);
}

static void test_a_question_from_before_a_write_teaches_nothing(void **state)
{
    struct bw_fresh f;
    (void)state;
    bw_fresh_open(&f);
    struct bw_fresh_question asked = bw_fresh_ask(&f);
    asked.asked_us += INT64_C(3600000000);
    bw_fresh_forget(&f);
    bw_fresh_learn(&f, asked, 7, 5);
    assert_false(bw_fresh_is(&f, at_5));
    bw_fresh_close(&f);
}

static void test_what_was_asked_long_ago_is_not_believed(void **state)
{
    struct bw_fresh f;
    (void)state;
    bw_fresh_open(&f);
    struct bw_fresh_question asked = bw_fresh_ask(&f);
    asked.asked_us -= BW_FRESH_MS * 1000;
    bw_fresh_learn(&f, asked, 7, 5);
    assert_false(bw_fresh_is(&f, at_5));
    bw_fresh_close(&f);
}

static struct bw_cursor known(const char *path, const char *query, const char *etag)
{
    struct bw_http_header header = {BW_STR("If-None-Match"), bw_str(etag)};
    struct bw_http_request request = {.path = bw_str(path), .headers = &header, .n_headers = 1};
    assert_int_equal(bw_query_parse(bw_str(query), &request.query, NULL), 0);
    struct bw_cursor cursor = bw_etag_known(&request);
    bw_http_request_free(&request);
    return cursor;
}

static void test_an_etag_is_of_one_question(void **state)
{
    struct bw_http_answer answer = {0};
    struct bw_asked asked = {.epoch = 7, .head = 5, .root = {.type = MSGPACK_OBJECT_MAP}};
    struct bw_http_request request = {.path = BW_STR("/tasks")};
    char etag[128];
    (void)state;
    assert_int_equal(bw_query_parse(BW_STR("a=b&c=d"), &request.query, NULL), 0);
    assert_false(bw_etag_put(&asked, &request, &answer));
    bw_http_request_free(&request);
    bw_buf_putc(&answer.headers, '\0');
    assert_int_equal(sscanf(answer.headers.data, "ETag: %100s", etag), 1);
    bw_http_answer_free(&answer);

    struct bw_cursor mine = known("/tasks", "a=b&c=d", etag);
    assert_int_equal(mine.epoch, 7);
    assert_int_equal(mine.seq, 5);
    assert_int_equal(known("/tasks", "a=bc&=d", etag).epoch, 0);
    assert_int_equal(known("/tasks", "a=b", etag).epoch, 0);
    assert_int_equal(known("/tasks/1", "a=b&c=d", etag).epoch, 0);
    for (size_t n = 0; n < strlen(etag); n++) {
        char cut[128];
        snprintf(cut, sizeof cut, "%.*s", (int)n, etag);
        assert_int_equal(known("/tasks", "a=b&c=d", cut).epoch, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learned_and_forgotten),
        cmocka_unit_test(test_a_question_from_before_a_write_teaches_nothing),
        cmocka_unit_test(test_what_was_asked_long_ago_is_not_believed),
        cmocka_unit_test(test_an_etag_is_of_one_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

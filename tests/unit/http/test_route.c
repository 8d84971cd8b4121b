/* Finding routes, and the answers to requests that have none. */
#include "unit.h"

#include "web/http/route.h"

static void handler(void *ctx, const struct bw_http_request *request, struct bw_http_answer *answer)
{
    (void)ctx, (void)request;
    answer->status = 200;
}

static const struct bw_route routes[] = {
    {BW_HTTP_GET, "/", handler, NULL, NULL},
    {BW_HTTP_GET, "/tasks", handler, "status limit", NULL},
    {BW_HTTP_POST, "/tasks", handler, NULL, "application/json application/msgpack"},
    {BW_HTTP_GET, "/tasks/{id}", handler, NULL, NULL},
    {BW_HTTP_DELETE, "/tasks/{id}", handler, NULL, NULL},
    {BW_HTTP_GET, "/tasks/{id}/logs/{n}", handler, "after", NULL},
    {BW_HTTP_GET, "/{file}", handler, NULL, NULL},
    {BW_HTTP_POST, "/tasks/{id}/go", handler, NULL, "application/json none"},
    {BW_HTTP_POST, "/tasks/bulk", handler, NULL, "application/json"},
};

struct found {
    const struct bw_route *route;
    struct bw_http_request request;
    struct bw_http_answer answer;
};

static struct found find(enum bw_http_method method, const char *path, const char *query,
                         const char *content_type)
{
    struct bw_http_header header = {BW_STR("content-type"), bw_str(content_type)};
    struct found f = {.request = {.method = method,
                                  .path = bw_str(path),
                                  .headers = &header,
                                  .n_headers = content_type ? 1 : 0}};
    f.route =
        bw_route_find(routes, sizeof routes / sizeof *routes, &f.request, bw_str(query), &f.answer);
    f.request.headers = NULL;
    f.request.n_headers = 0;
    return f;
}

static void forget(struct found *f)
{
    bw_http_request_free(&f->request);
    bw_http_answer_free(&f->answer);
}

static void check_found(enum bw_http_method method, const char *path, size_t route,
                        const char *first, const char *second)
{
    struct found f = find(method, path, NULL, NULL);
    assert_ptr_equal(f.route, &routes[route]);
    assert_int_equal(f.answer.status, 0);
    assert_true(bw_str_is(f.request.args[0], first));
    assert_true(bw_str_is(f.request.args[1], second));
    forget(&f);
}

static void test_paths(void **state)
{
    (void)state;
    check_found(BW_HTTP_GET, "/", 0, "", "");
    check_found(BW_HTTP_GET, "/tasks", 1, "", "");
    check_found(BW_HTTP_HEAD, "/tasks", 1, "", "");
    check_found(BW_HTTP_GET, "/tasks/42", 3, "42", "");
    check_found(BW_HTTP_DELETE, "/tasks/42", 4, "42", "");
    check_found(BW_HTTP_GET, "/tasks/a%2Fb%20c/logs/7", 5, "a/b c", "7");
    check_found(BW_HTTP_GET, "/a+b", 6, "a+b", "");
}

static void check_refused(enum bw_http_method method, const char *path, const char *query,
                          const char *type, int status, const char *in_body)
{
    struct found f = find(method, path, query, type);
    assert_null(f.route);
    assert_int_equal(f.answer.status, status);
    assert_string_equal(f.answer.content_type, "application/problem+json");
    bw_buf_putc(&f.answer.body, '\0');
    assert_non_null(strstr(f.answer.body.data, in_body));
    forget(&f);
}

static void test_refusals(void **state)
{
    (void)state;
    check_refused(BW_HTTP_GET, "/tasks/", NULL, NULL, 404, "\"code\":\"not_found\"");
    check_refused(BW_HTTP_GET, "//", NULL, NULL, 404, "not_found");
    check_refused(BW_HTTP_GET, "", NULL, NULL, 404, "not_found");
    check_refused(BW_HTTP_GET, "tasks", NULL, NULL, 404, "not_found");
    check_refused(BW_HTTP_GET, "/tasks/1/logs/", NULL, NULL, 404, "not_found");
    check_refused(BW_HTTP_GET, "/tasks/1/logs/2/3", NULL, NULL, 404, "not_found");
    check_refused(BW_HTTP_GET, "/tasks/%zz", NULL, NULL, 400, "percent-encoded");
    check_refused(BW_HTTP_GET, "/tasks/%00", NULL, NULL, 400, "percent-encoded");
    check_refused(BW_HTTP_GET, "/tasks", "stauts=x", NULL, 400, "\"field\":\"stauts\"");
    check_refused(BW_HTTP_GET, "/tasks/1", "limit=1", NULL, 400, "\"field\":\"limit\"");
    check_refused(BW_HTTP_GET, "/tasks", "status=%f", NULL, 400, "\"field\":\"status\"");
    check_refused(BW_HTTP_POST, "/tasks", NULL, NULL, 415, "application/msgpack");
    check_refused(BW_HTTP_POST, "/tasks", NULL, "text/plain", 415, "application/json");
    check_refused(BW_HTTP_PUT, "/tasks", NULL, "application/json", 405, "see Allow");
    check_refused(BW_HTTP_N_METHODS, "/tasks", NULL, NULL, 405, "see Allow");
}

static void test_media_types(void **state)
{
    (void)state;
    static const char *const good[] = {"application/json", "application/json; charset=utf-8",
                                       "APPLICATION/JSON", "application/msgpack ;x=y"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct found f = find(BW_HTTP_POST, "/tasks", NULL, good[i]);
        assert_ptr_equal(f.route, &routes[2]);
        forget(&f);
    }
}

/* A name may be taken by one method and be a task's id for the others. */
static void test_a_path_of_its_own_for_one_method(void **state)
{
    (void)state;
    struct found f = find(BW_HTTP_POST, "/tasks/bulk", NULL, "application/json");
    assert_ptr_equal(f.route, &routes[8]);
    forget(&f);
    f = find(BW_HTTP_GET, "/tasks/bulk", NULL, NULL);
    assert_ptr_equal(f.route, &routes[3]);
    assert_true(bw_str_is(f.request.args[0], "bulk"));
    forget(&f);
}

static void test_a_body_that_need_not_be(void **state)
{
    (void)state;
    static const char *const good[] = {NULL, "application/json"};
    for (size_t i = 0; i < 2; i++) {
        struct found f = find(BW_HTTP_POST, "/tasks/1/go", NULL, good[i]);
        assert_ptr_equal(f.route, &routes[7]);
        forget(&f);
    }
    check_refused(BW_HTTP_POST, "/tasks/1/go", NULL, "text/plain", 415, "application/json");
}

static void check_allow(enum bw_http_method method, const char *path, int status, const char *allow)
{
    struct found f = find(method, path, NULL, NULL);
    assert_null(f.route);
    assert_int_equal(f.answer.status, status);
    bw_buf_putc(&f.answer.headers, '\0');
    assert_string_equal(f.answer.headers.data, allow);
    forget(&f);
}

static void test_allow(void **state)
{
    (void)state;
    check_allow(BW_HTTP_OPTIONS, "/tasks", 204, "Allow: GET, HEAD, POST, OPTIONS\r\n");
    check_allow(BW_HTTP_PATCH, "/tasks/1", 405, "Allow: GET, HEAD, DELETE, OPTIONS\r\n");
}

static void test_query_reaches_the_request(void **state)
{
    (void)state;
    struct found f = find(BW_HTTP_GET, "/tasks", "limit=5&status=a&status=b", NULL);
    assert_ptr_equal(f.route, &routes[1]);
    assert_int_equal(f.request.query.n, 3);
    assert_true(bw_str_is(bw_query_get(&f.request.query, "limit"), "5"));
    forget(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_media_types),
        cmocka_unit_test(test_a_path_of_its_own_for_one_method),
        cmocka_unit_test(test_a_body_that_need_not_be),
        cmocka_unit_test(test_allow),
        cmocka_unit_test(test_query_reaches_the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

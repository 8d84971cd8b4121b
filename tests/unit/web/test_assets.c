/* The built-in files, and the route table that serves them and everything else. */
#include "unit.h"

#include "web/assets.h"
#include "web/routes.h"

static struct bw_http_answer ask(const char *path, const char *etag)
{
    struct bw_http_header header = {BW_STR("If-None-Match"), bw_str(etag)};
    struct bw_http_answer answer = {0};
    struct bw_http_request request = {
        .path = bw_str(path), .headers = &header, .n_headers = etag ? 1 : 0};
    const struct bw_route *route =
        bw_route_find(bw_routes, bw_n_routes, &request, BW_STR(""), &answer);
    if (route)
        route->handle(NULL, &request, &answer);
    bw_http_request_free(&request);
    return answer;
}

static void test_served_with_an_etag(void **state)
{
    (void)state;
    struct bw_http_answer a = ask("/openapi.json", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.content_type, "application/json");
    assert_true(a.fixed_len > 1000);
    assert_memory_equal(a.fixed, "{\n", 2);
    assert_memory_equal((const char *)a.fixed + a.fixed_len - 3, "\n}\n", 3);
    assert_string_equal(a.cache, "no-cache");
    bw_buf_putc(&a.headers, '\0');
    assert_int_equal(strncmp(a.headers.data, "ETag: W/\"", 9), 0);

    char etag[32];
    snprintf(etag, sizeof etag, "%.20s", a.headers.data + 6);
    bw_http_answer_free(&a);
    a = ask("/openapi.json", etag);
    assert_int_equal(a.status, 304);
    assert_null(a.content_type);
    bw_http_answer_free(&a);
    a = ask("/openapi.json", "\"other\"");
    assert_int_equal(a.status, 200);
    bw_http_answer_free(&a);
}

static void test_unknown_files(void **state)
{
    (void)state;
    static const char *const bad[] = {"/nothing.html", "/..", "/openapi.jso", "/web/openapi.json"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bw_http_answer a = ask(bad[i], NULL);
        assert_int_equal(a.status, 404);
        bw_http_answer_free(&a);
    }
}

static void test_types(void **state)
{
    (void)state;
    assert_string_equal(bw_asset_type("index.html"), "text/html; charset=utf-8");
    assert_string_equal(bw_asset_type("a.b.js"), "text/javascript; charset=utf-8");
    assert_string_equal(bw_asset_type("strange"), "application/octet-stream");
    for (size_t i = 0; i < bw_n_assets; i++)
        assert_string_not_equal(bw_asset_type(bw_assets[i].name), "application/octet-stream");
}

static void test_websocket_without_upgrade(void **state)
{
    (void)state;
    struct bw_http_answer a = ask(BW_WEBSOCKET_PATH, NULL);
    assert_int_equal(a.status, 426);
    bw_buf_putc(&a.headers, '\0');
    assert_non_null(strstr(a.headers.data, "Upgrade: websocket\r\n"));
    bw_http_answer_free(&a);
}

/* No route hides another: each pattern, with something in its places, finds itself. */
static void test_every_route_is_reachable(void **state)
{
    (void)state;
    for (size_t i = 0; i < bw_n_routes; i++) {
        const struct bw_route *want = &bw_routes[i];
        char path[128] = "", type[128] = "";
        for (const char *p = want->pattern; *p; p++) {
            size_t n = strlen(path);
            path[n] = *p == '{' ? 'x' : *p;
            if (*p == '{')
                p = strchr(p, '}');
        }
        snprintf(type, sizeof type, "%.*s", want->body ? (int)strcspn(want->body, " ") : 0,
                 want->body ? want->body : "");
        struct bw_http_header header = {BW_STR("Content-Type"), bw_str(type)};
        struct bw_http_answer answer = {0};
        struct bw_http_request request = {
            .method = want->method, .path = bw_str(path), .headers = &header, .n_headers = 1};
        assert_ptr_equal(bw_route_find(bw_routes, bw_n_routes, &request, BW_STR(""), &answer),
                         want);
        bw_http_request_free(&request);
        bw_http_answer_free(&answer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_served_with_an_etag),
        cmocka_unit_test(test_unknown_files),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_websocket_without_upgrade),
        cmocka_unit_test(test_every_route_is_reachable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The server over real sockets: framing, limits, keep-alive, and what civetweb refuses itself. */
#include "unit.h"

#include "http/client.h"
#include "web/http/server.h"

enum { BODY_MAX = 1000 };

static void echo(void *ctx, const struct bw_http_request *request, struct bw_http_answer *answer)
{
    (void)ctx;
    answer->status = 200;
    answer->content_type = "text/plain";
    bw_buf_printf(&answer->body, "%s %.*s [%.*s]", bw_http_method_name(request->method),
                  BW_STR_ARG(request->path), BW_STR_ARG(request->body));
}

static char big[300 * 1024];

static void fixed(void *ctx, const struct bw_http_request *request, struct bw_http_answer *answer)
{
    (void)ctx, (void)request;
    answer->status = 200;
    answer->content_type = "text/plain";
    answer->cache = "max-age=60";
    answer->fixed = big;
    answer->fixed_len = sizeof big;
}

static const struct bw_route routes[] = {
    {BW_HTTP_GET, "/echo", echo, "q", NULL},
    {BW_HTTP_POST, "/echo", echo, NULL, "text/plain"},
    {BW_HTTP_GET, "/big", fixed, NULL, NULL},
};

static int enter(void *ctx, uint64_t address, struct bw_fault *fault)
{
    (void)ctx, (void)address;
    return bw_fault(fault, BW_ETOOMANY, "", "you are here already");
}

static struct bw_http_options options_on(const char *listen)
{
    return (struct bw_http_options){.listen = listen,
                                    .threads = 16, /* so few connections are never a crowd */
                                    .body_bytes_max = BODY_MAX,
                                    .routes = routes,
                                    .n_routes = sizeof routes / sizeof *routes,
                                    .websocket_path = "/ws",
                                    .sink = {.enter = enter}};
}

static struct bw_http_server *server;
static unsigned port;
static char got[400 * 1024];

static int set_up(void **state)
{
    (void)state;
    struct bw_fault fault = {0};
    const struct bw_http_options options = options_on("127.0.0.1:0");
    memset(big, 'x', sizeof big);
    if (bw_http_server_start(&options, &server, &fault) != 0)
        return -1;
    port = bw_http_server_port(server);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    bw_http_server_stop(&server);
    return server ? -1 : 0;
}

/* Sends a request that ends its connection; the answer is in `got`. */
static void ask(const char *request)
{
    client_ask(port, request, got, sizeof got);
}

#define GET(path, headers)                                                                         \
    "GET " path " HTTP/1.1\r\nHost: t\r\nConnection: close\r\n" headers "\r\n"
#define POST(headers, body)                                                                        \
    "POST /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Type: text/plain\r\n" headers  \
    "\r\n" body

static void check_status(const char *request, int status, const char *code)
{
    char want[32];
    ask(request);
    snprintf(want, sizeof want, "HTTP/1.1 %d ", status);
    if (strncmp(got, want, strlen(want)) != 0)
        fail_msg("wanted %d, got: %.300s", status, got);
    assert_non_null(strstr(got, "\r\nConnection: close\r\n"));
    if (code) {
        assert_non_null(strstr(got, "\r\nContent-Type: application/problem+json\r\n"));
        snprintf(want, sizeof want, "\"code\":\"%s\"", code);
        assert_non_null(strstr(got, want));
    }
}

static void test_answers(void **state)
{
    (void)state;
    check_status(GET("/echo?q=1", ""), 200, NULL);
    assert_non_null(strstr(got, "GET /echo []"));
    assert_non_null(strstr(got, "\r\nX-Content-Type-Options: nosniff\r\n"));
    assert_non_null(strstr(got, "\r\nContent-Security-Policy: default-src 'none'"));
    assert_non_null(strstr(got, "\r\nCache-Control: no-store\r\n"));
    assert_non_null(strstr(got, "\r\nX-Request-Id: "));
    check_status(GET("/echo", "X-Request-Id: my-id.1\r\n"), 200, NULL);
    assert_non_null(strstr(got, "\r\nX-Request-Id: my-id.1\r\n"));
    check_status(GET("/echo", "X-Request-Id: <script>\r\n"), 200, NULL);
    assert_null(strstr(got, "<script>"));
    check_status(POST("Content-Length: 5\r\n", "12345"), 200, NULL);
    assert_non_null(strstr(got, "POST /echo [12345]"));
    check_status(POST("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), 200,
                 NULL);
    assert_non_null(strstr(got, "[abcde]"));
    check_status(POST("", ""), 200, NULL);
    ask(POST("Expect: 100-continue\r\nContent-Length: 2\r\n", "ok"));
    assert_int_equal(strncmp(got, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ", 38), 0);
}

static void test_large_fixed_body(void **state)
{
    (void)state;
    check_status(GET("/big", ""), 200, NULL);
    assert_non_null(strstr(got, "\r\nContent-Length: 307200\r\n"));
    assert_non_null(strstr(got, "\r\nCache-Control: max-age=60\r\n"));
    assert_int_equal(strlen(strstr(got, "\r\n\r\n") + 4), sizeof big);
    ask("HEAD /big HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    assert_non_null(strstr(got, "\r\nContent-Length: 307200\r\n"));
    assert_int_equal(strlen(strstr(got, "\r\n\r\n") + 4), 0);
}

static void test_refusals(void **state)
{
    (void)state;
    check_status(GET("/nothing", ""), 404, "not_found");
    check_status(GET("/echo?x=1", ""), 400, "invalid");
    check_status(GET("/../../etc/passwd", ""), 404, "not_found");
    check_status("DELETE /echo HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", 405,
                 "unsupported");
    check_status("BREW /echo HTTP/1.1\r\nHost: t\r\n\r\n", 400, "invalid");
    check_status("nonsense\r\n\r\n", 400, "invalid");
    check_status("GET /echo HTTP/3.0\r\n\r\n", 505, "version");
    check_status(POST("Content-Length: 1001\r\n", ""), 413, "too_big");
    check_status(POST("Content-Length: 99999999999999999999\r\n", ""), 400, "invalid");
    check_status(POST("Content-Length: 5\r\nContent-Length: 6\r\n", "12345"), 400, "invalid");
    check_status(POST("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400,
                 "invalid");
    check_status(POST("Content-Length: 3x\r\n", "123"), 400, "invalid");
    check_status(POST("Transfer-Encoding: chunked\r\n", "zz\r\n"), 400, "invalid");
    check_status(POST("Expect: 100-continue\r\nContent-Length: 5000\r\n", ""), 413, "too_big");
}

/* The sender of a body that is refused has sent all of it before it reads why. */
static void test_refused_body_is_read_to_its_end(void **state)
{
    (void)state;
    enum { SIZE = 2 << 20 };
    int fd = client_connect(port);
    char *body = calloc(1, SIZE), head[128];
    snprintf(head, sizeof head, "POST /nothing HTTP/1.1\r\nHost: t\r\nContent-Length: %d\r\n\r\n",
             SIZE);
    assert_int_equal(client_send_text(fd, head), 0);
    assert_int_equal(client_send(fd, body, SIZE), 0);
    client_read(fd, got, sizeof got, NULL);
    assert_int_equal(strncmp(got, "HTTP/1.1 404 ", 13), 0);
    free(body);
    close(fd);
}

static void test_too_many_headers(void **state)
{
    (void)state;
    struct bw_buf request = {0};
    bw_buf_printf(&request, "GET /echo HTTP/1.1\r\nHost: t\r\n");
    for (int i = 0; i < 100; i++)
        bw_buf_printf(&request, "H%d: v\r\n", i);
    bw_buf_printf(&request, "\r\n%c", '\0');
    check_status(request.data, 431, "too_big");
    bw_buf_free(&request);
}

static void test_too_large_head(void **state)
{
    (void)state;
    int fd = client_connect(port);
    char line[1024];
    memset(line, 'y', sizeof line);
    client_send_text(fd, "GET /echo HTTP/1.1\r\nHost: t\r\nLong: ");
    for (int i = 0; i < 32; i++)
        client_send(fd, line, sizeof line);
    client_read(fd, got, sizeof got, NULL);
    assert_int_equal(strncmp(got, "HTTP/1.1 400 ", 13), 0);
    assert_non_null(strstr(got, "larger than 32768 bytes"));
    close(fd);
}

static void test_body_that_ends_early(void **state)
{
    (void)state;
    int fd = client_connect(port);
    client_send_text(fd, POST("Content-Length: 10\r\n", "12345"));
    shutdown(fd, SHUT_WR);
    client_read(fd, got, sizeof got, NULL);
    assert_int_equal(strncmp(got, "HTTP/1.1 400 ", 13), 0);
    assert_non_null(strstr(got, "ended early"));
    close(fd);
}

static void test_keep_alive_and_pipelining(void **state)
{
    (void)state;
    int fd = client_connect(port);
    client_send_text(fd, "GET /echo HTTP/1.1\r\nHost: t\r\n\r\n"
                         "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\n"
                         "Content-Length: 3\r\n\r\nabc"
                         "GET /nothing HTTP/1.1\r\nHost: t\r\n\r\n");
    client_read(fd, got, sizeof got, "not_found");
    assert_non_null(strstr(got, "GET /echo []"));
    assert_non_null(strstr(got, "POST /echo [abc]"));
    assert_non_null(strstr(got, "HTTP/1.1 404 "));
    assert_null(strstr(got, "Connection: close"));
    client_send_text(fd, "GET /echo HTTP/1.0\r\n\r\n");
    client_read(fd, got, sizeof got, NULL);
    assert_non_null(strstr(got, "Connection: close"));
    close(fd);
}

/* What follows a request whose framing is doubtful is never taken for a request. */
static void test_no_smuggling(void **state)
{
    (void)state;
    ask("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /echo?q=smuggled HTTP/1.1\r\nHost: "
        "t\r\n\r\n");
    assert_int_equal(strncmp(got, "HTTP/1.1 400 ", 13), 0);
    assert_null(strstr(got + 1, "HTTP/1.1"));
}

static void test_websocket_refusals(void **state)
{
    (void)state;
    check_status(WS_HANDSHAKE, 429, "too_many");
    check_status("GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
                 426, "version");
    check_status("GET /ws HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                 400, "invalid");
    check_status(
        "GET /echo HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 200,
        NULL);
}

static void test_listen_addresses(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",      "x",         "127.0.0.1",       "127.0.0.1:", "70000",     "1:s",
        "8080s", "8080,8081", "127.0.0.1:99999", "[::1]:80",   "host:80,90"};
    struct bw_http_server *s;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct bw_fault fault = {0};
        const struct bw_http_options options = options_on(bad[i]);
        assert_int_equal(bw_http_server_start(&options, &s, &fault), BW_EINVAL);
        assert_string_equal(fault.field, "http");
        assert_null(s);
    }
    char taken[32];
    struct bw_fault fault = {0};
    snprintf(taken, sizeof taken, "127.0.0.1:%u", port);
    const struct bw_http_options options = options_on(taken);
    assert_int_equal(bw_http_server_start(&options, &s, &fault), BW_EIO);
    assert_non_null(strstr(fault.message, taken));
    assert_non_null(strstr(fault.message, "in use"));
    const struct bw_http_options any = options_on(":0");
    assert_int_equal(bw_http_server_start(&any, &s, &fault), 0);
    assert_int_not_equal(bw_http_server_port(s), 0);
    bw_http_server_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_large_fixed_body),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_refused_body_is_read_to_its_end),
        cmocka_unit_test(test_too_many_headers),
        cmocka_unit_test(test_too_large_head),
        cmocka_unit_test(test_body_that_ends_early),
        cmocka_unit_test(test_keep_alive_and_pipelining),
        cmocka_unit_test(test_no_smuggling),
        cmocka_unit_test(test_websocket_refusals),
        cmocka_unit_test(test_listen_addresses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

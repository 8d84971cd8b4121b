/* Requests that trickle: each has its time in all, then the only worker is free for somebody else.
 */
#include "unit.h"

#include <fcntl.h>

#include "base/clock.h"
#include "http/client.h"
#include "web/http/server.h"

enum { TIMEOUT_S = 1, BIG = 32 << 20 };

static char *big;

static void hello(void *ctx, const struct bw_http_request *request, struct bw_http_answer *answer)
{
    (void)ctx, (void)request;
    bw_http_answer_json(answer, 200);
    bw_buf_puts(&answer->body, BW_STR("{}"));
}

static void long_answer(void *ctx, const struct bw_http_request *request,
                        struct bw_http_answer *answer)
{
    (void)ctx, (void)request;
    answer->status = 200;
    answer->content_type = "application/octet-stream";
    answer->fixed = big;
    answer->fixed_len = BIG;
}

static const struct bw_route routes[] = {
    {.method = BW_HTTP_POST, .pattern = "/hello", .handle = hello, .body = "text/plain"},
    {.method = BW_HTTP_GET, .pattern = "/hello", .handle = hello},
    {.method = BW_HTTP_GET, .pattern = "/big", .handle = long_answer},
};

static bool owns_fd(void *ctx, int fd)
{
    (void)ctx, (void)fd;
    return false;
}

static struct bw_http_server *server;
static unsigned port;

static int set_up(void **state)
{
    (void)state;
    struct bw_fault fault = {0};
    const struct bw_http_options options = {.listen = "127.0.0.1:0",
                                            .threads = 1,
                                            .body_bytes_max = 1000000,
                                            .request_timeout_s = TIMEOUT_S,
                                            .routes = routes,
                                            .n_routes = sizeof routes / sizeof *routes,
                                            .websocket_path = "/ws",
                                            .sink = {.owns_fd = owns_fd}};
    big = calloc(1, BIG);
    int err = bw_http_server_start(&options, &server, &fault);
    port = err ? 0 : bw_http_server_port(server);
    return err;
}

static int tear_down(void **state)
{
    (void)state;
    bw_http_server_stop(&server);
    free(big);
    return 0;
}

static void expect_free_worker(void)
{
    char got[2048];
    client_ask(port, "GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n", got,
               sizeof got);
    assert_memory_equal(got, "HTTP/1.1 200 ", 13);
}

/* Sends the head, then piece after piece, and never pauses for long, until there is an answer. */
static void trickle(const char *head, const char *piece)
{
    char got[2048];
    int fd = client_connect(port);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t begun_us = bw_clock_mono_us();
    assert_int_equal(client_send_text(fd, head), 0);
    while (poll(&p, 1, 20) == 0) {
        assert_true(bw_clock_mono_us() - begun_us < CLIENT_PATIENCE_MS * INT64_C(1000));
        client_send_text(fd, piece);
    }
    assert_true(bw_clock_mono_us() - begun_us >= TIMEOUT_S * INT64_C(1000000));
    client_read(fd, got, sizeof got, NULL);
    assert_memory_equal(got, "HTTP/1.1 408 ", 13);
    assert_non_null(strstr(got, "did not come whole within 1 s"));
    close(fd);
    expect_free_worker();
}

static void test_a_body_that_trickles(void **state)
{
    (void)state;
    trickle("POST /hello HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\n"
            "Content-Length: 999999\r\n\r\n",
            "x");
}

static void test_chunks_that_trickle(void **state)
{
    (void)state;
    trickle("POST /hello HTTP/1.1\r\nHost: t\r\nContent-Type: text/plain\r\n"
            "Transfer-Encoding: chunked\r\n\r\n",
            "1\r\nx\r\n");
}

/* A refused body is read to its end, so that its sender reads why; but not for ever. */
static void test_a_refused_body_that_trickles(void **state)
{
    (void)state;
    char got[2048];
    int fd = client_connect(port);
    assert_int_equal(client_send_text(fd, "POST /nowhere HTTP/1.1\r\nHost: t\r\n"
                                          "Content-Type: text/plain\r\n"
                                          "Content-Length: 999999\r\n\r\n"),
                     0);
    client_read(fd, got, sizeof got, "\r\n\r\n");
    assert_memory_equal(got, "HTTP/1.1 404 ", 13);
    int64_t begun_us = bw_clock_mono_us();
    while (client_send_text(fd, "x") == 0) {
        assert_true(bw_clock_mono_us() - begun_us < CLIENT_PATIENCE_MS * INT64_C(1000));
        poll(NULL, 0, 20);
    }
    close(fd);
    expect_free_worker();
}

/* Reads a long answer byte by byte. */
static void test_a_reader_that_trickles(void **state)
{
    (void)state;
    char byte;
    int fd = client_connect(port);
    int64_t begun_us = bw_clock_mono_us();
    assert_int_equal(client_send_text(fd, "GET /big HTTP/1.1\r\nHost: t\r\n\r\n"), 0);
    int other = client_connect(port);
    struct pollfd p = {.fd = other, .events = POLLIN};
    client_send_text(other, "GET /hello HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    while (poll(&p, 1, 20) == 0) { /* until the worker is free for the other */
        assert_true(bw_clock_mono_us() - begun_us < 2 * CLIENT_PATIENCE_MS * INT64_C(1000));
        assert_int_equal(recv(fd, &byte, 1, 0), 1);
    }
    close(fd);
    close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_body_that_trickles),
        cmocka_unit_test(test_chunks_that_trickle),
        cmocka_unit_test(test_a_refused_body_that_trickles),
        cmocka_unit_test(test_a_reader_that_trickles),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

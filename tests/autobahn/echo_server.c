/* A WebSocket server that sends every message back: the daemon's own HTTP server, hand-off and
 * stream engine, with an echo in the place of the watcher. Prints its port, and ends when its
 * standard input does. The linker takes the two functions here instead of watcher.c's. */
#include <stdio.h>
#include <unistd.h>

#include "web/http/server.h"
#include "web/stream/deflate.h"
#include "web/stream/engine.h"
#include "web/stream/watcher.h"

enum { MESSAGE_BYTES_MAX = 16 << 20, THREADS = 8, STREAM_THREADS = 2 };

/* One for each thread and size of window. */
static struct bw_deflater *deflaters[STREAM_THREADS][BW_WINDOW_BITS_MAX + 1];

void bw_watcher_hello(struct bw_conn *conn)
{
    (void)conn;
}

int bw_watcher_message(struct bw_conn *conn, enum bw_ws_opcode opcode, struct bw_str payload)
{
    struct bw_buf *out = &conn->engine->scratch;
    unsigned bits = conn->ws.window_bits;
    struct bw_deflater **deflater = &deflaters[conn->engine->number][bits];
    if (bits && !*deflater && bw_deflater_create(deflater, bits) != 0)
        return BW_WS_INTERNAL_ERROR;
    if (bits)
        bw_deflate_put_frame(*deflater, out, opcode, payload);
    else
        bw_ws_put_frame(out, opcode, payload);
    bw_conn_say_scratch(conn);
    return 0;
}

static int enter(void *stream, uint64_t address, struct bw_fault *fault)
{
    return bw_stream_enter(stream, address, fault);
}

static void leave(void *stream, uint64_t address)
{
    bw_stream_leave(stream, address);
}

static bool owns_fd(void *stream, int fd)
{
    return bw_stream_owns_fd(stream, fd);
}

static int adopt(void *stream, int fd, uint64_t address, unsigned window_bits)
{
    return bw_stream_adopt_websocket(stream, fd, address, window_bits);
}

static int serve(struct bw_stream *stream, struct bw_fault *fault)
{
    const struct bw_http_options options = {
        .listen = "127.0.0.1:0",
        .threads = THREADS,
        .websocket_path = "/",
        .deflate = true,
        .sink = {.ctx = stream, .enter = enter, .leave = leave, .owns_fd = owns_fd, .adopt = adopt},
    };
    struct bw_http_server *server;
    char byte;
    int err = bw_http_server_start(&options, &server, fault);
    if (err)
        return err;
    printf("%u\n", bw_http_server_port(server));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    bw_http_server_stop(&server);
    return 0;
}

/* The bus is one that nobody keeps: an echo needs no events. */
int main(void)
{
    const struct bw_stream_options options = {.threads = STREAM_THREADS,
                                              .max_message_bytes = MESSAGE_BYTES_MAX,
                                              .reply_bytes_max = 4 * MESSAGE_BYTES_MAX,
                                              .messages_per_s = 1000000};
    struct bellwire *bus = NULL;
    struct bw_stream *stream = NULL;
    struct bw_fault fault = {0};
    int err = bellwire_connect("inproc://echo-has-no-bus", NULL, &bus);
    if (err == 0)
        err = bw_stream_start(&options, bus, &stream);
    if (err == 0)
        err = serve(stream, &fault);
    if (err != 0)
        fprintf(stderr, "echo_server: %s %s\n", bw_err_text(err), fault.message);
    bw_stream_stop(&stream);
    for (int i = 0; i < STREAM_THREADS; i++)
        for (int bits = 0; bits <= BW_WINDOW_BITS_MAX; bits++)
            bw_deflater_destroy(&deflaters[i][bits]);
    bellwire_close(&bus);
    return err != 0;
}

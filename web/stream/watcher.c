/* A watcher's greeting and its commands. */
#include "web/stream/watcher.h"

#include "web/stream/command.h"
#include "web/stream/engine.h"
#include "web/stream/frame.h"
#include "web/stream/sub.h"

void bw_watcher_hello(struct bw_conn *conn)
{
    bw_frame_connected(&conn->engine->scratch, conn->engine->options.heartbeat_s);
    bw_conn_say_scratch(conn);
}

int bw_watcher_message(struct bw_conn *conn, enum bw_ws_opcode opcode, struct bw_str payload)
{
    struct bw_command command;
    struct bw_fault fault;
    if (opcode != BW_WS_TEXT)
        return BW_WS_UNSUPPORTED_DATA;
    if (bw_command_parse(payload, &command, &fault) != 0) {
        bw_frame_error(&conn->engine->scratch, command.topic, &fault);
        bw_conn_say_scratch(conn);
        return 0;
    }
    switch (command.kind) {
    case BW_COMMAND_SUBSCRIBE:
        bw_sub_subscribe(conn, &command);
        break;
    case BW_COMMAND_UNSUBSCRIBE:
        bw_sub_unsubscribe(conn, command.topic);
        break;
    case BW_COMMAND_PING:
        bw_frame_pong(&conn->engine->scratch);
        bw_conn_say_scratch(conn);
        break;
    }
    return 0;
}

/* A watcher's greeting and its commands. */
#include "web/stream/watcher.h"

#include "web/stream/command.h"
#include "web/stream/engine.h"
#include "web/stream/frame.h"
#include "web/stream/sub.h"

void bw_watcher_hello(struct bw_conn *conn)
{
    bw_frame_connected(&conn->engine->scratch, conn->transport->encoding,
                       conn->engine->options.heartbeat_s);
    bw_conn_say_scratch(conn);
}

static void say_fault(struct bw_conn *conn, const struct bw_command *command,
                      const struct bw_fault *fault)
{
    bw_frame_error(&conn->engine->scratch, conn->transport->encoding, bw_str(command->topic),
                   fault);
    bw_conn_say_scratch(conn);
}

static void subscribe(struct bw_conn *conn, struct bw_command *command)
{
    struct bw_str topic = bw_str(command->topic);
    struct bw_fault fault = {0};
    struct bw_wish wish = {.filter = command->filter,
                           .after = bw_sub_place(conn, command->has_after, command->after),
                           .has_after = command->has_after,
                           .snapshot = command->snapshot,
                           .conflate = command->conflate};
    if (bw_feed_create(&wish.feed, (struct bw_str_set){&topic, 1}, conn->transport->encoding,
                       &fault) == 0)
        bw_sub_subscribe(conn, &wish);
    else
        say_fault(conn, command, &fault);
    bw_feed_unref(&wish.feed);
    bw_filter_unref(&command->filter);
}

int bw_watcher_message(struct bw_conn *conn, enum bw_ws_opcode opcode, struct bw_str payload)
{
    struct bw_command command;
    struct bw_fault fault;
    if (opcode != BW_WS_TEXT)
        return BW_WS_UNSUPPORTED_DATA;
    if (bw_command_parse(payload, &command, &fault) != 0) {
        say_fault(conn, &command, &fault);
        return 0;
    }
    switch (command.kind) {
    case BW_COMMAND_SUBSCRIBE:
        subscribe(conn, &command);
        break;
    case BW_COMMAND_UNSUBSCRIBE:
        bw_sub_unsubscribe(conn, bw_str(command.topic));
        break;
    case BW_COMMAND_PING:
        bw_frame_pong(&conn->engine->scratch, conn->transport->encoding);
        bw_conn_say_scratch(conn);
        break;
    }
    return 0;
}

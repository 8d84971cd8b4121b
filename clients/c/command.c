/* Reading commands. Needs no connection. */
#include "bellwire.h"

#include <stdio.h>

#include "wire/event_type.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/task.h"
#include "wire/utf8.h"

_Static_assert((int)BELLWIRE_START == BW_START && (int)BELLWIRE_PAUSE == BW_PAUSE &&
                   (int)BELLWIRE_RESUME == BW_RESUME && (int)BELLWIRE_STOP == BW_STOP &&
                   (int)BELLWIRE_CANCEL == BW_CANCEL && (int)BELLWIRE_RETRY == BW_RETRY,
               "actions have the same numbers here and in wire/");

enum { TEXT_MAX = 64 * 1024 };

const char *bellwire_action_name(enum bellwire_action action)
{
    return action >= BELLWIRE_START && action <= BELLWIRE_RETRY
               ? bw_action_name((enum bw_action)action)
               : NULL;
}

static void take_text(const msgpack_object *data, const char *key, char *out, size_t size)
{
    struct bw_str text = BW_STR("");
    bw_mp_get_str(data, key, TEXT_MAX, &text, NULL);
    text = bw_utf8_cut(text, size - 1);
    snprintf(out, size, "%.*s", BW_STR_ARG(text));
}

bool bellwire_command_read(const struct bellwire_received *event, struct bellwire_command *out)
{
    msgpack_zone zone;
    msgpack_object data;
    enum bw_action action;
    struct bw_str name, bytes = {event->data_msgpack, event->data_msgpack_len};
    if (bw_event_kind(bw_str(event->event_type)) != BW_TASK_COMMAND)
        return false;
    msgpack_zone_init(&zone, 1024);
    bool known = bw_mp_unpack(bytes, BW_RPC_DEPTH_MAX, &zone, &data, NULL) == 0 &&
                 bw_mp_get_str(&data, "action", 16, &name, NULL) && bw_action_parse(name, &action);
    if (known) {
        out->action = (enum bellwire_action)action;
        snprintf(out->id, sizeof out->id, "%s", event->id);
        snprintf(out->task_id, sizeof out->task_id, "%s", event->task_id);
        take_text(&data, "by", out->by, sizeof out->by);
        take_text(&data, "reason", out->reason, sizeof out->reason);
    }
    msgpack_zone_destroy(&zone);
    return known;
}

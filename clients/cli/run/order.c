/* Reading commands. */
#include "order.h"

#include <stdio.h>

#include "clients/cli/text.h"
#include "wire/event_type.h"
#include "wire/mp.h"
#include "wire/rpc.h"
#include "wire/utf8.h"

enum { TEXT_MAX = 64 * 1024 };

/* As one clean line, cut where it is too long. */
static void take_text(const msgpack_object *data, const char *key, char out[BW_ORDER_TEXT_LEN])
{
    struct bw_buf clean = {0};
    struct bw_str text;
    *out = 0;
    if (bw_mp_get_str(data, key, TEXT_MAX, &text, NULL)) {
        bw_text_clean(&clean, text, false);
        text = bw_utf8_cut(bw_buf_str(&clean), BW_ORDER_TEXT_LEN - 1);
        snprintf(out, BW_ORDER_TEXT_LEN, "%.*s", BW_STR_ARG(text));
    }
    bw_buf_free(&clean);
}

bool bw_order_decode(const struct bellwire_received *event, struct bw_order *out)
{
    msgpack_zone zone;
    msgpack_object data;
    struct bw_str action, bytes = {event->data_msgpack, event->data_msgpack_len};
    *out = (struct bw_order){0};
    if (bw_event_kind(bw_str(event->event_type)) != BW_TASK_COMMAND)
        return false;
    msgpack_zone_init(&zone, 1024);
    bool known = bw_mp_unpack(bytes, BW_RPC_DEPTH_MAX, &zone, &data, NULL) == 0 &&
                 bw_mp_get_str(&data, "action", 16, &action, NULL) &&
                 bw_action_parse(action, &out->action);
    if (known) {
        snprintf(out->id, sizeof out->id, "%s", event->id);
        take_text(&data, "by", out->by);
        take_text(&data, "reason", out->reason);
    }
    msgpack_zone_destroy(&zone);
    return known;
}

void bw_order_put_why(const struct bw_order *o, struct bw_buf *out)
{
    if (*o->by)
        bw_buf_printf(out, " by %s", o->by);
    if (*o->reason)
        bw_buf_printf(out, ": %s", o->reason);
}

/* Reading commands. */
#include "order.h"

#include <stdio.h>

#include "clients/cli/text.h"
#include "wire/utf8.h"

/* As one clean line, cut where it is too long. */
static void clean(const char *text, char out[BW_ORDER_TEXT_LEN])
{
    struct bw_buf line = {0};
    bw_text_clean(&line, bw_str(text), false);
    struct bw_str fits = bw_utf8_cut(bw_buf_str(&line), BW_ORDER_TEXT_LEN - 1);
    snprintf(out, BW_ORDER_TEXT_LEN, "%.*s", BW_STR_ARG(fits));
    bw_buf_free(&line);
}

bool bw_order_decode(const struct bellwire_received *event, struct bw_order *out)
{
    struct bellwire_command command;
    *out = (struct bw_order){0};
    if (!bellwire_command_read(event, &command))
        return false;
    out->action = (enum bw_action)command.action; /* the same numbers: clients/c/command.c */
    snprintf(out->id, sizeof out->id, "%s", command.id);
    out->epoch = event->epoch;
    out->seq = event->seq;
    clean(command.by, out->by);
    clean(command.reason, out->reason);
    return true;
}

void bw_order_put_why(const struct bw_order *o, struct bw_buf *out)
{
    if (*o->by)
        bw_buf_printf(out, " by %s", o->by);
    if (*o->reason)
        bw_buf_printf(out, ": %s", o->reason);
}

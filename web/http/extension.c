/* Reading what a client offers: name; parameter; parameter=value, name; … */
#include "web/http/extension.h"

#include <stdbool.h>
#include <stdio.h>
#include <strings.h>

enum { WINDOW_BITS_MIN = 8, WINDOW_BITS_MAX = 15 };

/* One offer's parameters. */
struct offer {
    bool server_takeover_off, client_takeover_off, client_window;
    unsigned server_window_bits; /* 0: not said */
};

static bool is_name(struct bw_str s, const char *name)
{
    return s.len == strlen(name) && strncasecmp(s.ptr, name, s.len) == 0;
}

/* 8 to 15, without leading zeros; 0 if it is none of them. */
static unsigned window_bits(struct bw_str value)
{
    unsigned bits = 0;
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = (struct bw_str){value.ptr + 1, value.len - 2};
    if (value.len == 0 || value.len > 2 || value.ptr[0] == '0')
        return 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return 0;
        bits = bits * 10 + (unsigned)(value.ptr[i] - '0');
    }
    return bits >= WINDOW_BITS_MIN && bits <= WINDOW_BITS_MAX ? bits : 0;
}

static bool set_once(bool *flag)
{
    bool was = *flag;
    *flag = true;
    return !was;
}

/* An offer with a parameter that is unknown, given twice or has a wrong value is declined (7.1). */
static bool take_parameter(struct offer *offer, struct bw_str parameter)
{
    bool has_value = memchr(parameter.ptr, '=', parameter.len) != NULL;
    struct bw_str value = parameter, name = bw_str_take(&value, '=');
    value = bw_str_take(&value, ';');
    if (is_name(name, "server_no_context_takeover"))
        return !has_value && set_once(&offer->server_takeover_off);
    if (is_name(name, "client_no_context_takeover"))
        return !has_value && set_once(&offer->client_takeover_off);
    if (is_name(name, "client_max_window_bits"))
        return (!has_value || window_bits(value)) && set_once(&offer->client_window);
    if (!is_name(name, "server_max_window_bits") || offer->server_window_bits)
        return false;
    offer->server_window_bits = window_bits(value);
    return offer->server_window_bits != 0;
}

/* Quotes are not looked into: no value that we know needs a separator in them. */
static bool read_offer(struct bw_str text, struct offer *out)
{
    *out = (struct offer){.server_window_bits = 0};
    if (!is_name(bw_str_take(&text, ';'), "permessage-deflate"))
        return false;
    while (text.len)
        if (!take_parameter(out, bw_str_take(&text, ';')))
            return false;
    return true;
}

unsigned bw_extension_choose(struct bw_str offers, char line[BW_EXTENSION_LINE_MAX])
{
    struct offer offer;
    line[0] = '\0';
    while (offers.len) {
        /* zlib cannot do a window of 8 bits */
        if (!read_offer(bw_str_take(&offers, ','), &offer) ||
            offer.server_window_bits == WINDOW_BITS_MIN)
            continue;
        int n = snprintf(line, BW_EXTENSION_LINE_MAX,
                         "Sec-WebSocket-Extensions: permessage-deflate; "
                         "server_no_context_takeover; client_no_context_takeover");
        if (offer.server_window_bits)
            n += snprintf(line + n, BW_EXTENSION_LINE_MAX - (size_t)n,
                          "; server_max_window_bits=%u", offer.server_window_bits);
        snprintf(line + n, BW_EXTENSION_LINE_MAX - (size_t)n, "\r\n");
        return offer.server_window_bits ? offer.server_window_bits : WINDOW_BITS_MAX;
    }
    return 0;
}

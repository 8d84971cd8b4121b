/* Reading envelopes. Which member a map has tells what it is. */
#include "envelope.h"

#include <string.h>

/* Notes where a container's first member stands, and goes on behind the container; unless it is the
 * last thing that is read: then there is no need to walk through it. */
static void note(struct bw_scan *s, bool last, uint32_t (*open)(struct bw_scan *),
                 struct bw_scan *at, uint32_t *n)
{
    *at = *s;
    *n = open(at);
    if (at->failed)
        s->failed = true;
    else if (last)
        s->at = s->end;
    else
        bw_scan_skip(s, BW_SCAN_DEPTH_MAX);
}

static bool read_bool(struct bw_scan *s)
{
    struct bw_scan_value v;
    if (bw_scan_value(s, &v) && v.type != BW_SCAN_BOOL)
        s->failed = true;
    return !s->failed && v.u;
}

static void read_member(struct bw_envelope *e, struct bw_scan *s, bool last)
{
    struct bw_str key = bw_scan_str(s);
    if (bw_str_is(key, "events"))
        note(s, last, bw_scan_array, &e->events, &e->n_events);
    else if (bw_str_is(key, "heads") || bw_str_is(key, "topics"))
        note(s, last, bw_scan_map, &e->heads, &e->n_heads);
    else if (bw_str_is(key, "epoch"))
        e->epoch = (uint32_t)bw_scan_uint(s);
    else if (bw_str_is(key, "head"))
        e->head = bw_scan_uint(s);
    else if (bw_str_is(key, "oldest"))
        e->oldest = bw_scan_uint(s);
    else if (bw_str_is(key, "prev"))
        e->prev = bw_scan_uint(s);
    else if (bw_str_is(key, "next"))
        e->next = bw_scan_uint(s);
    else if (bw_str_is(key, "ok"))
        e->ok = read_bool(s);
    else if (bw_str_is(key, "more"))
        e->more = read_bool(s);
    else if (bw_str_is(key, "reset"))
        e->reset = bw_scan_str(s);
    else if (bw_str_is(key, "code"))
        e->code = bw_scan_str(s);
    else
        bw_scan_skip(s, BW_SCAN_DEPTH_MAX);
}

int bw_envelope_of_answer(struct bw_str answer, struct bw_envelope *out)
{
    struct bw_envelope e = {.reset = {"", 0}, .code = {"", 0}};
    struct bw_scan s = bw_scan_begin(answer);
    for (uint32_t n = bw_scan_map(&s); n > 0 && !s.failed; n--)
        read_member(&e, &s, n == 1);
    if (s.failed || s.at != s.end)
        return BW_EPROTO;
    *out = e;
    return 0;
}

int bw_envelope_of_message(struct bw_str message, struct bw_envelope *out)
{
    const char *nul = message.len ? memchr(message.ptr, 0, message.len) : NULL;
    if (!nul)
        return BW_EPROTO;
    size_t topic_len = (size_t)(nul - message.ptr);
    struct bw_str map = {nul + 1, message.len - topic_len - 1};
    int err = bw_envelope_of_answer(map, out);
    if (!err)
        out->topic = (struct bw_str){message.ptr, topic_len};
    return err;
}

bool bw_envelope_next(struct bw_envelope *e)
{
    if (e->n_events == 0 || e->events.failed)
        return false;
    e->n_events--;
    return true;
}

/* A heartbeat gives a topic's head as a number, `stats` as {head, …}. */
static uint64_t read_head(struct bw_scan *s)
{
    struct bw_scan_value v;
    uint64_t head = 0;
    if (!bw_scan_value(s, &v) || v.type == BW_SCAN_UINT)
        return v.u;
    if (v.type != BW_SCAN_MAP)
        s->failed = true;
    for (uint64_t n = v.u; n > 0 && !s->failed; n--) {
        if (bw_str_is(bw_scan_str(s), "head"))
            head = bw_scan_uint(s);
        else
            bw_scan_skip(s, BW_SCAN_DEPTH_MAX);
    }
    return head;
}

bool bw_envelope_head(struct bw_envelope *e, struct bw_str *topic, uint64_t *head)
{
    if (e->n_heads == 0)
        return false;
    e->n_heads--;
    *topic = bw_scan_str(&e->heads);
    *head = read_head(&e->heads);
    return !e->heads.failed;
}

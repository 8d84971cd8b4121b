/* Whether an event is one of those asked for. */
#include "journal/event_filter.h"

#include <strings.h>

#include "wire/event.h"
#include "wire/mp.h"

/* Levels in order. What a producer calls otherwise counts as info. */
enum level { LEVEL_ANY, LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR };

static enum level level_of(struct bw_str word)
{
    static const struct {
        const char *word;
        enum level level;
    } words[] = {
        {"debug", LEVEL_DEBUG},  {"trace", LEVEL_DEBUG}, {"warning", LEVEL_WARNING},
        {"warn", LEVEL_WARNING}, {"error", LEVEL_ERROR}, {"critical", LEVEL_ERROR},
        {"fatal", LEVEL_ERROR},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (word.len == strlen(words[i].word) &&
            strncasecmp(word.ptr, words[i].word, word.len) == 0)
            return words[i].level;
    return LEVEL_INFO;
}

static struct bw_str text_of(const msgpack_object *map, const char *key)
{
    const msgpack_object *o = map ? bw_mp_get(map, key) : NULL;
    return o && o->type == MSGPACK_OBJECT_STR ? bw_mp_as_str(o) : (struct bw_str){0};
}

/* The case of A to Z does not matter. */
static bool is_same_byte(char a, char b)
{
    unsigned char x = (unsigned char)a, y = (unsigned char)b;
    unsigned char folded = x | 0x20;
    return x == y || (folded == (y | 0x20) && folded >= 'a' && folded <= 'z');
}

static bool contains(struct bw_str s, struct bw_str part)
{
    for (size_t i = 0; i + part.len <= s.len; i++) {
        size_t n = 0;
        while (n < part.len && is_same_byte(s.ptr[i + n], part.ptr[n]))
            n++;
        if (n == part.len)
            return true;
    }
    return false;
}

static bool matches(const struct bw_rpc_request *q, bool by_lane, const msgpack_object *event)
{
    const msgpack_object *data = bw_mp_get(event, "data");
    if (data && data->type != MSGPACK_OBJECT_MAP)
        data = NULL;
    if (!bw_str_set_allows(&q->event_types, text_of(event, "event_type")) ||
        !bw_str_set_allows(&q->owners, text_of(data, "owner")) ||
        !bw_str_set_allows(&q->resources, text_of(data, "resource")))
        return false;
    enum bw_event_kind kind = bw_event_kind(text_of(event, "event_type"));
    if (q->task_ids.n > 0 && !by_lane &&
        !bw_str_set_allows(&q->task_ids, bw_event_task(data, kind, text_of(event, "topic"))))
        return false;
    if (q->text.len > 0 && !contains(text_of(event, "message"), q->text))
        return false;
    return q->level.len == 0 || level_of(text_of(data, "level")) >= level_of(q->level);
}

int bw_event_filter_pass(const struct bw_rpc_request *q, bool by_lane, msgpack_zone *zone,
                         struct bw_str body, bool *wanted)
{
    msgpack_object event;
    *wanted = q->text.len == 0 || contains(body, q->text); /* the message lies in there as it is */
    if (!*wanted)
        return 0;
    int err = bw_mp_unpack(body, BW_RPC_DEPTH_MAX, zone, &event, NULL);
    *wanted = !err && matches(q, by_lane, &event);
    msgpack_zone_clear(zone);
    return err ? BW_EIO : 0;
}

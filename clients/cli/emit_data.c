/* Words and lines as events. */
#include "emit_data.h"

#include "base/clock.h"
#include "wire/json.h"
#include "wire/mp.h"
#include "wire/scan.h"

/* --- key=value ----------------------------------------------------------------------------------
 */

/* What is a string also if it looks like a number. */
static bool is_text_field(struct bw_str key)
{
    static const char *const names[] = {"id",      "task_id", "type",    "title", "status",
                                        "message", "step",    "current", "owner", "resource",
                                        "queue",   "worker",  "level",   NULL};
    for (const char *const *n = names; *n; n++)
        if (bw_str_is(key, *n))
            return true;
    return false;
}

static int put_value(struct bw_mp_map *map, struct bw_str key, struct bw_str value, bool must,
                     struct bw_fault *fault)
{
    struct bw_buf json = {0};
    struct bw_fault why;
    int err = 0;
    if (!must && is_text_field(key)) {
        bw_mp_str(&map->pk, value);
        return 0;
    }
    if (bw_json_to_msgpack(value, &json, &why) == 0)
        bw_buf_puts(map->buf, bw_buf_str(&json));
    else if (must)
        err =
            bw_fault(fault, BW_EINVAL, "", "%.*s:=… is not JSON: %s", BW_STR_ARG(key), why.message);
    else
        bw_mp_str(&map->pk, value);
    bw_buf_free(&json);
    return err;
}

static int put_pair(struct bw_mp_map *map, const char *word, bool *has_id, struct bw_fault *fault)
{
    const char *equals = strchr(word, '=');
    bool must = equals && equals > word && equals[-1] == ':';
    if (!equals || equals - must == word)
        return bw_fault(fault, BW_EINVAL, "", "\"%.60s\" is not KEY=VALUE", word);
    struct bw_str key = {word, (size_t)(equals - word) - must};
    if (bw_str_is(key, "id") || bw_str_is(key, "task_id"))
        *has_id = true;
    bw_mp_str(&map->pk, key);
    map->n++;
    return put_value(map, key, bw_str(equals + 1), must, fault);
}

int bw_emit_pairs(char *const *words, int n, const char *default_id, struct bw_buf *out,
                  struct bw_fault *fault)
{
    struct bw_mp_map map;
    bool has_id = false;
    bw_mp_map_begin(&map, out);
    for (int i = 0; i < n; i++) {
        int err = put_pair(&map, words[i], &has_id, fault);
        if (err)
            return err;
    }
    if (!has_id && default_id)
        bw_mp_put_cstr(&map, "id", default_id);
    bw_mp_map_end(&map);
    return out->failed ? bw_fault(fault, BW_ENOMEM, "", "out of memory") : 0;
}

/* --- lines ---------------------------------------------------------------------------------------
 */

void bw_emit_scratch_free(struct bw_emit_scratch *s)
{
    bw_buf_free(&s->msgpack);
    bw_buf_free(&s->strings);
}

enum field { F_ID, F_TOPIC, F_TYPE, F_MESSAGE, F_SOURCE, F_TIMESTAMP, F_DATA, N_FIELDS };
static const char *const field_names[N_FIELDS] = {"id",     "topic",     "event_type", "message",
                                                  "source", "timestamp", "data"};

static enum field find_field(struct bw_str key)
{
    int f = 0;
    while (f < N_FIELDS && !bw_str_is(key, field_names[f]))
        f++;
    return (enum field)f;
}

/* *value: the string, or for data the whole map; empty for null. */
static int read_field(struct bw_scan *s, enum field field, struct bw_str *value,
                      struct bw_fault *fault)
{
    struct bw_scan peek = *s;
    struct bw_scan_value head;
    struct bw_str whole = bw_scan_skip(s, BW_JSON_DEPTH_MAX);
    bw_scan_value(&peek, &head);
    *value = (struct bw_str){0};
    if (head.type == BW_SCAN_NIL)
        return 0;
    if (field == F_DATA && head.type == BW_SCAN_MAP) {
        *value = whole;
        return 0;
    }
    if (field != F_DATA && head.type == BW_SCAN_STR) {
        *value = head.s;
        return 0;
    }
    return bw_fault(fault, BW_EINVAL, field_names[field],
                    field == F_DATA ? "must be an object" : "must be a string");
}

/* Copies a string to where it has a NUL behind it. Room was made for all of them. */
static const char *terminated(struct bw_buf *strings, struct bw_str s)
{
    const char *at = strings->data + strings->len;
    if (s.len == 0)
        return NULL;
    bw_buf_puts(strings, s);
    bw_buf_putc(strings, 0);
    return at;
}

int bw_emit_line(struct bw_str json, struct bw_emit_scratch *scratch, struct bellwire_event *out,
                 struct bw_fault *fault)
{
    struct bw_str found[N_FIELDS] = {0};
    struct bw_scan_value head;
    bw_buf_reset(&scratch->msgpack);
    bw_buf_reset(&scratch->strings);
    int err = bw_json_to_msgpack(json, &scratch->msgpack, fault);
    if (err)
        return err;
    struct bw_scan s = bw_scan_begin(bw_buf_str(&scratch->msgpack));
    if (!bw_scan_value(&s, &head) || head.type != BW_SCAN_MAP)
        return bw_fault(fault, BW_EINVAL, "", "an event is a JSON object");
    for (uint64_t i = 0; i < head.u && !s.failed && !err; i++) {
        enum field field = find_field(bw_scan_str(&s));
        if (field == N_FIELDS)
            bw_scan_skip(&s, BW_JSON_DEPTH_MAX);
        else
            err = read_field(&s, field, &found[field], fault);
    }
    if (err)
        return err;
    if (!bw_buf_reserve(&scratch->strings, scratch->msgpack.len + N_FIELDS))
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    *out = (struct bellwire_event){
        .id = terminated(&scratch->strings, found[F_ID]),
        .topic = terminated(&scratch->strings, found[F_TOPIC]),
        .event_type = terminated(&scratch->strings, found[F_TYPE]),
        .message = terminated(&scratch->strings, found[F_MESSAGE]),
        .source = terminated(&scratch->strings, found[F_SOURCE]),
        .data_msgpack = found[F_DATA].ptr,
        .data_msgpack_len = found[F_DATA].len,
    };
    if (found[F_TIMESTAMP].len > 0 && bw_time_parse(found[F_TIMESTAMP], &out->timestamp_us) != 0)
        return bw_fault(fault, BW_EINVAL, "timestamp",
                        "must be RFC 3339, such as 2026-01-20T10:30:00Z");
    return 0;
}

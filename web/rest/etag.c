/* The ETag of a list or a task: W/"VERSION-CURSOR-QUESTION". Weak, because the bytes differ when
 * they are compressed. */
#include "web/rest/etag.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/mp.h"

#define BEGIN "W/\"" BW_VERSION "-"

enum { QUESTION_DIGITS = 8, TAG_SIZE = sizeof BEGIN + BW_CURSOR_LEN + 1 + QUESTION_DIGITS + 1 };

static uint32_t add(uint32_t hash, struct bw_str s)
{
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ (unsigned char)s.ptr[i]) * 16777619u;
    return (hash ^ 0xff) * 16777619u; /* no byte of UTF-8: an end */
}

/* FNV-1a. Clients keep ETags by address; this is for those that mix them up. */
static uint32_t hash_question(const struct bw_http_request *request)
{
    uint32_t hash = add(2166136261u, request->path);
    for (size_t i = 0; i < request->query.n; i++)
        hash = add(add(hash, request->query.params[i].name), request->query.params[i].value);
    return hash;
}

static void format(const struct bw_http_request *request, uint32_t epoch, uint64_t head,
                   char out[TAG_SIZE])
{
    char cursor[BW_CURSOR_LEN + 1];
    bw_cursor_format(epoch, head, cursor);
    snprintf(out, TAG_SIZE, BEGIN "%s-%0*" PRIx32 "\"", cursor, QUESTION_DIGITS,
             hash_question(request));
}

struct bw_cursor bw_etag_known(const struct bw_http_request *request)
{
    const struct bw_cursor none = {.epoch = 0};
    const struct bw_str begin = BW_STR(BEGIN);
    struct bw_str tags = bw_http_header(request, "If-None-Match");
    struct bw_cursor known = none;
    char tag[TAG_SIZE];
    const char *at = tags.len ? memmem(tags.ptr, tags.len, begin.ptr, begin.len) : NULL;
    if (!at)
        return none;
    struct bw_str rest = {at, (size_t)(tags.ptr + tags.len - at)};
    struct bw_str text = {rest.ptr + begin.len, rest.len - begin.len};
    const char *dash = text.len ? memchr(text.ptr, '-', text.len) : NULL;
    if (!dash)
        return none;
    text.len = (size_t)(dash - text.ptr);
    if (bw_cursor_parse(text, "", &known, NULL) != 0 || known.kind != BW_CURSOR_AT)
        return none;
    format(request, known.epoch, known.seq, tag);
    size_t len = strlen(tag);
    return rest.len >= len && memcmp(rest.ptr, tag, len) == 0 ? known : none;
}

static void answer_unchanged(struct bw_http_answer *answer)
{
    answer->status = 304;
    answer->cache = BW_REST_CACHE;
}

bool bw_etag_holds(const struct bw_rest *rest, const struct bw_http_request *request,
                   struct bw_cursor known, struct bw_http_answer *answer)
{
    char tag[TAG_SIZE];
    if (!bw_fresh_is(rest->fresh, known))
        return false;
    format(request, known.epoch, known.seq, tag);
    bw_http_answer_header(answer, "ETag", "%s", tag);
    answer_unchanged(answer);
    return true;
}

bool bw_etag_put(const struct bw_asked *asked, const struct bw_http_request *request,
                 struct bw_http_answer *answer)
{
    char tag[TAG_SIZE];
    bool unchanged = false;
    bw_mp_get_bool(&asked->root, "unchanged", &unchanged, NULL);
    format(request, asked->epoch, asked->head, tag);
    bw_http_answer_header(answer, "ETag", "%s", tag);
    if (unchanged)
        answer_unchanged(answer);
    return unchanged;
}

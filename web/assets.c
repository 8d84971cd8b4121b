/* Serving the files that are built in. They change only with the program, but a browser asks each
 * time whether they did: an ETag answers that without sending them again. */
#include "web/assets.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const char *bw_asset_type(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcmp(dot, types[i].ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}

static const struct bw_asset *find(struct bw_str folder, struct bw_str name)
{
    for (size_t i = 0; i < bw_n_assets; i++) {
        struct bw_str have = bw_str(bw_assets[i].name);
        if (have.len == folder.len + name.len && memcmp(have.ptr, folder.ptr, folder.len) == 0 &&
            memcmp(have.ptr + folder.len, name.ptr, name.len) == 0)
            return &bw_assets[i];
    }
    return NULL;
}

enum { ETAG_SIZE = 4 + 16 + 1 };

/* FNV-1a: nobody but ourselves makes these files. Weak: the bytes differ when compressed. */
static void make_etag(const struct bw_asset *asset, char out[ETAG_SIZE])
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *p = asset->start; p < asset->end; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
    snprintf(out, ETAG_SIZE, "W/\"%016" PRIx64 "\"", hash);
}

static void answer_not_found(struct bw_http_answer *answer)
{
    struct bw_fault fault = {0};
    bw_fault(&fault, BW_ENOTFOUND, "", "nothing is served at this path; see /openapi.json");
    bw_http_fault(answer, &fault);
}

static void put_file(const struct bw_asset *asset, struct bw_http_answer *answer)
{
    answer->status = 200;
    answer->content_type = bw_asset_type(asset->name);
    answer->fixed = asset->start;
    answer->fixed_len = (size_t)(asset->end - asset->start);
    answer->fixed_gzip = asset->gzip;
    answer->fixed_gzip_len = (size_t)(asset->gzip_end - asset->gzip);
}

static void answer_file(const struct bw_asset *asset, const struct bw_http_request *request,
                        struct bw_http_answer *answer)
{
    char etag[ETAG_SIZE];
    if (!asset) {
        answer_not_found(answer);
        return;
    }
    make_etag(asset, etag);
    struct bw_str has = bw_http_header(request, "If-None-Match");
    answer->cache = "no-cache";
    bw_http_answer_header(answer, "ETag", "%s", etag);
    if (has.len && memmem(has.ptr, has.len, etag, ETAG_SIZE - 1))
        answer->status = 304;
    else
        put_file(asset, answer);
}

void bw_asset_handler(void *ctx, const struct bw_http_request *request,
                      struct bw_http_answer *answer)
{
    (void)ctx;
    answer_file(find(BW_STR(""), request->args[0]), request, answer);
}

void bw_asset_hashed_handler(void *ctx, const struct bw_http_request *request,
                             struct bw_http_answer *answer)
{
    const struct bw_asset *asset = find(BW_STR("assets/"), request->args[0]);
    (void)ctx;
    if (!asset) {
        answer_not_found(answer);
        return;
    }
    answer->cache = "public, max-age=31536000, immutable";
    put_file(asset, answer);
}

void bw_asset_page_handler(void *ctx, const struct bw_http_request *request,
                           struct bw_http_answer *answer)
{
    (void)ctx;
    answer_file(find(BW_STR(""), BW_STR("index.html")), request, answer);
}

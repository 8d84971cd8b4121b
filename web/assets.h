/* Files built into the program: the pages and the API's description. Each is served under its name;
 * a page's address is answered with index.html, which finds out by itself what it is to show. */
#ifndef BW_WEB_ASSETS_H
#define BW_WEB_ASSETS_H

#include <stddef.h>

#include "web/http/route.h"

struct bw_asset {
    const char *name; /* "favicon.svg", "assets/main-9f86d081.js" */
    const char *start, *end;
    const char *gzip, *gzip_end; /* the same by gzip; NULL: that would not be smaller */
};

/* Made by web/embed.sh. */
extern const struct bw_asset bw_assets[];
extern const size_t bw_n_assets;

/* GET /{file}. */
bw_http_handler bw_asset_handler;
/* GET /assets/{file}: its name holds a hash of what is in it, so it may be kept for ever. */
bw_http_handler bw_asset_hashed_handler;
/* GET of a page's address. */
bw_http_handler bw_asset_page_handler;

/* By the name's ending; "application/octet-stream" if it is not known. */
const char *bw_asset_type(const char *name);

#endif

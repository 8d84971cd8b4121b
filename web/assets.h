/* Files built into the program: the page and the API's description. Each is served under its name,
 * index.html also at /. */
#ifndef BW_WEB_ASSETS_H
#define BW_WEB_ASSETS_H

#include <stddef.h>

#include "web/http/route.h"

struct bw_asset {
    const char *name; /* "index.html" */
    const char *start, *end;
};

/* Made by the Makefile from web/page/ and web/openapi.json. */
extern const struct bw_asset bw_assets[];
extern const size_t bw_n_assets;

/* GET / and GET /{file}. */
bw_http_handler bw_asset_handler;

/* By the name's ending; "application/octet-stream" if it is not known. */
const char *bw_asset_type(const char *name);

#endif

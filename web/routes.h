/* Every path that is served over HTTP, but the WebSocket's. */
#ifndef BW_WEB_ROUTES_H
#define BW_WEB_ROUTES_H

#include <stddef.h>

#include "web/http/route.h"

#define BW_WEBSOCKET_PATH "/ws/realtime"

/* The handlers' ctx is a struct bw_rest. */
extern const struct bw_route bw_routes[];
extern const size_t bw_n_routes;

#endif

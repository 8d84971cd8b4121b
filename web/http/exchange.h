/* One request and its answer over a civetweb connection. */
#ifndef BW_HTTP_EXCHANGE_H
#define BW_HTTP_EXCHANGE_H

#include <stdbool.h>

#include "web/http/message.h"
#include "web/http/server.h"

struct mg_connection;

/* Serves the request that civetweb has read the head of. Returns the status it was answered with,
 * or 0 if it is a WebSocket handshake that civetweb is to go on with. Connections that leave go
 * over the desk. crowded: the connection ends with this answer, because the worker is wanted
 * elsewhere. */
int bw_http_exchange(struct mg_connection *conn, const struct bw_http_options *options,
                     const struct bw_handoff_desk *desk, bool crowded);

/* Answers with a problem, and says that the connection ends: for requests that never became one. */
void bw_http_refuse(struct mg_connection *conn, int status, const struct bw_fault *fault);

#endif

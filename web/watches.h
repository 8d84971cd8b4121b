/* Requests that are answered over a long time: server-sent events and long-polls. They are checked
 * here, before anything is answered, and then leave for the streams. Each handler's ctx is a struct
 * bw_rest. */
#ifndef BW_WEB_WATCHES_H
#define BW_WEB_WATCHES_H

#include "web/http/route.h"

bw_http_handler bw_watch_stream; /* GET /stream */
bw_http_handler bw_watch_task;   /* GET /tasks/{id}/stream */
bw_http_handler bw_watch_events; /* GET /events, which waits only with `wait` */

#endif

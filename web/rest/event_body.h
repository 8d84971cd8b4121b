/* Events as they come by HTTP, made into events as the bus takes them. */
#ifndef BW_REST_EVENT_BODY_H
#define BW_REST_EVENT_BODY_H

#include <msgpack.h>

#include "base/buf.h"
#include "base/err.h"
#include "web/http/message.h"

enum bw_event_form {
    BW_FORM_PLAIN,      /* Bellwire's own */
    BW_FORM_CLOUDEVENT, /* CloudEvents 1.0: the whole event is in the body, alone or in an array */
    BW_FORM_BINARY,     /* CloudEvents 1.0: attributes are headers, the body is the data */
};

enum bw_event_form bw_event_form(const struct bw_http_request *request);

/* Appends one event of the body (for BW_FORM_BINARY, the whole body) as the bus takes it. `topic`
 * is for an event that names none and whose type does not tell; may be empty. On error *fault says
 * what is wrong with it, and nothing was appended. What the bus checks is not checked here. */
int bw_event_body_put(struct bw_buf *out, enum bw_event_form form,
                      const struct bw_http_request *request, const msgpack_object *item,
                      struct bw_str topic, struct bw_fault *fault) BW_MUST_CHECK;

#endif

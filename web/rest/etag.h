/* The ETag of a list or a task: where the journal's head was, and what was asked. */
#ifndef BW_REST_ETAG_H
#define BW_REST_ETAG_H

#include "web/rest/ask.h"

/* The place of the answer to this very question that the client has, by its If-None-Match; epoch 0
 * if it has none of ours. For bw_rpc_request.known. */
struct bw_cursor bw_etag_known(const struct bw_http_request *request);
/* Answers 304 if what the client has is still so, without asking the bus. */
bool bw_etag_holds(const struct bw_rest *rest, const struct bw_http_request *request,
                   struct bw_cursor known, struct bw_http_answer *answer);
/* Adds the ETag of an answer of the bus. True: it said that nothing changed, and the answer is 304.
 */
bool bw_etag_put(const struct bw_asked *asked, const struct bw_http_request *request,
                 struct bw_http_answer *answer);

#endif

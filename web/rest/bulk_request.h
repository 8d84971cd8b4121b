/* What a command to many tasks asks for: {action, ids | filter, reason?, page?}. */
#ifndef BW_REST_BULK_REQUEST_H
#define BW_REST_BULK_REQUEST_H

#include <stdbool.h>

#include "web/rest/body.h"
#include "wire/rpc.h"

enum { BW_BULK_IDS_MAX = BW_BATCH_EVENTS_MAX, BW_BULK_PAGE_MAX = 512 };

struct bw_bulk_request {
    struct bw_body body; /* what the rest borrows from */
    bool deletes;        /* the action is "delete", else … */
    enum bw_action action;
    struct bw_str action_name, reason;
    struct bw_str_set ids;       /* these tasks; or, if there are none, … */
    struct bw_task_query filter; /* … those that match; its page is where to begin */
};

/* BW_EINVAL: *fault says which member is wrong; one that is not known is, too, so that a misspelt
 * filter never finds everything. Free it either way. */
int bw_bulk_request_read(const struct bw_http_request *request, struct bw_bulk_request *out,
                         struct bw_fault *fault) BW_MUST_CHECK;
void bw_bulk_request_free(struct bw_bulk_request *request);

#endif

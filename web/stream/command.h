/* What a watcher says: one JSON message, taken apart and checked. Pure. */
#ifndef BW_STREAM_COMMAND_H
#define BW_STREAM_COMMAND_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "wire/cursor.h"
#include "wire/topic.h"
#include "web/stream/filter.h"

enum bw_command_kind { BW_COMMAND_SUBSCRIBE, BW_COMMAND_UNSUBSCRIBE, BW_COMMAND_PING };

struct bw_command {
    enum bw_command_kind kind;
    char topic[BW_TOPIC_MAX + 1]; /* "" for ping */
    /* of a subscribe: */
    bool has_after;
    struct bw_cursor after;
    bool snapshot, conflate;
    struct bw_filter *filter; /* NULL: everything. Owned by the command */
};

/* On failure nothing is owned, *fault says what is wrong, and out->topic is the topic it was about
 * as far as that could be read. */
int bw_command_parse(struct bw_str text, struct bw_command *out,
                     struct bw_fault *fault) BW_MUST_CHECK;

#endif

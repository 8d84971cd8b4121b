/* The states of a task, and the names of its docs. */
#include "wire/task.h"

#include <strings.h>

#include "wire/alias.h"

static const struct bw_str names[BW_N_STATUS] = {
    [BW_PENDING] = BW_STR("pending"), [BW_RUNNING] = BW_STR("running"),
    [BW_PAUSED] = BW_STR("paused"),   [BW_COMPLETED] = BW_STR("completed"),
    [BW_FAILED] = BW_STR("failed"),   [BW_CANCELLED] = BW_STR("cancelled"),
    [BW_TIMEOUT] = BW_STR("timeout"),
};

const char *bw_status_name(enum bw_status s)
{
    return names[s].ptr;
}

bool bw_status_parse(struct bw_str name, enum bw_status *out)
{
    for (int s = 0; s < BW_N_STATUS; s++)
        if (names[s].len == name.len && strncasecmp(names[s].ptr, name.ptr, name.len) == 0) {
            *out = (enum bw_status)s;
            return true;
        }
    return bw_alias_of_status(name, out);
}

bool bw_status_is_final(enum bw_status s)
{
    return s >= BW_COMPLETED;
}

const char *bw_doc_name(enum bw_doc d)
{
    static const char *const docs[BW_N_DOCS] = {
        [BW_DOC_PARAMS] = "params",
        [BW_DOC_RESULT] = "result",
        [BW_DOC_METADATA] = "metadata",
        [BW_DOC_TRACE] = "trace",
    };
    return docs[d];
}

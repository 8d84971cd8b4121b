/* Questions to the bus, and what all answers made of them have in common. */
#ifndef BW_REST_ASK_H
#define BW_REST_ASK_H

#include <msgpack.h>

#include "web/rest/rest.h"
#include "wire/rpc.h"

/* An answer of the bus, decoded. */
struct bw_asked {
    struct bellwire_reply *reply;
    msgpack_zone zone;
    msgpack_object root; /* a map */
    uint32_t epoch;
    uint64_t head; /* of the same transaction as the rest of it */
};

/* What clients may keep, but have to ask about before they use it again. */
#define BW_REST_CACHE "private, no-cache"

/* Sends a question and waits. On error *fault says what the bus said, or why there is no
 * answer, and there is nothing to free. */
int bw_rest_ask(const struct bw_rest *rest, const struct bw_rpc_request *request,
                struct bw_asked *out, struct bw_fault *fault) BW_MUST_CHECK;
/* The same with a request that publishes, encoded already. */
int bw_rest_ask_bytes(const struct bw_rest *rest, const struct bw_buf *request,
                      struct bw_asked *out, struct bw_fault *fault) BW_MUST_CHECK;
/* The same for a request that publishes one event about a task: what became of it, without its id.
 * If it was refused that is the error, and *fault speaks of the task's fields: "data.progress" of
 * the event is "progress" here. */
int bw_rest_publish_one(const struct bw_rest *rest, const struct bw_buf *request, uint32_t *epoch,
                        struct bw_publish_result *result, struct bw_fault *fault) BW_MUST_CHECK;
void bw_asked_free(struct bw_asked *asked);
/* The array under a key; empty, and *fault says so, if the answer holds none. */
msgpack_object_array bw_asked_array(const struct bw_asked *asked, const char *key,
                                    struct bw_fault *fault);

/* Every good answer is {"data":…,"cursor":"…"}: begin, the data, end with the cursor of `seq`. */
void bw_rest_begin(struct bw_http_answer *answer, int status);
void bw_rest_end(struct bw_http_answer *answer, uint32_t epoch, uint64_t seq);
/* "epoch.seq" in quotes, or null for seq 0. */
void bw_rest_put_cursor(struct bw_buf *out, uint32_t epoch, uint64_t seq);

/* The string, or null if it is empty. */
void bw_rest_put_text(struct bw_buf *out, struct bw_str s);

/* Decodes a row and appends its JSON; docs as in bw_task_json(). BW_EPROTO if it is none. */
int bw_rest_put_row(struct bw_buf *out, const msgpack_object *row, const msgpack_object *docs,
                    struct bw_fault *fault) BW_MUST_CHECK;

#endif

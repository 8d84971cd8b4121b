/* The bus's answer to a query, opened for reading. */
#ifndef BW_CLI_ANSWER_H
#define BW_CLI_ANSWER_H

#include <msgpack.h>
#include <stdint.h>

#include "cli.h"

struct bw_answer {
    struct bellwire_reply *reply;
    msgpack_zone zone;
    msgpack_object root; /* borrows from reply and zone */
    uint32_t epoch;
    uint64_t head;
};

/* err and reply: as a query of libbellwire returned them; the reply is owned from now on. Non-zero:
 * it has said what is wrong, there is nothing to close, and this is the exit status. */
int bw_answer_open(struct bw_answer *answer, const struct bw_cli *cli, int err,
                   struct bellwire_reply *reply) BW_MUST_CHECK;
void bw_answer_close(struct bw_answer *answer);

/* A list in the answer; an empty one if there is none. */
msgpack_object_array bw_answer_list(const struct bw_answer *answer, const char *key);

#endif

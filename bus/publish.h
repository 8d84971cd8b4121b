/* Publish: the PUB socket, on which everything committed is broadcast. See wire/pub.h for what a
 * message is. nng drops what a slow subscriber does not take; `prev` and the heartbeat let it
 * notice, and it reads what it missed from the journal. */
#ifndef BW_PUBLISH_H
#define BW_PUBLISH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/journal.h"
#include "tls/tls.h"

struct bw_publish;

/* Opens the socket. buffer_messages: how many messages nng keeps for each subscriber, 1 to 8192. */
int bw_publish_open(uint32_t buffer_messages, struct bw_publish **out,
                    struct bw_fault *fault) BW_MUST_CHECK;
/* Listens on one more endpoint. Any thread. */
int bw_publish_listen(struct bw_publish *publish, const char *endpoint, struct nng_tls_config *tls,
                      struct bw_fault *fault) BW_MUST_CHECK;
/* Closes; sets *publish to NULL. */
void bw_publish_close(struct bw_publish **publish);

/* The writer's thread. One message per topic, or several where one would pass BW_PUB_BYTES_MAX;
 * within a topic in sequence order. Never blocks. */
void bw_publish_records(struct bw_publish *publish, uint32_t epoch, const struct bw_record *records,
                        size_t n);
/* The writer's thread. Says every topic's head. */
void bw_publish_heads(struct bw_publish *publish, struct bw_journal *journal);

#endif

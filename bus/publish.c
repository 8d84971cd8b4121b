/* Broadcasting what was committed.
 *
 * DESIGN. A commit's records are sorted into runs, one per topic, by linking the indexes of the
 * records of a topic; then each run is copied into as few messages as its size allows. When
 * there is no memory, messages are left out: to subscribers that is
 * a message lost on the way, which they notice and repair. */
#include "publish.h"

#include <stdlib.h>
#include <string.h>
#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
/* uthash ends the program when it has no memory, unless it is told to go on. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/metrics.h"
#include "net/listening.h"
#include "net/socket.h"
#include "wire/mp.h"
#include "wire/pub.h"
#include "wire/topic.h"

BW_COUNTER(messages_sent, "bellwire_publish_messages_total", "Messages handed to subscribers.");
BW_COUNTER(
    messages_lost, "bellwire_publish_messages_lost_total",
    "Messages that could not be made or sent; subscribers read the events from the journal.");

enum { NONE = -1, HEADER_ROOM = 512 /* bytes of a message that are not events, and then some */ };

/* The records of one topic in a commit. */
struct run {
    int32_t first, last; /* indexes of records */
    UT_hash_handle hh;
};

struct bw_publish {
    nng_socket socket;
    struct bw_listening *listening;
    struct run *runs;
    int32_t *next;      /* of a record: the next one of its topic, or NONE */
    size_t cap;         /* of both */
    struct bw_buf head; /* of the message that is made */
};

int bw_publish_open(uint32_t buffer_messages, struct bw_publish **out, struct bw_fault *fault)
{
    *out = NULL;
    struct bw_publish *p = calloc(1, sizeof *p);
    if (!p)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    int rv = nng_pub0_open(&p->socket);
    if (rv != 0) {
        free(p);
        return bw_nng_fault(fault, rv, "cannot open a PUB socket");
    }
    rv = nng_socket_set_int(p->socket, NNG_OPT_SENDBUF, (int)buffer_messages);
    if (rv != 0) {
        bw_publish_close(&p);
        return bw_nng_fault(fault, rv, "pub-buffer-messages");
    }
    int err = bw_listening_open(p->socket, &p->listening, fault);
    if (err)
        bw_publish_close(&p);
    *out = p;
    return err;
}

int bw_publish_listen(struct bw_publish *publish, const char *endpoint, struct nng_tls_config *tls,
                      struct bw_fault *fault)
{
    return bw_listening_add(publish->listening, endpoint, tls, fault);
}

void bw_publish_close(struct bw_publish **publish)
{
    struct bw_publish *p = *publish;
    *publish = NULL;
    if (!p)
        return;
    bw_listening_close(&p->listening);
    nng_close(p->socket);
    bw_buf_free(&p->head);
    free(p->runs);
    free(p->next);
    free(p);
}

/* Takes the message, which is NULL if there was no memory for it. */
static void send_message(struct bw_publish *p, nng_msg *msg)
{
    bool sent = msg && nng_sendmsg(p->socket, msg, NNG_FLAG_NONBLOCK) == 0;
    if (msg && !sent)
        nng_msg_free(msg);
    bw_metric_add(sent ? &messages_sent : &messages_lost, 1);
}

/* Room for n more bytes after what is in p->head. *body: where they go. */
static nng_msg *begin_message(const struct bw_publish *p, size_t n, char **body)
{
    nng_msg *msg;
    if (p->head.failed || nng_msg_alloc(&msg, p->head.len + n) != 0)
        return NULL;
    *body = nng_msg_body(msg);
    memcpy(*body, p->head.data, p->head.len);
    *body += p->head.len;
    return msg;
}

static int reserve(struct bw_publish *p, size_t n)
{
    if (n <= p->cap)
        return 0;
    struct run *runs = realloc(p->runs, n * sizeof *runs);
    if (runs)
        p->runs = runs;
    int32_t *next = realloc(p->next, n * sizeof *next);
    if (next)
        p->next = next;
    if (!runs || !next)
        return BW_ENOMEM;
    p->cap = n;
    return 0;
}

/* Fills runs and next; returns the number of runs, or NONE without memory. */
static int32_t sort_by_topic(struct bw_publish *p, const struct bw_record *records, size_t n)
{
    struct run *by_topic = NULL, *run = NULL;
    int32_t n_runs = 0;
    for (int32_t i = 0; (size_t)i < n; i++) {
        struct bw_str topic = records[i].topic;
        if (!run || !bw_str_eq(records[run->first].topic, topic))
            HASH_FIND(hh, by_topic, topic.ptr, topic.len, run);
        if (run) {
            p->next[run->last] = i;
        } else {
            run = &p->runs[n_runs];
            *run = (struct run){.first = i};
            HASH_ADD_KEYPTR(hh, by_topic, topic.ptr, topic.len, run);
            if (!run->hh.tbl) {
                n_runs = NONE;
                break;
            }
            n_runs++;
        }
        run->last = i;
        p->next[i] = NONE;
    }
    HASH_CLEAR(hh, by_topic);
    return n_runs;
}

/* Sends one message that begins with record i; returns where the next one begins, or NONE. */
static int32_t send_part(struct bw_publish *p, uint32_t epoch, const struct bw_record *records,
                         int32_t i)
{
    struct bw_str topic = records[i].topic;
    size_t room = BW_PUB_BYTES_MAX - topic.len - HEADER_ROOM, bytes = 0;
    uint32_t n = 0;
    int32_t end = i;
    char *body;
    do {
        bytes += records[end].bytes.len;
        end = p->next[end];
        n++;
    } while (end != NONE && bytes + records[end].bytes.len <= room);
    bw_buf_reset(&p->head);
    bw_pub_begin(&p->head, topic, epoch, records[i].prev, n);
    nng_msg *msg = begin_message(p, bytes, &body);
    for (; msg && i != end; i = p->next[i]) {
        memcpy(body, records[i].bytes.ptr, records[i].bytes.len);
        body += records[i].bytes.len;
    }
    send_message(p, msg);
    return end;
}

void bw_publish_records(struct bw_publish *publish, uint32_t epoch, const struct bw_record *records,
                        size_t n)
{
    int32_t n_runs = reserve(publish, n) < 0 ? NONE : sort_by_topic(publish, records, n);
    if (n_runs == NONE) {
        bw_metric_add(&messages_lost, 1);
        diag_error("PUBLISH-NO-MEMORY", "events=%zu", n);
        return;
    }
    for (int32_t r = 0; r < n_runs; r++)
        for (int32_t i = publish->runs[r].first; i != NONE;)
            i = send_part(publish, epoch, records, i);
}

/* Collects pairs of topic and head until they fill a message. */
struct heads {
    struct bw_publish *publish;
    uint32_t epoch, n;
    bool parted; /* others went before */
    struct bw_buf pairs;
};

/* head: the journal's, if this is all; else 0 */
static void send_heads(struct heads *h, uint64_t head)
{
    struct bw_publish *p = h->publish;
    char *body;
    bw_buf_reset(&p->head);
    bw_pub_head_begin(&p->head, h->epoch, head, h->n);
    nng_msg *msg = h->pairs.failed ? NULL : begin_message(p, h->pairs.len, &body);
    if (msg && h->pairs.len)
        memcpy(body, h->pairs.data, h->pairs.len);
    send_message(p, msg);
    bw_buf_reset(&h->pairs);
    h->n = 0;
}

static void add_head(void *ctx, struct bw_str topic, uint64_t head)
{
    struct heads *h = ctx;
    msgpack_packer pk;
    bw_mp_packer(&pk, &h->pairs);
    bw_mp_str(&pk, topic);
    msgpack_pack_uint64(&pk, head);
    h->n++;
    if (h->pairs.len + BW_TOPIC_MAX + HEADER_ROOM > BW_PUB_BYTES_MAX) {
        send_heads(h, 0);
        h->parted = true;
    }
}

void bw_publish_heads(struct bw_publish *publish, struct bw_journal *journal)
{
    struct bw_head now = journal->ops->head(journal);
    struct heads h = {.publish = publish, .epoch = now.epoch};
    journal->ops->each_topic(journal, add_head, &h);
    send_heads(&h,
               h.parted ? 0 : now.head); /* also without topics: it says that the bus is alive */
    bw_buf_free(&h.pairs);
}

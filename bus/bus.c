/* Wiring: the only place that knows all stages.
 *
 * DESIGN. Events flow ingest, unacked ▸ writer ▸ (journal) ▸ publish, questions ingest ▸ query.
 * What the bus has to say itself goes unanswered ▸ writer; it looks with every heartbeat. Starting
 * goes against the flow, so that a stage never hands something to one that is not there yet;
 * listening comes last. Stopping goes with the flow: the stages that receive stop receiving, then
 * the writer and the readers finish what they have, then the last answers are sent and the sockets
 * closed. */
#include "bus.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "data_dir.h"
#include "ingest.h"
#include "publish.h"
#include "query.h"
#include "unacked.h"
#include "unanswered.h"
#include "wire/url.h"
#include "writer.h"

enum { PUB_BUFFER_MESSAGES = 8192 /* nng's maximum */ };

struct bw_bus {
    int lock_fd;
    struct bw_journal *journal;
    uint32_t epoch;
    struct bw_publish *publish;
    struct bw_writer *writer;
    struct bw_query *query;
    struct bw_ingest *ingest;
    struct bw_unacked *unacked;
    struct bw_unanswered *unanswered;
    struct nng_tls_config *tls; /* NULL: no address wants it */
};

/* --- From stage to stage --------------------------------------------------------------------- */

static int to_writer(void *ctx, struct bw_batch *batch)
{
    struct bw_bus *bus = ctx;
    return bw_writer_post(bus->writer, batch);
}

static int to_query(void *ctx, struct bw_question *question)
{
    struct bw_bus *bus = ctx;
    return bw_query_post(bus->query, question);
}

static void to_publish(void *ctx, const struct bw_record *records, size_t n)
{
    struct bw_bus *bus = ctx;
    bw_publish_records(bus->publish, bus->epoch, records, n);
}

static void heartbeat(void *ctx, struct bw_journal *journal)
{
    struct bw_bus *bus = ctx;
    bw_publish_heads(bus->publish, journal);
    bw_unanswered_look(bus->unanswered, journal);
}

/* --- Start and stop -------------------------------------------------------------------------- */

static int open_journal(struct bw_bus *bus, const struct bw_bus_options *o, struct bw_fault *fault)
{
    char path[PATH_MAX];
    const struct bw_sqlite_options sqlite = {
        .path = path,
        .max_bytes = o->journal_bytes_max,
        .task_cache_rows = o->task_cache_rows,
        .event_bytes_max = o->event_bytes_max,
    };
    int err = bw_data_dir_journal(o->data_dir, path, sizeof path, fault);
    if (!err)
        err = bw_sqlite_open(&sqlite, bw_writer_journal_sink(bus->writer), &bus->journal, fault);
    if (!err)
        bus->epoch = bus->journal->ops->head(bus->journal).epoch;
    return err;
}

static int start_writing(struct bw_bus *bus, const struct bw_bus_options *o, struct bw_fault *fault)
{
    const struct bw_writer_options writer = {
        .commit_events = o->commit_events,
        .commit_bytes = o->commit_bytes,
        .heartbeat_ms = o->heartbeat_ms,
    };
    const struct bw_writer_sink sink = {bus, to_publish, heartbeat};
    uint32_t buffer = o->pub_buffer_messages ? o->pub_buffer_messages : PUB_BUFFER_MESSAGES;
    int err = bw_publish_open(buffer, &bus->publish, fault);
    if (!err &&
        (bw_writer_create(&writer, sink, &bus->writer) < 0 ||
         bw_unanswered_create(o->command_answer_s, (struct bw_unanswered_sink){bus, to_writer},
                              &bus->unanswered) < 0))
        err = bw_fault(fault, BW_ENOMEM, "", "out of memory");
    if (!err)
        err = open_journal(bus, o, fault);
    if (!err)
        err = bw_query_start(bus->journal, o->query_threads, &bus->query, fault);
    if (!err && bw_writer_start(bus->writer, bus->journal) < 0)
        err = bw_fault(fault, BW_EUNAVAILABLE, "", "cannot start the writer's thread");
    return err;
}

static int start_receiving(struct bw_bus *bus, const struct bw_bus_options *o,
                           struct bw_fault *fault)
{
    const struct bw_ingest_options ingest = {
        .contexts = o->contexts,
        .in_flight_bytes = o->in_flight_bytes,
        .epoch = bus->epoch,
    };
    const struct bw_unacked_options unacked = {0};
    int err = bw_ingest_start(&ingest, (struct bw_ingest_sink){bus, to_writer, to_query},
                              &bus->ingest, fault);
    if (!err)
        err = bw_unacked_start(&unacked, (struct bw_unacked_sink){bus, to_writer}, &bus->unacked,
                               fault);
    return err;
}

/* The files are read when the first address wants them. */
static int open_tls(struct bw_bus *bus, const struct bw_bus_options *o, const char *url,
                    struct bw_fault *fault)
{
    return bus->tls || !bw_tls_wanted(url) ? 0 : bw_tls_open(&o->tls, NULL, &bus->tls, fault);
}

static int listen_on(struct bw_bus *bus, const char *url, struct bw_fault *fault)
{
    char req[BW_URL_MAX], pub[BW_URL_MAX], in[BW_URL_MAX];
    int err = bw_bus_url(url, BW_ENDPOINT_REQ, req, sizeof req);
    if (!err)
        err = bw_bus_url(url, BW_ENDPOINT_PUB, pub, sizeof pub);
    if (!err)
        err = bw_bus_url(url, BW_ENDPOINT_IN, in, sizeof in);
    if (err)
        return bw_fault(fault, err, "bus", "%.60s is %s: %s", url,
                        err == BW_ETOOBIG ? "too long" : "not an address", BW_URL_FORMS);
    err = bw_publish_listen(bus->publish, pub, bus->tls, fault);
    if (!err)
        err = bw_unacked_listen(bus->unacked, in, bus->tls, fault);
    if (!err)
        err = bw_ingest_listen(bus->ingest, req, bus->tls, fault);
    if (!err)
        diag_info("BUS-LISTENING", "url=%s", url);
    return err;
}

int bw_bus_start(const struct bw_bus_options *options, struct bw_bus **out, struct bw_fault *fault)
{
    *out = NULL;
    struct bw_bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return bw_fault(fault, BW_ENOMEM, "", "out of memory");
    int err = bw_data_dir_lock(options->data_dir, &bus->lock_fd, fault);
    if (!err)
        err = start_writing(bus, options, fault);
    if (!err)
        err = start_receiving(bus, options, fault);
    for (const char *const *url = options->urls; !err && *url; url++) {
        err = open_tls(bus, options, *url, fault);
        if (!err)
            err = listen_on(bus, *url, fault);
    }
    if (err) {
        bw_bus_stop(&bus);
        return err;
    }
    *out = bus;
    return 0;
}

void bw_bus_stop(struct bw_bus **bus)
{
    struct bw_bus *b = *bus;
    *bus = NULL;
    if (!b)
        return;
    if (b->ingest)
        bw_ingest_drain(b->ingest);
    if (b->unacked)
        bw_unacked_drain(b->unacked);
    if (b->writer)
        bw_writer_stop(b->writer);
    if (b->query)
        bw_query_stop(b->query);
    bw_ingest_stop(&b->ingest);
    bw_unacked_stop(&b->unacked);
    bw_query_destroy(&b->query);
    if (b->journal)
        b->journal->ops->close(&b->journal);
    bw_writer_destroy(&b->writer);
    bw_unanswered_destroy(&b->unanswered);
    bw_publish_close(&b->publish);
    bw_tls_close(&b->tls);
    if (b->lock_fd >= 0)
        close(b->lock_fd);
    free(b);
}

struct bw_bus_health bw_bus_health(const struct bw_bus *bus)
{
    return (struct bw_bus_health){
        .commit_error = bw_writer_health(bus->writer),
        .head = bus->journal->ops->head(bus->journal),
    };
}

int bw_bus_verify(const char *data_dir, struct bw_fault *fault)
{
    char path[PATH_MAX];
    int err = bw_data_dir_journal(data_dir, path, sizeof path, fault);
    return err ? err : bw_sqlite_verify(path, fault);
}

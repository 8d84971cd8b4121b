/* bellwired: the daemon's main. The only file that knows both halves, the bus and the web. */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/diag.h"
#include "base/history.h"
#include "bus.h"
#include "web/bellwired_options.h"
#include "web/web.h"

#define INPROC_URL "inproc://bellwire"

enum {
    BUS_URLS_MAX = 8,
    BUS_TEXT_MAX = 1024,
    HEAP_PIECE_BYTES = 4 << 20, /* larger ones are the system's again when they are freed */
    HEAP_KEPT_BYTES = 8 << 20,  /* of free memory at the end of a heap */
    EXIT_USAGE = 2,             /* a setting is wrong: starting again will not help */
};

/* The addresses of --bus, taken apart. */
struct addresses {
    char text[BUS_TEXT_MAX];
    const char *urls[BUS_URLS_MAX + 2]; /* and inproc, and NULL */
    size_t n;
};

static int split_bus(const struct bellwired_options *o, struct addresses *a, struct bw_fault *fault)
{
    int n = o->bus ? snprintf(a->text, sizeof a->text, "%s", o->bus)
                   : snprintf(a->text, sizeof a->text, "ipc://%s/bus", o->data);
    if (n < 0 || (size_t)n >= sizeof a->text)
        return bw_fault(fault, BW_ETOOBIG, "bus", "longer than %d bytes", BUS_TEXT_MAX - 1);
    char *save = NULL;
    for (char *url = strtok_r(a->text, ", ", &save); url; url = strtok_r(NULL, ", ", &save)) {
        if (a->n == BUS_URLS_MAX)
            return bw_fault(fault, BW_ETOOBIG, "bus", "more than %d addresses", BUS_URLS_MAX);
        a->urls[a->n++] = url;
    }
    return a->n ? 0 : bw_fault(fault, BW_EINVAL, "bus", "no address");
}

static struct bw_tls_files tls_files(const struct bellwired_options *o)
{
    return (struct bw_tls_files){o->bus_cert, o->bus_key, o->bus_ca};
}

static int start_bus(const struct bellwired_options *o, const struct addresses *a,
                     struct bw_bus **bus, struct bw_fault *fault)
{
    const struct bw_bus_options options = {
        .data_dir = o->data,
        .urls = a->urls,
        .tls = tls_files(o),
        .journal_bytes_max = o->journal_bytes_max,
        .task_cache_rows = (uint32_t)o->task_cache_rows,
        .event_bytes_max = (uint32_t)o->event_bytes_max,
        .contexts = (uint32_t)o->bus_contexts,
        .in_flight_bytes = o->in_flight_bytes,
        .commit_events = (uint32_t)o->commit_events,
        .commit_bytes = o->commit_bytes,
        .pub_buffer_messages = (uint32_t)o->pub_buffer_messages,
        .heartbeat_ms = (uint32_t)o->head_heartbeat_ms,
        .command_answer_s = (uint32_t)o->command_answer_s,
        .query_threads = (unsigned)o->query_threads,
    };
    return bw_bus_start(&options, bus, fault);
}

static int start_web(const struct bellwired_options *o, const char *bus_url, struct bw_web **web,
                     struct bw_fault *fault)
{
    const struct bw_web_options options = {
        .listen = o->http,
        .proxies = o->proxies,
        .origins = o->origins,
        .deflate = o->deflate == CHOICE_ON,
        .bus_url = bus_url,
        .tls = tls_files(o),
        .http_threads = (unsigned)o->http_threads,
        .request_timeout_s = (unsigned)o->request_timeout_s,
        .body_bytes_max = o->body_bytes_max,
        .bus_timeout_ms = (uint32_t)o->bus_timeout_ms,
        .stream =
            {
                .threads = (unsigned)o->stream_threads,
                .ring_bytes = o->ring_bytes,
                .max_topics = (unsigned)o->rings,
                .max_connections = (unsigned)o->connections,
                .max_per_address = (unsigned)o->connections_per_address,
                .max_subscriptions = (unsigned)o->subscriptions,
                .max_message_bytes = o->message_bytes_max,
                .messages_per_s = (unsigned)o->messages_per_s,
                .heartbeat_s = (unsigned)o->heartbeat_s,
                .ping_timeout_s = (unsigned)o->ping_timeout_s,
                .idle_s = (unsigned)o->idle_s,
            },
    };
    return bw_web_start(&options, web, fault);
}

/* A batch of events comes in a buffer of some hundred KiB and leaves in another. By default the C
 * library gives such memory back to the system each time, which has to make it empty again for the
 * next batch: a tenth of the CPU that an event costs (docs/decisions/0106). */
static void keep_heap(void)
{
    mallopt(M_MMAP_THRESHOLD, HEAP_PIECE_BYTES);
    mallopt(M_TRIM_THRESHOLD, HEAP_KEPT_BYTES);
}

/* Every connection is a descriptor: as many as the system lets us have. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
            diag_warn("LIMIT-DESCRIPTORS", "text=%s", strerror(errno));
    }
}

/* Before any thread starts, so that every thread has them blocked. */
static void block_signals(sigset_t *ends)
{
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(ends);
    sigaddset(ends, SIGTERM);
    sigaddset(ends, SIGINT);
    sigprocmask(SIG_BLOCK, ends, NULL);
}

/* Waits for the first; the second one then has its usual effect. */
static void wait_for_end(const sigset_t *ends)
{
    int sig = 0;
    sigwait(ends, &sig);
    diag_info("STOPPING", "signal=%s", sigabbrev_np(sig));
    sigprocmask(SIG_UNBLOCK, ends, NULL);
}

static int run(const struct bellwired_options *o, struct bw_fault *fault)
{
    struct addresses addresses = {.n = 0};
    struct bw_bus *bus = NULL;
    struct bw_web *web = NULL;
    sigset_t ends;
    int err = split_bus(o, &addresses, fault);
    const char *web_bus = addresses.urls[0];
    keep_heap();
    block_signals(&ends);
    raise_descriptor_limit();
    if (!err && o->only == ONLY_BOTH)
        web_bus = addresses.urls[addresses.n++] = INPROC_URL;
    if (!err && bw_history_start() != 0)
        err = bw_fault(fault, BW_ENOMEM, "", "no memory for the history of the metrics");
    if (!err && o->only != ONLY_WEB)
        err = start_bus(o, &addresses, &bus, fault);
    if (!err && o->only != ONLY_BUS)
        err = start_web(o, web_bus, &web, fault);
    if (!err) {
        diag_info("STARTED", "version=%s data=%s port=%u", BW_VERSION, bus ? o->data : "none",
                  web ? bw_web_port(web) : 0);
        wait_for_end(&ends);
        if (web)
            bw_web_drain(web, (unsigned)o->drain_s);
    }
    bw_web_stop(&web);
    bw_bus_stop(&bus);
    bw_history_stop();
    return err;
}

static int verify(const struct bellwired_options *o, struct bw_fault *fault)
{
    int err = bw_bus_verify(o->data, fault);
    if (!err)
        printf("The task table equals a rebuild from the events.\n");
    return err;
}

/* What the settings ask for. */
static int act(const struct bellwired_options *o, struct bw_fault *fault)
{
    bw_diag_setup((enum bw_diag_level)o->log_level, o->log_format == LOG_JSON);
    if (o->verify)
        return verify(o, fault);
    if (o->help)
        bw_config_print_help(&bellwired_program, stdout);
    else if (o->manual)
        bw_config_print_manual(&bellwired_program, stdout);
    else if (o->version)
        printf("bellwired %s\n", BW_VERSION);
    else
        return run(o, fault);
    return 0;
}

int main(int argc, char **argv)
{
    struct bellwired_options options = {0};
    struct bw_fault fault = {0};
    char *file_text;
    if (bw_config_load(&bellwired_program, argc, argv, &options, &file_text, &fault) < 0) {
        fprintf(stderr, "bellwired: %s\n", fault.message); /* it names the setting */
        return EXIT_USAGE;
    }
    int err = act(&options, &fault);
    if (err)
        fprintf(stderr, "bellwired: %s%s%s\n", fault.field, *fault.field ? ": " : "",
                fault.message);
    free(file_text);
    return err == 0 ? EXIT_SUCCESS : err == BW_EINVAL ? EXIT_USAGE : EXIT_FAILURE;
}

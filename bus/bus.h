/* The bus: ingest, writer, publish and query around one journal, in this process. */
#ifndef BW_BUS_H
#define BW_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "journal/journal.h"
#include "tls/tls.h"

struct bw_bus;

/* Zero means the default of the stage it is for. Everything is borrowed until bw_bus_start()
 * returns. */
struct bw_bus_options {
    const char *data_dir;         /* made if it is not there (its parent must be) */
    const char *const *urls;      /* base URLs to listen on, NULL-terminated; see wire/url.h */
    struct bw_tls_files tls;      /* for those that are tls+tcp:// */
    uint64_t journal_bytes_max;   /* BW_ENOSPC beyond this; 0: no limit */
    uint32_t task_cache_rows;     /* task rows that the writer keeps */
    uint32_t event_bytes_max;     /* largest encoded event */
    uint32_t contexts;            /* requests under way at once */
    size_t in_flight_bytes;       /* of publish requests under way, and half of it beside that */
    uint32_t commit_events;       /* events in one commit, about */
    size_t commit_bytes;          /* bytes of events in one commit, about */
    uint32_t pub_buffer_messages; /* that nng keeps for each subscriber, 1 to 8192 */
    uint32_t heartbeat_ms;        /* of the $head heartbeat */
    unsigned query_threads;
    uint32_t command_answer_s; /* that a worker has to answer a command */
};

struct bw_bus_health {
    int commit_error; /* 0, or why the last commit failed (BW_E…): until one succeeds, no event is
                         accepted */
    struct bw_head head;
};

/* Opens the journal and listens; when it returns, requests are answered. BW_EEXIST: another bus
 * uses the folder or the address. *fault names the setting and says what to do. */
int bw_bus_start(const struct bw_bus_options *options, struct bw_bus **out,
                 struct bw_fault *fault) BW_MUST_CHECK;
/* Receives no more, commits and answers what it has received, closes. Sets *bus to NULL. */
void bw_bus_stop(struct bw_bus **bus);
/* Any thread. */
struct bw_bus_health bw_bus_health(const struct bw_bus *bus);

/* Checks the journal in data_dir: folds all of its events again and compares with the task table.
 * Also while a bus uses it. BW_ECONFLICT: *fault says what differs. */
int bw_bus_verify(const char *data_dir, struct bw_fault *fault) BW_MUST_CHECK;

#endif

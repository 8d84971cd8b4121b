/* bellwired's settings. */
#ifndef BW_BELLWIRED_OPTIONS_H
#define BW_BELLWIRED_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

/* The order of the words in the table. */
enum bellwired_only { ONLY_BOTH, ONLY_BUS, ONLY_WEB };
enum bellwired_log_format { LOG_LOGFMT, LOG_JSON };
enum bellwired_switch { CHOICE_OFF, CHOICE_ON };

/* One member per line of the table in bellwired_options.c. */
struct bellwired_options {
    const char *config, *data;
    const char *http, *bus, *bus_cert, *bus_key, *bus_ca, *proxies, *origins;
    uint64_t only;
    uint64_t log_level, log_format;
    uint64_t journal_bytes_max, event_bytes_max, task_cache_rows;
    uint64_t bus_contexts, in_flight_bytes, commit_events, commit_bytes;
    uint64_t query_threads, pub_buffer_messages, head_heartbeat_ms, command_answer_s;
    uint64_t http_threads, request_timeout_s, body_bytes_max, bus_timeout_ms;
    uint64_t stream_threads, ring_bytes, rings, connections, subscriptions, message_bytes_max;
    uint64_t connections_per_address, messages_per_s, deflate;
    uint64_t heartbeat_s, ping_timeout_s, idle_s, drain_s;
    bool verify, help, manual, version;
};

extern const struct bw_program bellwired_program;

#endif

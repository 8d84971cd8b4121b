/* bellwired's settings: the table from which everything about them comes. */
#include "web/bellwired_options.h"

#include <stddef.h>

static const char *const only_choices[] = {"both", "bus", "web", NULL};
static const char *const level_choices[] = {"error", "warn", "info", "debug", NULL};
static const char *const switch_choices[] = {"off", "on", NULL};
static const char *const format_choices[] = {"logfmt", "json", NULL};

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

#define AT(member) offsetof(struct bellwired_options, member)

/* group, name, member, then what differs by type. A group goes on until the next is named. */
#define TEXT(group, name, member, value, def, help)                                                \
    {                                                                                              \
        group, name, BW_SETTING_STRING, AT(member), value, def, 0, 0, NULL, help                   \
    }
#define COUNT(group, name, member, def, min, max, help)                                            \
    {                                                                                              \
        group, name, BW_SETTING_COUNT, AT(member), "N", def, min, max, NULL, help                  \
    }
#define BYTES(group, name, member, def, min, max, help)                                            \
    {                                                                                              \
        group, name, BW_SETTING_BYTES, AT(member), "BYTES", def, min, max, NULL, help              \
    }
#define CHOICE(group, name, member, def, choices, help)                                            \
    {                                                                                              \
        group, name, BW_SETTING_CHOICE, AT(member), "WORD", def, 0, 0, choices, help               \
    }
#define ACTION(group, name, member, help)                                                          \
    {                                                                                              \
        group, name, BW_SETTING_ACTION, AT(member), NULL, NULL, 0, 0, NULL, help                   \
    }

static const struct bw_setting settings[] = {
    {"Files", "config", BW_SETTING_FILE, AT(config), "FILE", NULL, 0, 0, NULL,
     "Read settings from this file, one on a line: name = value."},
    TEXT(NULL, "data", data, "DIR", "./var", "The folder of the journal. Made if it is not there."),

    TEXT("Addresses", "http", http, "ADDR:PORT", "127.0.0.1:8080",
         "Where to serve pages, REST and streams. A port alone means every address; port 0 any "
         "free one."),
    TEXT(NULL, "bus", bus, "URL", NULL,
         "Where producers and clients reach the bus: ipc://PATH, or tcp://HOST:PORT for that port "
         "and "
         "the two after it; several with commas between them. Default ipc://DIR/bus with the "
         "folder of --data."),
    TEXT(NULL, "bus-cert", bus_cert, "FILE", NULL,
         "For tls+tcp:// in --bus: the certificate shown to producers and clients, or with --only "
         "web to the bus. PEM."),
    TEXT(NULL, "bus-key", bus_key, "FILE", NULL, "Its key, without a password. PEM."),
    TEXT(NULL, "bus-ca", bus_ca, "FILE", NULL,
         "Whose signature the other side's certificate needs: nobody else gets in. PEM."),
    CHOICE(NULL, "only", only, "both", only_choices,
           "Run one half: bus keeps the journal, web serves pages from the bus at --bus."),

    CHOICE("Diagnostics", "log-level", log_level, "info", level_choices,
           "What is told on standard error: this and what is more severe."),
    CHOICE(NULL, "log-format", log_format, "logfmt", format_choices, "How its lines look."),

    BYTES("The bus", "journal-bytes-max", journal_bytes_max, "0", 0, GIB << 20,
          "Refuse events when the journal's file has grown to this. 0: when the disk is full."),
    BYTES(NULL, "event-bytes-max", event_bytes_max, "256K", KIB, MIB, "The largest event."),
    COUNT(NULL, "task-cache-rows", task_cache_rows, "100000", 1000, 100000000,
          "Tasks whose state the writer keeps in memory, about 1 KiB each."),
    COUNT(NULL, "bus-contexts", bus_contexts, "512", 1, 65536,
          "Requests worked on at once; others wait with their senders."),
    BYTES(
        NULL, "in-flight-bytes", in_flight_bytes, "64M", MIB, GIB << 4,
        "Bytes of events on their way to the disk, and half as many of requests that have come in "
        "part; more are answered with \"busy\"."),
    COUNT(NULL, "commit-events", commit_events, "4096", 1, 1000000,
          "Events in one commit, about. More make a burst faster and its first ack later."),
    BYTES(NULL, "commit-bytes", commit_bytes, "4M", KIB, GIB, "Bytes in one commit, about."),
    COUNT(NULL, "query-threads", query_threads, "2", 1, 64, "Threads that read the journal."),
    COUNT(NULL, "pub-buffer-messages", pub_buffer_messages, "8192", 1, 8192,
          "Broadcast messages kept for each subscriber that is slow. One that misses some reads "
          "them from the journal."),
    COUNT(NULL, "head-heartbeat-ms", head_heartbeat_ms, "1000", 10, 60000,
          "How often subscribers are told how far the journal is: so long a lost last message "
          "stays unnoticed."),
    COUNT(NULL, "command-answer-s", command_answer_s, "30", 1, 86400,
          "How long a worker has to answer a command. Then the bus says TASK_COMMAND_UNANSWERED, "
          "with the next head heartbeat."),

    COUNT("The web", "http-threads", http_threads, "16", 1, 1024,
          "HTTP requests worked on at once."),
    COUNT(NULL, "request-timeout-s", request_timeout_s, "60", 1, 86400,
          "Cut off a request whose body has not come whole, or whose answer was not taken, after "
          "this time."),
    BYTES(NULL, "body-bytes-max", body_bytes_max, "16M", KIB, GIB, "The largest request body."),
    COUNT(NULL, "bus-timeout-ms", bus_timeout_ms, "10000", 100, 600000,
          "How long a request waits for the bus."),
    COUNT(NULL, "stream-threads", stream_threads, "0", 0, 256,
          "Threads that feed live streams. 0: one per core."),
    BYTES(NULL, "ring-bytes", ring_bytes, "16M", KIB << 6, GIB << 4,
          "Recent events kept in memory for each topic. Who is behind them is fed from the "
          "journal."),
    COUNT(NULL, "rings", rings, "256", 1, 65536, "Topics that can be streamed live."),
    COUNT(NULL, "connections", connections, "0", 0, 10000000,
          "Live streams at once. 0: as many as there are descriptors for."),
    COUNT(NULL, "connections-per-address", connections_per_address, "256", 1, 10000000,
          "Live streams at once from one address. Those of a proxy are counted by the address it "
          "tells."),
    TEXT(NULL, "proxies", proxies, "NETWORKS", "127.0.0.0/8",
         "IPv4 addresses and networks of your proxies, with commas between them: their word in "
         "X-Forwarded-For tells whose a connection is."),
    TEXT(NULL, "origins", origins, "ORIGINS", "",
         "Origins of pages from elsewhere that may use this server from a browser (CORS, "
         "WebSocket), "
         "with commas between them, such as https://app.example.com; * for all. Its own pages "
         "always "
         "may."),
    COUNT(NULL, "subscriptions", subscriptions, "32", 1, 65536, "Topics for each live stream."),
    BYTES(NULL, "message-bytes-max", message_bytes_max, "64K", KIB, 16 * MIB,
          "The largest message from a page."),
    CHOICE(
        NULL, "deflate", deflate, "on", switch_choices,
        "Compress what pages get that ask for it (permessage-deflate): each event once for all."),
    COUNT(NULL, "messages-per-s", messages_per_s, "50", 1, 1000000,
          "Messages from a page in each second, on average over ten; who says more is closed."),
    COUNT(NULL, "heartbeat-s", heartbeat_s, "25", 1, 3600, "Ping a silent page after this time."),
    COUNT(NULL, "ping-timeout-s", ping_timeout_s, "20", 1, 3600,
          "Close a page that does not answer a ping for this time."),
    COUNT(NULL, "idle-s", idle_s, "300", 1, 86400,
          "Close a page that has no subscription for this time."),
    COUNT(NULL, "drain-s", drain_s, "5", 0, 3600,
          "After SIGTERM, give pages so much time to get what is committed and to hang up."),

    ACTION("Instead of running", "verify", verify,
           "Fold all events of the journal again and compare with the task table; the exit status "
           "is 0 if they agree."),
    ACTION(NULL, "help", help, "Show this."),
    ACTION(NULL, "manual", manual, "Print the manual page, for man -l -"),
    ACTION(NULL, "version", version, "Print the version."),
};

const struct bw_program bellwired_program = {
    .name = "bellwired",
    .version = BW_VERSION,
    .env_prefix = "BELLWIRE_",
    .summary = "carries what long-running tasks say about themselves to the pages that watch them",
    .about =
        "The daemon of Bellwire, with two halves that run together or each alone. The bus "
        "takes events from producers, makes them durable in a journal, keeps the state of "
        "every task, and broadcasts them in order. The web half serves pages, a REST "
        "interface, and live streams by WebSocket. SIGTERM and SIGINT end it after "
        "what it has received is stored and answered, and pages have what is committed; a second "
        "one ends it at once.",
    .section = 8,
    .settings = settings,
    .n_settings = sizeof settings / sizeof settings[0],
};

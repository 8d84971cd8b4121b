/**
 * @file bellwire.h
 * libbellwire: emit what a long-running task says about itself, and read what tasks say.
 *
 * @code
 * struct bellwire *wire;
 * bellwire_connect(NULL, NULL, &wire);
 * bellwire_publish(wire, &(struct bellwire_event){.event_type = "TASK_UPDATED",
 *                  .data_json = "{\"id\":\"import-7\",\"progress\":40}"}, NULL);
 * bellwire_close(&wire);
 * @endcode
 *
 * **Threads.** Every function may be called from any thread on the same handle, except that
 * bellwire_close() must be the last. A handle has one thread of its own, which calls `done` of
 * bellwire_publish_async() and `on_state`, one at a time; each subscription has one more, which
 * calls the subscription's callbacks, one at a time. A callback should return soon: until then
 * nothing else is told. It may publish with bellwire_publish_async() and ask questions, but must
 * not call bellwire_close() or bellwire_unsubscribe(). Signals are blocked in these threads. A
 * handle does not survive fork(): connect in the child.
 *
 * **Errors.** Functions return 0 or a negative BELLWIRE_E… number; bellwire_strerror() names it.
 *
 * **Strings** are NUL-terminated UTF-8. Times are microseconds since 1970-01-01T00:00:00Z.
 */
#ifndef BELLWIRE_H
#define BELLWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BELLWIRE_API __attribute__((visibility("default")))
#else
#define BELLWIRE_API
#endif

/** Error numbers. The values are part of the ABI. */
enum bellwire_error {
    BELLWIRE_ENOMEM = -1,       /**< out of memory */
    BELLWIRE_EINVAL = -2,       /**< invalid input; the result or the reply names the field */
    BELLWIRE_ETOOBIG = -3,      /**< larger than the bus allows */
    BELLWIRE_EBUSY = -4,        /**< a bounded queue is full: wait, or drop */
    BELLWIRE_ECLOSED = -5,      /**< the handle is being closed */
    BELLWIRE_ETIMEDOUT = -6,    /**< no answer in time; the event may or may not be stored:
                                     publishing it again with the same id is harmless */
    BELLWIRE_EIO = -8,          /**< the bus could not write */
    BELLWIRE_ENOSPC = -9,       /**< the journal is full */
    BELLWIRE_ENOTFOUND = -10,   /**< no such task */
    BELLWIRE_ECONFLICT = -12,   /**< conflicts with the present state */
    BELLWIRE_EPROTO = -13,      /**< the peer does not speak this protocol */
    BELLWIRE_EUNAVAILABLE = -15 /**< the bus cannot be reached; it has not seen the request */
};

/**
 * A sentence for an error number.
 * @param error  what a function of the library returned
 * @return static; never NULL
 */
BELLWIRE_API const char *bellwire_strerror(int error);

/* --- The handle ------------------------------------------------------------------------------- */

/** A connection to a bus. It is made in the background and made again whenever it breaks. */
struct bellwire;

/** Settings; zero means the default, so `{0}` is a good start. */
struct bellwire_options {
    const char *source;  /**< who emits; default "host:pid/program"; at most 256 bytes */
    uint32_t timeout_ms; /**< of one synchronous call, retries included; also after which a request
                              without an answer is sent again; default 10 000 */
    size_t queue_bytes;  /**< bound of what waits to be sent or acked; default 16 MiB */
    uint32_t batch_events; /**< most events in one request, 1 to 1000; default 1000 */
    uint32_t in_flight;    /**< most publish requests under way at once, 1 to 64; default 1.
                                With 1, events are stored in the order in which they were
                                published, whatever happens in between. With more, this holds for
                                events about the same task and, of those about none, for events of
                                the same topic; while one commit is written to disk, the next is
                                on its way */
    const char *tls_cert;  /**< for tls+tcp:// URLs: what this side shows; path of a PEM file; NULL:
                                $BELLWIRE_BUS_CERT */
    const char *tls_key;   /**< its key; NULL: $BELLWIRE_BUS_KEY */
    const char *tls_ca;    /**< whose signature the bus has to show; NULL: $BELLWIRE_BUS_CA */
    /** Told when the bus becomes reachable (true) or is lost (false). May be NULL. */
    void (*on_state)(void *arg, bool connected);
    void *arg; /**< handed to on_state */
};

/**
 * Makes a handle. Does not wait for the bus and succeeds when it is away.
 * @param url  the bus's base URL ("ipc://./var/bus", "tcp://host:7700", "tls+tcp://host:7700");
 *             NULL: $BELLWIRE_BUS, else "ipc://./var/bus"
 * @param options  may be NULL; copied
 * @param out  the handle, owned by the caller until bellwire_close(); NULL after an error
 * @return 0, BELLWIRE_EINVAL (the URL, an option, or what a file of TLS holds), BELLWIRE_EIO (such
 * a file cannot be read), BELLWIRE_ENOMEM
 */
BELLWIRE_API int bellwire_connect(const char *url, const struct bellwire_options *options,
                                  struct bellwire **out);

/**
 * Ends everything, without waiting for acks: what has no result yet is reported to its callback
 * with BELLWIRE_ECLOSED. Call bellwire_flush() first to wait. The handle's subscriptions must have
 * ended.
 * @param handle  is set to NULL; one that is NULL already is harmless
 */
BELLWIRE_API void bellwire_close(struct bellwire **handle);

/* --- Publishing ------------------------------------------------------------------------------- */

/** An event to publish. Everything is only borrowed for the call. */
struct bellwire_event {
    const char *event_type; /**< required, at most 64 bytes: "TASK_UPDATED", … or your own */
    const char *topic; /**< at most 128 of A–Z a–z 0–9 . _ -; NULL: the one that the type belongs
                            to ("system" for tasks, "logs" for TASK_LOG), else required */
    const char *id;    /**< at most 128 bytes; NULL: a new UUIDv7. Publishing the same id again
                            is harmless */
    const char *message;      /**< for people; may be NULL */
    const char *source;       /**< NULL: the handle's */
    const char *data_json;    /**< the payload, a JSON object; or NULL */
    const void *data_msgpack; /**< or the payload as a msgpack map; data_json must be NULL then */
    size_t data_msgpack_len;  /**< bytes of data_msgpack */
    int64_t timestamp_us;     /**< when it happened; 0: now */
};

/** What became of an event. */
struct bellwire_result {
    int error;       /**< 0: stored (or `duplicate`, or `stale`) */
    uint64_t seq;    /**< its place in the journal; 0 when it was not stored */
    bool duplicate;  /**< this id was stored before, at `seq`; also after a retry whose first
                          attempt had been stored */
    bool stale;      /**< the task is final already; the event changed nothing and is not stored */
    char cursor[32]; /**< `seq` as a cursor, "" when not stored */
    char id[129];    /**< the event's id */
    char field[64];  /**< the offending field if error is BELLWIRE_EINVAL, "" if it is no field */
    char message[192]; /**< what is wrong, for people; "" when nothing is */
};

/**
 * Publishes and waits for the ack, which comes after the event is on disk. While the queue is full
 * or the bus is away or busy, it is tried again, with the same id, until options.timeout_ms is
 * over; after that it is not sent any more. Must not be called from a callback of the handle.
 * @param handle  the connection
 * @param event  what to publish
 * @param result  may be NULL; filled also after an error
 * @return result->error: 0; BELLWIRE_EINVAL, BELLWIRE_ETOOBIG (the event is not good);
 *         BELLWIRE_EUNAVAILABLE, BELLWIRE_EBUSY (not sent in time); BELLWIRE_ETIMEDOUT (sent, but
 * not acked in time); BELLWIRE_ENOSPC, BELLWIRE_EIO (the bus could not store it); BELLWIRE_ECLOSED,
 * BELLWIRE_ENOMEM, BELLWIRE_EPROTO
 */
BELLWIRE_API int bellwire_publish(struct bellwire *handle, const struct bellwire_event *event,
                                  struct bellwire_result *result);

/**
 * Called once for each event that bellwire_publish_async() accepted, on the handle's thread.
 * @param arg  as given to bellwire_publish_async()
 * @param result  borrowed for the call
 */
typedef void bellwire_done_fn(void *arg, const struct bellwire_result *result);

/**
 * Queues an event and returns at once. What is queued while a request is under way goes out
 * together in the next one. Events are sent again, with the same ids and in the same order, until
 * they are acked or refused for what they are, or the handle is closed: also while the bus has no
 * space left or cannot write, with a growing pause of at most two seconds.
 * @param handle  the connection
 * @param event  what to publish
 * @param done  may be NULL
 * @param arg  handed to done
 * @return 0; or, and then `done` is not called: BELLWIRE_EINVAL or BELLWIRE_ETOOBIG
 *         (bellwire_check() tells why), BELLWIRE_EBUSY (queue_bytes reached), BELLWIRE_ECLOSED,
 *         BELLWIRE_ENOMEM
 */
BELLWIRE_API int bellwire_publish_async(struct bellwire *handle, const struct bellwire_event *event,
                                        bellwire_done_fn *done, void *arg);

/**
 * Says what bellwire_publish_async() would refuse about an event, without publishing it. What
 * depends on the bus (a field of the payload, say) is not looked at.
 * @param event  what would be published
 * @param result  may be NULL; its `field` and `message` say what is wrong
 * @return 0, BELLWIRE_EINVAL, BELLWIRE_ETOOBIG, BELLWIRE_ENOMEM
 */
BELLWIRE_API int bellwire_check(const struct bellwire_event *event, struct bellwire_result *result);

/**
 * Waits until everything queued before has its result and its `done` has returned. Must not be
 * called from a callback of the handle.
 * @param handle  the connection
 * @param timeout_ms  0: do not wait, only look; -1: without limit
 * @return 0, BELLWIRE_ETIMEDOUT; BELLWIRE_EINVAL from a callback
 */
BELLWIRE_API int bellwire_flush(struct bellwire *handle, int timeout_ms);

/* --- Subscribing ------------------------------------------------------------------------------ */

/** An event received. Everything is borrowed for the duration of the callback. */
struct bellwire_received {
    const char *topic;         /**< where it was published */
    const char *event_type;    /**< what happened */
    const char *id;            /**< the producer's id of it */
    const char *message;       /**< for people, or "" */
    const char *source;        /**< who emitted it, or "" */
    const char *task_id;       /**< the task it is about, or "" */
    const void *data_msgpack;  /**< the payload as a msgpack map */
    size_t data_msgpack_len;   /**< bytes of data_msgpack */
    const void *event_msgpack; /**< the whole event as the bus keeps it, a msgpack map */
    size_t event_msgpack_len;  /**< bytes of event_msgpack */
    int64_t timestamp_us;      /**< when it was emitted */
    int64_t received_at_us;    /**< when the bus got it */
    uint64_t seq;              /**< its place in the journal */
    uint64_t prev;   /**< the place of the topic's event before it, 0 if it is the first */
    uint32_t epoch;  /**< of the journal */
    char cursor[32]; /**< epoch and seq, for bellwire_subscribe_options.after */
};

/** Why a subscription could not go on from where it was. */
enum bellwire_reset {
    BELLWIRE_RESET_EPOCH,     /**< another journal: nothing known before holds any more */
    BELLWIRE_RESET_RETENTION, /**< the events after the cursor are no longer kept */
    BELLWIRE_RESET_AHEAD      /**< the cursor is beyond the head */
};

/** A running subscription. */
struct bellwire_subscription;

/** What to receive. */
struct bellwire_subscribe_options {
    const char *const *topics; /**< NULL-terminated list; NULL: every topic, also ones to come */
    const char *after;         /**< a cursor, "oldest", "latest"; NULL: begin now */
    /** Each event of a topic once, in order, nothing missing between two: what the network lost
     *  is fetched again before anything later is told. What is read from the journal (after a
     *  cursor, say) comes in the order of the journal across topics. Required. */
    void (*on_event)(void *arg, const struct bellwire_received *event);
    /** Told before the subscription goes on from the present. Read the state anew. May be NULL.
     *  `topic` is "" when it concerns every topic of a subscription to all; a subscription to some
     *  is told for each that is concerned. `cursor` is where it goes on. */
    void (*on_reset)(void *arg, const char *topic, enum bellwire_reset reason, const char *cursor);
    /** After what arrived together was told, be it only the bus's heartbeat, which comes every
     *  second: a good moment to flush, and a sign that the bus is there. May be NULL. */
    void (*on_idle)(void *arg);
    /** Everything of the topics up to this cursor was told: a place to go on from, also for whoever
     *  follows several topics, of which no event's own cursor says as much. Comes with the bus's
     *  heartbeats, unless the bus has more topics than one heartbeat tells. May be NULL. */
    void (*on_reached)(void *arg, const char *cursor);
    void *arg; /**< handed to the callbacks */
};

/**
 * Begins to receive, on one thread per subscription, until bellwire_unsubscribe(). Works while the
 * bus is away: it starts when the bus is there ("now" is then), and goes on when it comes back.
 * @param handle  the connection; must outlive the subscription
 * @param options  copied
 * @param out  the subscription, owned by the caller until bellwire_unsubscribe(); NULL after an
 * error
 * @return 0, BELLWIRE_EINVAL (a topic, the cursor, no on_event), BELLWIRE_ENOMEM,
 *         BELLWIRE_EUNAVAILABLE (no more threads)
 */
BELLWIRE_API int bellwire_subscribe(struct bellwire *handle,
                                    const struct bellwire_subscribe_options *options,
                                    struct bellwire_subscription **out);

/**
 * Ends a subscription; no callback runs after it returns.
 * @param subscription  is set to NULL; one that is NULL already is harmless
 */
BELLWIRE_API void bellwire_unsubscribe(struct bellwire_subscription **subscription);

/* --- Commands --------------------------------------------------------------------------------- */

/** What may be asked of a task. The values are part of the ABI. */
enum bellwire_action {
    BELLWIRE_START = 1,  /**< begin; possible while it is pending */
    BELLWIRE_PAUSE = 2,  /**< stand still; pending, running */
    BELLWIRE_RESUME = 3, /**< go on; paused */
    BELLWIRE_STOP = 4,   /**< end by yourself; pending, running, paused */
    BELLWIRE_CANCEL = 5, /**< end, or be ended; pending, running, paused */
    BELLWIRE_RETRY = 6   /**< another attempt; all but pending */
};

/**
 * The name of an action.
 * @param action  an action
 * @return "start", "pause", …, static; NULL when there is no such action
 */
BELLWIRE_API const char *bellwire_action_name(enum bellwire_action action);

/**
 * Asks something of a task: publishes a TASK_COMMAND, as bellwire_publish() does. The bus refuses
 * what is not possible as the task is. A task that nobody works on changes at once; else its worker
 * has to obey. bellwire_task() tells: the row has "command" until that is answered, by a status, by
 * TASK_COMMAND_REFUSED, or by TASK_COMMAND_UNANSWERED when the bus has waited long enough.
 * @param handle  the connection
 * @param task_id  of whom
 * @param action  what
 * @param by  who asks, for people; may be NULL; at most 8 KiB
 * @param reason  why, for people; may be NULL; at most 8 KiB
 * @param result  may be NULL; its `id` is the command's, by which answers name it
 * @return as bellwire_publish(); BELLWIRE_ENOTFOUND: there is no such task; BELLWIRE_ECONFLICT: not
 *         possible, and result->message says what would be; BELLWIRE_EINVAL also for an action that
 *         there is not
 */
BELLWIRE_API int bellwire_ask(struct bellwire *handle, const char *task_id,
                              enum bellwire_action action, const char *by, const char *reason,
                              struct bellwire_result *result);

/** A command, as the worker of its task reads it. */
struct bellwire_command {
    enum bellwire_action action; /**< what to do */
    char id[129];                /**< the command's own */
    char task_id[129];           /**< which task it is for: also those of other workers come */
    char by[257];                /**< who asks, or ""; what is longer is cut */
    char reason[1025];           /**< why, or ""; what is longer is cut */
};

/**
 * Reads a command. A worker subscribes to topic "control" after the cursor of its task's first
 * event, so that it misses none, and looks for those with its task's id. It obeys by doing so and
 * publishing the status it has then: TASK_STATUS_CHANGED with "paused", "running", "cancelled", or
 * with the next "attempt". Each command comes once; one that asks for what is already so needs no
 * answer.
 * @param event  what on_event() was told
 * @param out  the command
 * @return false: it is no command, or one of a kind that this version does not know
 */
BELLWIRE_API bool bellwire_command_read(const struct bellwire_received *event,
                                        struct bellwire_command *out);

/**
 * Answers that a command will not be obeyed: publishes TASK_COMMAND_REFUSED, as
 * bellwire_publish_async() does. May be called from a callback.
 * @param handle  the connection
 * @param command  as bellwire_command_read() gave it
 * @param why  for people
 * @return as bellwire_publish_async()
 */
BELLWIRE_API int bellwire_refuse(struct bellwire *handle, const struct bellwire_command *command,
                                 const char *why);

/* --- Asking ----------------------------------------------------------------------------------- */

/** An answer to a query. */
struct bellwire_reply;

/**
 * Sends one request and waits for its answer. Any number of threads may ask at once. Waits for the
 * bus while it is away. A request that was lost with its connection, or met a busy bus, is sent
 * again until the time is over, unless it publishes.
 * @param handle  the connection
 * @param request  a msgpack map; see docs/wire.md
 * @param len  bytes of request
 * @param timeout_ms  0: the handle's
 * @param out  the answer, to be freed with bellwire_reply_free(); NULL if there is none
 * @return 0; the error that the bus answered with, in which case *out is set too
 *         (bellwire_reply_message()); BELLWIRE_EUNAVAILABLE (the bus was not reached in time);
 *         BELLWIRE_ETIMEDOUT (it was, but did not answer in time); BELLWIRE_EINVAL (the request is
 * not a msgpack map); BELLWIRE_EPROTO, BELLWIRE_ENOMEM
 */
BELLWIRE_API int bellwire_request(struct bellwire *handle, const void *request, size_t len,
                                  uint32_t timeout_ms, struct bellwire_reply **out);

/**
 * The answer as it came.
 * @param reply  an answer
 * @param len  the number of bytes
 * @return a msgpack map; borrowed from the reply
 */
BELLWIRE_API const void *bellwire_reply_msgpack(const struct bellwire_reply *reply, size_t *len);

/**
 * The answer as JSON text. Events and tasks look as they do in Bellwire's HTTP interface. Places in
 * the journal become cursors: "head", "oldest", and "cursor", which is where to go on: after the
 * answer's last event if it has events, else at the head. An error is {"code","message","field"}.
 * @param reply  an answer; not to be used by several threads at once
 * @return borrowed from the reply; NULL when out of memory
 */
BELLWIRE_API const char *bellwire_reply_json(struct bellwire_reply *reply);

/**
 * What is wrong, for people, when the bus answered with an error.
 * @param reply  an answer
 * @return borrowed from the reply; "" when nothing is wrong
 */
BELLWIRE_API const char *bellwire_reply_message(const struct bellwire_reply *reply);

/**
 * The field that is wrong, when the bus answered with BELLWIRE_EINVAL.
 * @param reply  an answer
 * @return borrowed from the reply; "" when it is none
 */
BELLWIRE_API const char *bellwire_reply_field(const struct bellwire_reply *reply);

/**
 * Frees an answer.
 * @param reply  is set to NULL; one that is NULL already is harmless
 */
BELLWIRE_API void bellwire_reply_free(struct bellwire_reply **reply);

/** Which tasks. A list is comma-separated and means any of its values; NULL: all. */
struct bellwire_task_filter {
    const char *id;       /**< list of ids */
    const char *type;     /**< list of types */
    const char *owner;    /**< list of owners */
    const char *resource; /**< list of resources */
    const char *queue;    /**< list of queues */
    const char *status;   /**< list of pending running paused completed failed cancelled timeout */
    const char *q;        /**< part of the title or of the id */
    const char *sort;     /**< "-updated_at" (default), "updated_at", "created_at", "-created_at" */
    uint32_t limit;       /**< rows; 0: 50; at most 1000 */
    const char *page;     /**< "next" of the page before */
};

/**
 * Tasks as rows. JSON: {"tasks":[…],"total":n,"total_exact":true,"next":…,"head":…,"cursor":…};
 * "next" is null on the last page.
 * @param handle  the connection
 * @param filter  may be NULL
 * @param out  as bellwire_request()
 * @return as bellwire_request(); BELLWIRE_EINVAL also for a sort or a limit that there is not
 */
BELLWIRE_API int bellwire_tasks(struct bellwire *handle, const struct bellwire_task_filter *filter,
                                struct bellwire_reply **out);

/**
 * One task with everything known of it. JSON: {"task":{…},"head":…,"cursor":…}.
 * @param handle  the connection
 * @param id  the task's
 * @param out  as bellwire_request()
 * @return as bellwire_request(); BELLWIRE_ENOTFOUND if there is no such task
 */
BELLWIRE_API int bellwire_task(struct bellwire *handle, const char *id,
                               struct bellwire_reply **out);

/**
 * A task's log, oldest first. JSON as of bellwire_events().
 * @param handle  the connection
 * @param id  the task's
 * @param after  a cursor, "oldest" or "latest"; NULL: from the oldest
 * @param level  at least "debug", "info", "warning" or "error"; NULL: all
 * @param limit  most events; 0: 100; at most 1000
 * @param out  as bellwire_request()
 * @return as bellwire_request(); BELLWIRE_EINVAL also for a cursor that is none
 */
BELLWIRE_API int bellwire_logs(struct bellwire *handle, const char *id, const char *after,
                               const char *level, uint32_t limit, struct bellwire_reply **out);

/**
 * The end of a task's log, or what comes before some place in it; oldest first. JSON as of
 * bellwire_events(), with "earlier", the next `before`, when there are earlier lines ("more"). With
 * `before` "latest" its "cursor" is where to go on with bellwire_logs() or a subscription.
 * @param handle  the connection
 * @param id  the task's
 * @param before  a cursor; NULL or "latest": the last lines there are
 * @param level  at least "debug", "info", "warning" or "error"; NULL: all
 * @param limit  most events; 0: 100; at most 1000
 * @param out  as bellwire_request()
 * @return as bellwire_request(); BELLWIRE_EINVAL also for a cursor that is none
 */
BELLWIRE_API int bellwire_log_end(struct bellwire *handle, const char *id, const char *before,
                                  const char *level, uint32_t limit, struct bellwire_reply **out);

/**
 * Events of topics, merged in the journal's order. JSON: {"events":[…],"more":false,"head":…,
 * "oldest":…,"cursor":…}. With a cursor that cannot be served there are no events, but
 * "reset":"epoch", "retention" or "ahead".
 * @param handle  the connection
 * @param topics  NULL-terminated list; NULL: "system"
 * @param after  a cursor, "oldest" or "latest"; NULL: from the oldest
 * @param limit  most events; 0: 100; at most 1000
 * @param out  as bellwire_request()
 * @return as bellwire_request(); BELLWIRE_EINVAL also for a cursor that is none
 */
BELLWIRE_API int bellwire_events(struct bellwire *handle, const char *const *topics,
                                 const char *after, uint32_t limit, struct bellwire_reply **out);

/**
 * What tasks have in a field, in order, for choosing while typing. JSON:
 * {"values":[{"value":"…","count":n,"count_exact":true}],"more":false,"head":…,"cursor":…}. Counts
 * of statuses are exact; others go up to 1000, and "count_exact" is false where there are more.
 * Workers are those of bellwire_workers(), counted by their running and paused tasks.
 * @param handle  the connection
 * @param field  "type", "owner", "resource", "queue", "worker" or "status"
 * @param prefix  only values that begin so, case told apart; NULL: all
 * @param limit  most values; 0: 50; at most 1000
 * @param out  as bellwire_request()
 * @return as bellwire_request(); BELLWIRE_EINVAL also for a field or a limit that there is not
 */
BELLWIRE_API int bellwire_values(struct bellwire *handle, const char *field, const char *prefix,
                                 uint32_t limit, struct bellwire_reply **out);

/**
 * Who works: workers whose WORKER_HEARTBEAT came in the last hour, and those that running or paused
 * tasks name. JSON: {"workers":[{"name":"…","alive":true,"heard_at":"…","alive_s":60,"running":n,
 * "paused":n,"tasks":["id",…],"heartbeat":{…}}],"tasks":[…],"more":false,"all_counted":true,"head":…,
 * "cursor":…}. "tasks" are the rows of the tasks named, at most five of each worker. A worker is
 * alive for "alive_s" seconds after it, or a task of it, was heard: three times the "heartbeat_s"
 * of its heartbeat's data, or 60. "all_counted" is false when there are so many active tasks or
 * workers that not all were looked at.
 * @param handle  the connection
 * @param limit  most workers; 0: 100; at most 1000
 * @param out  as bellwire_request()
 * @return as bellwire_request(); BELLWIRE_EINVAL also for a limit that is too large
 */
BELLWIRE_API int bellwire_workers(struct bellwire *handle, uint32_t limit,
                                  struct bellwire_reply **out);

/**
 * Counters of the bus, and the head of each topic. JSON: {"topics":{…},"tasks":{…},"metrics":{…},
 * "head":…,"oldest":…,"cursor":…}.
 * @param handle  the connection
 * @param out  as bellwire_request()
 * @return as bellwire_request()
 */
BELLWIRE_API int bellwire_stats(struct bellwire *handle, struct bellwire_reply **out);

#ifdef __cplusplus
}
#endif

#endif
